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
const sparse = 16
/** So many neighbouring bits of the table share a chain. */
const headBits = 4

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
  /** So many windows of a text are in every find, so that only one of them is looked up. */
  readonly #stride: number
  readonly #shift: number
  readonly #bits: Uint32Array
  /** Windows of needles by their hash: the first of a chain, and for each the next, its needle and its place there. */
  readonly #heads: Int32Array
  readonly #next: Int32Array
  readonly #needleOf: Int32Array
  readonly #offsets: Int32Array

  constructor(needles: Needle<Owner>[]) {
    this.#needles = needles
    const shortest = needles.map(({ bytes, least }) => Math.min(least, bytes.length)).filter((least) => least >= width)
    this.#stride = Math.min(8, ...shortest) - width + 1
    const needed = needles.map((needle) => this.#windowsOf(needle))
    const count = needed.reduce((sum, offsets) => sum + offsets.length, 0)
    const size = Math.min(mostBits, Math.max(fewestBits, Math.ceil(Math.log2(sparse * (count + 1)))))
    this.#shift = 32 - size
    this.#bits = new Uint32Array(2 ** size / 32)
    this.#heads = new Int32Array(2 ** (size - headBits)).fill(-1)
    this.#next = new Int32Array(count)
    this.#needleOf = new Int32Array(count)
    this.#offsets = new Int32Array(count)
    let window = 0
    for (const [needle, offsets] of needed.entries()) {
      const bytes = needles[needle]?.bytes ?? new Uint8Array(0)
      for (const offset of offsets) {
        const bit = windowAt(bytes, offset) >>> this.#shift
        this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
        this.#next[window] = this.#heads[bit >>> headBits] ?? -1
        this.#heads[bit >>> headBits] = window
        this.#needleOf[window] = needle
        this.#offsets[window++] = offset
      }
    }
  }

  /** Where the windows of a needle begin that must be known: some of every find begin where one of a text is looked up. */
  #windowsOf({ bytes, least }: Needle<Owner>): number[] {
    const stride = this.#stride
    const period = Math.max(stride, least - width + 1 - stride + 1)
    const last = bytes.length - width
    const offsets: number[] = []
    for (let offset = 0; offset <= last; offset++)
      if (offset % period < stride || offset > last - stride) offsets.push(offset)
    return offsets
  }

  /** Every run that agrees with a needle around one of its windows, in the order in which they are seen. */
  find(view: Squeezed): Run<Owner>[] {
    const found: Run<Owner>[] = []
    const { bytes, length } = view
    const table = this.#bits
    const shift = this.#shift
    const stride = this.#stride
    const reached = new Map<number, number>()
    for (let at = 0; at + width <= length; at += stride) {
      const bit = windowAt(bytes, at) >>> shift
      if (((table[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) this.#follow(view, bit, at, reached, found)
    }
    return found
  }

  #follow(view: Squeezed, bit: number, at: number, reached: Map<number, number>, found: Run<Owner>[]): void {
    for (let window = this.#heads[bit >>> headBits] ?? -1; window >= 0; window = this.#next[window] ?? -1) {
      const index = this.#needleOf[window] ?? 0
      const needle = this.#needles[index]
      const offset = this.#offsets[window] ?? 0
      if (needle === undefined || view.bytes[at] !== needle.bytes[offset]) continue
      // Further windows of a run that was followed to its end already.
      if ((reached.get(index) ?? 0) >= at + width) continue
      const run = around(view, needle, at, offset)
      if (run === undefined) continue
      reached.set(index, run.to)
      found.push(run)
    }
  }
}

function around<Owner>({ bytes, length }: Squeezed, needle: Needle<Owner>, at: number, offset: number) {
  let to = 0
  while (at + to < length && offset + to < needle.bytes.length && bytes[at + to] === needle.bytes[offset + to]) to++
  if (to < width) return undefined
  let back = 0
  while (back < at && back < offset && bytes[at - back - 1] === needle.bytes[offset - back - 1]) back++
  return { owner: needle.owner, from: at - back, to: at + to, offset: offset - back }
}
