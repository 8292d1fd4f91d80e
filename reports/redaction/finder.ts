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
/** What is kept of a window: the one behind it in its chain, its hash, its needle, and its place there. */
const fields = 4

/** A hash of the window that begins here. */
function windowAt(bytes: DataView, at: number): number {
  const mixed = Math.imul(bytes.getInt32(at) ^ Math.imul(bytes.getUint16(at + 4), 0x9e3779b1), 0x85ebca6b)
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
}

/**
 * Finds pieces of very many needles in one pass: of a window of six bytes one bit tells whether a needle could have it;
 * only then it is compared, and followed both ways as far as both agree. Needles may be added at any time.
 */
export class Finder<Owner> {
  readonly #needles: Needle<Owner>[] = []
  /** So many windows of a text are in every find, so that only one of them is looked up. */
  readonly #stride: number
  #shift = 0
  #bits = new Uint32Array(0)
  /** By the first bits of a hash the first window of a chain. */
  #heads = new Int32Array(0)
  #windows = new Int32Array(2 ** 12)
  #count = 0

  /** Finds have at least so many bytes; the more they are, the faster. */
  constructor(shortest: number) {
    this.#stride = shortest - width + 1
    this.#resize(fewestBits)
  }

  /** How many bytes its finds have. */
  get shortest(): number {
    return this.#stride + width - 1
  }

  add(needle: Needle<Owner>): void {
    const index = this.#needles.push(needle) - 1
    const view = new DataView(needle.bytes.buffer, needle.bytes.byteOffset, needle.bytes.length)
    const stride = this.#stride
    // Some of every find begin where one of a text is looked up: only those must be known.
    const period = Math.max(stride, needle.least - width + 1 - stride + 1)
    const last = needle.bytes.length - width
    for (let offset = 0; offset <= last; offset++)
      if (offset % period < stride || offset > last - stride) this.#know(windowAt(view, offset), index, offset)
  }

  #know(hash: number, needle: number, offset: number): void {
    const at = this.#count++ * fields
    if (at === this.#windows.length) {
      const grown = new Int32Array(2 * at)
      grown.set(this.#windows)
      this.#windows = grown
    }
    this.#windows[at + 1] = hash
    this.#windows[at + 2] = needle
    this.#windows[at + 3] = offset
    if (this.#shift > 32 - mostBits && this.#count * sparse > 2 ** (32 - this.#shift)) this.#resize(34 - this.#shift)
    else this.#enter(at)
  }

  /** As every window is kept with its hash, a larger table is made of them alone. */
  #resize(bits: number): void {
    const size = Math.min(mostBits, bits)
    this.#shift = 32 - size
    this.#bits = new Uint32Array(2 ** size / 32)
    this.#heads = new Int32Array(2 ** (size - headBits)).fill(-1)
    for (let window = 0; window < this.#count; window++) this.#enter(window * fields)
  }

  #enter(at: number): void {
    const bit = (this.#windows[at + 1] ?? 0) >>> this.#shift
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
    this.#windows[at] = this.#heads[bit >>> headBits] ?? -1
    this.#heads[bit >>> headBits] = at
  }

  /** Every run that agrees with a needle around one of its windows, in the order in which they are seen. */
  find(view: Squeezed): Run<Owner>[] {
    const found: Run<Owner>[] = []
    if (this.#count === 0) return found
    const { data, length } = view
    const table = this.#bits
    const shift = this.#shift
    const stride = this.#stride
    const reached = new Map<number, number>()
    for (let at = 0; at + width <= length; at += stride) {
      const hash = windowAt(data, at)
      const bit = hash >>> shift
      if (((table[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) this.#follow(view, hash, at, reached, found)
    }
    return found
  }

  #follow(view: Squeezed, hash: number, at: number, reached: Map<number, number>, found: Run<Owner>[]): void {
    const windows = this.#windows
    const head = this.#heads[hash >>> (this.#shift + headBits)] ?? -1
    for (let window = head; window >= 0; window = windows[window] ?? -1) {
      if (windows[window + 1] !== hash) continue
      const index = windows[window + 2] ?? 0
      const needle = this.#needles[index]
      // Further windows of a run that was followed to its end already.
      if (needle === undefined || (reached.get(index) ?? 0) >= at + width) continue
      const run = around(view, needle, at, windows[window + 3] ?? 0)
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
