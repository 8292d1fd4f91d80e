/** The input ended in the middle of something. */
export class Truncated extends Error {
  constructor() {
    super("it ends too early")
  }
}

/** A decoder that stands still: resume it when so many bytes are there, or the input has ended. */
export type Reading<Result = void> = Generator<number, Result, void>

const none = Buffer.alloc(0)

/**
 * The bytes that a decoder reads, in whatever pieces they were pushed. Decoders are generators: they `yield` how many
 * bytes they need in one piece and go on when they are there, so that no decoder holds more than it needs.
 * The bytes that are there are `bytes` from `at` to `end`; they are the decoder's until its next `yield`.
 */
export class Input {
  bytes: Buffer = none
  at = 0
  end = 0
  ended = false
  /** It ended before its time, and that is known already. */
  cut = false
  /** Bytes pushed so far. */
  pushed = 0
  #own: Buffer = none

  get left(): number {
    return this.end - this.at
  }

  /** How many bytes were read so far. */
  get read(): number {
    return this.pushed - this.left
  }

  push(chunk: Buffer): void {
    this.pushed += chunk.length
    if (this.left === 0) {
      this.bytes = chunk
      this.at = 0
      this.end = chunk.length
      return
    }
    this.#reserve(chunk.length)
    chunk.copy(this.#own, this.end)
    this.end += chunk.length
  }

  /** Copies what was not read yet: the memory of a pushed chunk is its owner's again. */
  keep(): void {
    if (this.left === 0) this.bytes = none
    else if (this.bytes !== this.#own) this.#reserve(0)
  }

  /** Makes the unread bytes our own, with room for more behind them. */
  #reserve(more: number): void {
    const { left } = this
    if (this.bytes === this.#own && this.end + more <= this.#own.length) return
    const target = left + more <= this.#own.length ? this.#own : Buffer.allocUnsafe(2 * (left + more) + 64)
    this.bytes.copy(target, 0, this.at, this.end)
    this.#own = target
    this.bytes = target
    this.at = 0
    this.end = left
  }

  /** Waits for n bytes in one piece; says whether they came, or the input ended before. They are not read yet. */
  *has(n: number): Reading<boolean> {
    while (this.left < n && !this.ended) yield n
    return this.left >= n
  }

  /** The next n bytes. */
  *take(n: number): Reading<Buffer> {
    if (this.left < n && !(yield* this.has(n))) throw new Truncated()
    this.at += n
    return this.bytes.subarray(this.at - n, this.at)
  }

  /** Gives the next n bytes away in pieces as they come. */
  *pass(n: number, to: (piece: Buffer) => void): Reading {
    for (let left = n; left > 0; ) {
      if (this.left === 0 && !(yield* this.has(1))) throw new Truncated()
      const piece = Math.min(left, this.left)
      const from = this.at
      this.at += piece
      left -= piece
      to(this.bytes.subarray(from, from + piece))
    }
  }

  /** Goes to the next byte that is not zero. */
  *skipZeros(): Reading {
    while (this.left > 0 || (yield* this.has(1))) {
      while (this.at < this.end && this.bytes[this.at] === 0) this.at++
      if (this.at < this.end) return
    }
  }

  *skip(n: number): Reading {
    yield* this.pass(n, () => {})
  }
}
