import type { Squeezed } from "./squeezed.ts"

/** What is looked for: bytes of the squeezed view. `owner` comes back with what is found. */
export interface Needle<Owner> {
  bytes: Uint8Array
  /** At least how many bytes in a row are a find. */
  least: number
  owner: Owner
}

export interface Run<Owner> {
  owner: Owner
  /** Where in the view, and where in the needle it began. */
  from: number
  to: number
  offset: number
}

const width = 6
const fewestBits = 16
const mostBits = 24
/** Bits of the table for each window: one in so many places of unrelated text is looked at twice. */
const sparse = 32

/** A hash of the window that begins here. */
function windowAt(bytes: Uint8Array, at: number): number {
  const first = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  const last =
    ((bytes[at + 2] ?? 0) << 24) | ((bytes[at + 3] ?? 0) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0)
  const mixed = Math.imul(last ^ Math.imul(first, 0x9e3779b1), 0x85ebca6b)
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
}

/**
 * Finds pieces of very many needles in one pass: of a window of six bytes one bit tells whether a needle could have it;
 * only then it is compared, and followed both ways as far as both agree.
 */
export class Finder<Owner> {
  readonly #needles: Needle<Owner>[]
  readonly #shift: number
  /** So many windows of a text are in every find, so that only one of them is looked up. */
  readonly #stride: number
  readonly #bits: Uint32Array
  /** By the window's hash the first of a chain of places in needles. */
  readonly #chains = new Map<number, { needle: number; offset: number }[]>()

  constructor(needles: Needle<Owner>[]) {
    this.#needles = needles
    const usable = needles.map(({ bytes, least }) => Math.min(least, bytes.length)).filter((least) => least >= width)
    this.#stride = Math.min(...usable) - width + 1
    const windows = needles.reduce((sum, { bytes }) => sum + Math.max(0, bytes.length - width + 1), 0)
    const size = Math.min(mostBits, Math.max(fewestBits, Math.ceil(Math.log2(sparse * (windows + 1)))))
    this.#shift = 32 - size
    this.#bits = new Uint32Array(2 ** size / 32)
    for (const [needle, { bytes }] of needles.entries()) {
      for (let offset = 0; offset + width <= bytes.length; offset++) {
        const hash = windowAt(bytes, offset)
        const bit = hash >>> this.#shift
        this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
        const chain = this.#chains.get(hash)
        if (chain === undefined) this.#chains.set(hash, [{ needle, offset }])
        else chain.push({ needle, offset })
      }
    }
  }

  /** Every run that agrees with a needle around one of its windows, in the order in which they are seen. */
  find(view: Squeezed): Run<Owner>[] {
    const found: Run<Owner>[] = []
    if (this.#chains.size === 0) return found
    const { bytes, length } = view
    const table = this.#bits
    const shift = this.#shift
    const stride = this.#stride
    const reached = new Map<number, number>()
    for (let at = 0; at + width <= length; at += stride) {
      const hash = windowAt(bytes, at)
      const bit = hash >>> shift
      if (((table[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) this.#follow(view, hash, at, reached, found)
    }
    return found
  }

  #follow(view: Squeezed, hash: number, at: number, reached: Map<number, number>, found: Run<Owner>[]): void {
    for (const { needle, offset } of this.#chains.get(hash) ?? []) {
      // Further windows of a run that was followed to its end already.
      if ((reached.get(needle) ?? 0) >= at + width) continue
      const run = this.#around(view, needle, at, offset)
      if (run === undefined) continue
      reached.set(needle, run.to)
      found.push(run)
    }
  }

  #around({ bytes, length }: Squeezed, index: number, at: number, offset: number): Run<Owner> | undefined {
    const needle = this.#needles[index]
    if (needle === undefined) return undefined
    let to = 0
    while (at + to < length && offset + to < needle.bytes.length && bytes[at + to] === needle.bytes[offset + to]) to++
    if (to < width) return undefined
    let back = 0
    while (back < at && back < offset && bytes[at - back - 1] === needle.bytes[offset - back - 1]) back++
    return { owner: needle.owner, from: at - back, to: at + to, offset: offset - back }
  }
}
