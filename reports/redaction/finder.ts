import type { Squeezed } from "./squeezed.ts"

/** What is looked for: bytes of the squeezed view. `owner` comes back with what is found. */
export interface Needle<Owner> {
  bytes: Uint8Array
  /** At least how many bytes in a row are a find: one window of each so many is enough to see them. */
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
const sparse = 64

const hashOf = (last: number, first: number) => {
  const mixed = Math.imul(last ^ Math.imul(first, 0x9e3779b1), 0x85ebca6b)
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
}

/**
 * Finds pieces of very many needles in one pass: of every window of six bytes one bit tells whether a needle could have
 * it; only then it is compared, and followed both ways as far as both agree.
 */
export class Finder<Owner> {
  readonly #needles: Needle<Owner>[]
  readonly #shift: number
  readonly #bits: Uint32Array
  /** By the window's hash the first of a chain of places in needles. */
  readonly #chains = new Map<number, { needle: number; offset: number }[]>()

  constructor(needles: Needle<Owner>[]) {
    this.#needles = needles
    let windows = 0
    const each = (visit: (needle: number, offset: number, bytes: Uint8Array) => void) => {
      for (const [index, { bytes, least }] of needles.entries()) {
        const last = bytes.length - width
        if (last < 0) continue
        for (let offset = 0; offset < last; offset += Math.max(1, least - width + 1)) visit(index, offset, bytes)
        visit(index, last, bytes)
      }
    }
    each(() => windows++)
    const size = Math.ceil(Math.log2(sparse * (windows + 1)))
    const bits = Math.min(mostBits, Math.max(fewestBits, size))
    this.#shift = 32 - bits
    this.#bits = new Uint32Array(2 ** bits / 32)
    each((needle, offset, bytes) => {
      const byte = (index: number) => bytes[offset + index] ?? 0
      const hash = hashOf((byte(2) << 24) | (byte(3) << 16) | (byte(4) << 8) | byte(5), (byte(0) << 8) | byte(1))
      const bit = hash >>> this.#shift
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
      const chain = this.#chains.get(hash)
      if (chain === undefined) this.#chains.set(hash, [{ needle, offset }])
      else chain.push({ needle, offset })
    })
  }

  /** Every run that agrees with a needle around one of its windows, in the order in which they are seen. */
  find(view: Squeezed): Run<Owner>[] {
    const found: Run<Owner>[] = []
    if (this.#chains.size === 0) return found
    const { bytes, length } = view
    const bits = this.#bits
    const shift = this.#shift
    const reached = new Map<number, number>()
    let last = 0
    let first = 0
    for (let at = 0; at < length; at++) {
      first = ((first << 8) | (last >>> 24)) & 0xffff
      last = (last << 8) | (bytes[at] ?? 0)
      const hash = hashOf(last, first)
      const bit = hash >>> shift
      if (((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0 && at >= width - 1)
        this.#follow(view, hash, at - width + 1, reached, found)
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
