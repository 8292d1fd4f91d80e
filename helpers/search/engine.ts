import type { Needle } from "./needles.ts"
import { matches, sample } from "./sampling.ts"
import { type SearchPlan, shortest } from "./search-plan.ts"

export { engineVersion, planDigest, type SearchPlan, searchPlan } from "./search-plan.ts"

export interface Hit {
  needle: Needle
  /** Of the needle's first byte, in bytes from the beginning of the stream. */
  offset: number
}

// What precedes an occurrence is needed by the sample before it, and by word boundaries.
const before = 8
// A sample may reach past the end of an occurrence, and a word boundary does.
const after = 4
// Chunks from this size on are read in place, smaller ones are gathered first.
const large = 32 * 1024

interface Block {
  bytes: Buffer
  words: Int32Array
}

// Many files are smaller than what it costs to allocate for them. A scan takes a block at its first byte and gives it
// back at its end.
const blocks = new WeakMap<SearchPlan, Block[]>()

function blockFor(plan: SearchPlan, size: number): Block {
  const block = blocks.get(plan)?.pop()
  if (block) return block
  // A sample may begin with the last byte.
  const memory = new ArrayBuffer(((size + 7) & ~7) + 8)
  return { bytes: Buffer.from(memory), words: new Int32Array(memory) }
}

function giveBack(plan: SearchPlan, block: Block): void {
  const free = blocks.get(plan)
  if (!free) blocks.set(plan, [block])
  else if (free.length < 16) free.push(block)
}

/**
 * Finds every occurrence of every needle of a plan in one stream, however it is cut into chunks, each once, in no
 * particular order. `end` reports what is still pending and makes the scan ready for another stream.
 *
 * An occurrence is reported by where it *starts*: large chunks are read in place, and what starts in the last bytes of
 * one is looked at together with the first bytes of the next, in a block of our own. `#next` is the first position
 * whose occurrences have not been reported.
 */
export class Scan {
  readonly #plan: SearchPlan
  readonly #found: (hit: Hit) => void
  /** In bytes: an occurrence, and what is needed behind it, ends that far behind its first byte. */
  readonly #reach: number
  readonly #large: number
  #block: Block | undefined
  /** Bytes in the block, and where in the stream its first one is. */
  #filled = 0
  #blockAt = 0
  #next = 0
  /** The view over the memory that the caller filled last: most callers fill the same memory again. */
  #memory: ArrayBufferLike | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #words: Int32Array = new Int32Array(0)

  constructor(plan: SearchPlan, found: (hit: Hit) => void) {
    this.#plan = plan
    this.#found = found
    this.#reach = plan.longest - 1 + after
    this.#large = Math.max(large, 2 * this.#reach + 2 * before)
  }

  /** The chunk may be overwritten as soon as this returns. */
  push(chunk: Uint8Array): void {
    const block = this.#taken()
    const { length } = chunk
    if (length < this.#large) {
      this.#append(block, chunk)
      return
    }
    const chunkAt = this.#blockAt + this.#filled
    const edge = this.#reach + before
    if (this.#filled + edge > block.bytes.length - 8) this.#settle(block)
    block.bytes.set(chunk.subarray(0, edge), this.#filled)
    this.#filled += edge
    this.#search(block.bytes, block.words, 0, this.#filled, this.#blockAt, chunkAt + before)
    if (chunk.buffer !== this.#memory) {
      this.#memory = chunk.buffer
      this.#bytes = Buffer.from(chunk.buffer)
      this.#words = new Int32Array(chunk.buffer, 0, chunk.buffer.byteLength >> 2)
    }
    const from = chunk.byteOffset
    this.#search(this.#bytes, this.#words, from, from + length, chunkAt, chunkAt + length - this.#reach)
    block.bytes.set(chunk.subarray(length - edge))
    this.#filled = edge
    this.#blockAt = chunkAt + length - edge
  }

  end(): void {
    if (!this.#block) return
    const { bytes, words } = this.#block
    this.#search(bytes, words, 0, this.#filled, this.#blockAt, this.#blockAt + this.#filled)
    giveBack(this.#plan, this.#block)
    this.#block = undefined
    this.#filled = this.#blockAt = this.#next = 0
  }

  #taken(): Block {
    this.#block ??= blockFor(this.#plan, this.#large + 2 * (this.#reach + before))
    return this.#block
  }

  #append(block: Block, chunk: Uint8Array): void {
    if (this.#filled + chunk.length > block.bytes.length - 8) this.#settle(block)
    block.bytes.set(chunk, this.#filled)
    this.#filled += chunk.length
  }

  /** Searches what the block holds, but for what the next bytes are needed for, and keeps that at its beginning. */
  #settle(block: Block): void {
    const keep = Math.min(this.#filled, this.#reach + before)
    this.#search(block.bytes, block.words, 0, this.#filled, this.#blockAt, this.#blockAt + this.#filled - this.#reach)
    block.bytes.copyWithin(0, this.#filled - keep, this.#filled)
    this.#blockAt += this.#filled - keep
    this.#filled = keep
  }

  /** Reports what starts from `#next` on and before `until`, both in the stream; `bytes[from]` is at `at` in it. */
  #search(bytes: Buffer, words: Int32Array, from: number, to: number, at: number, until: number): void {
    if (until <= this.#next) return
    // Coordinates of `bytes` from here on.
    const first = from + this.#next - at
    const last = from + until - at
    const shift = at - from
    const report = (index: number, start: number) => {
      if (start < first || start >= last || !matches(this.#plan, index, bytes, start, from, to)) return
      const needle = this.#plan.needles[index]
      if (needle) this.#found({ needle, offset: start + shift })
    }
    sample(this.#plan, words, Math.max(from, first - 1), Math.min(to, last + this.#reach), report)
    for (const index of this.#plan.brief) {
      const needle = this.#plan.needles[index]?.bytes ?? bytes
      const sought = bytes.subarray(first, Math.min(to, last + shortest))
      for (let start = sought.indexOf(needle); start >= 0; start = sought.indexOf(needle, start + 1))
        report(index, first + start)
    }
    this.#next = until
  }
}
