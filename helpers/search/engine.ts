import type { Needle } from "./needles.ts"
import { matches, sample } from "./sampling.ts"
import { borrowBlock, giveBlockBack } from "./sampling-memory.ts"
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
  /** Many files are smaller than what it costs to allocate a block: one is taken at the first byte, until `end`. */
  #block: Buffer | undefined
  /** Bytes in the block, and where in the stream its first one is. */
  #filled = 0
  #blockAt = 0
  #next = 0

  constructor(plan: SearchPlan, found: (hit: Hit) => void) {
    this.#plan = plan
    this.#found = found
    this.#reach = plan.longest - 1 + after
    this.#large = Math.max(large, 2 * this.#reach + 2 * before)
  }

  /** The chunk may be overwritten as soon as this returns. */
  push(chunk: Buffer): void {
    this.#block ??= borrowBlock(this.#large + 2 * (this.#reach + before))
    const block = this.#block
    const { length } = chunk
    if (length < this.#large) {
      this.#append(block, chunk)
      return
    }
    const chunkAt = this.#blockAt + this.#filled
    const edge = this.#reach + before
    if (this.#filled + edge > block.length) this.#settle(block)
    chunk.copy(block, this.#filled, 0, edge)
    this.#filled += edge
    this.#search(block, this.#filled, this.#blockAt, chunkAt + before)
    this.#search(chunk, length, chunkAt, chunkAt + length - this.#reach)
    this.#filled = chunk.copy(block, 0, length - edge)
    this.#blockAt = chunkAt + length - edge
  }

  end(): void {
    if (!this.#block) return
    this.#search(this.#block, this.#filled, this.#blockAt, this.#blockAt + this.#filled)
    giveBlockBack(this.#block)
    this.#block = undefined
    this.#filled = this.#blockAt = this.#next = 0
  }

  #append(block: Buffer, chunk: Buffer): void {
    if (this.#filled + chunk.length > block.length) this.#settle(block)
    this.#filled += chunk.copy(block, this.#filled)
  }

  /** Searches what the block holds, but for what the next bytes are needed for, and keeps that at its beginning. */
  #settle(block: Buffer): void {
    const keep = Math.min(this.#filled, this.#reach + before)
    this.#search(block, this.#filled, this.#blockAt, this.#blockAt + this.#filled - this.#reach)
    block.copyWithin(0, this.#filled - keep, this.#filled)
    this.#blockAt += this.#filled - keep
    this.#filled = keep
  }

  /** Reports what starts from `#next` on and before `until`, both in the stream; the first byte is at `at` in it. */
  #search(bytes: Buffer, length: number, at: number, until: number): void {
    if (until <= this.#next) return
    // Coordinates of `bytes` from here on.
    const first = this.#next - at
    const last = until - at
    const report = (index: number, start: number) => {
      if (start < first || start >= last || !matches(this.#plan, index, bytes, start, length)) return
      const needle = this.#plan.needles[index]
      if (needle) this.#found({ needle, offset: start + at })
    }
    sample(this.#plan, bytes, Math.max(0, first - 1), Math.min(length, last + this.#reach), report)
    for (const index of this.#plan.brief) {
      const needle = this.#plan.needles[index]?.bytes ?? bytes
      const sought = bytes.subarray(first, Math.min(length, last + shortest))
      for (let start = sought.indexOf(needle); start >= 0; start = sought.indexOf(needle, start + 1))
        report(index, first + start)
    }
    this.#next = until
  }
}
