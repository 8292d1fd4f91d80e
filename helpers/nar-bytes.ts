/** Reads a stream of bytes by lengths: what comes back are views into the chunks wherever possible. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)
  #used = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Whether the stream has ended. */
  async ended(): Promise<boolean> {
    while (this.#used === this.#chunk.length) {
      const next = await this.#chunks.next()
      if (next.done === true) return true
      this.#chunk = next.value
      this.#used = 0
    }
    return false
  }

  /** At least one byte, at most `length`; the end of the stream is an error. */
  async some(length: number): Promise<Buffer> {
    if (this.#used === this.#chunk.length && (await this.ended())) throw new Error("the stream is cut off")
    const bytes = this.#chunk.subarray(this.#used, this.#used + length)
    this.#used += bytes.length
    return bytes
  }

  /** Exactly `length` bytes, held in memory. */
  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    const first = await this.some(length)
    if (first.length === length) return first
    const pieces = [first]
    for (let left = length - first.length; left > 0; ) {
      const piece = await this.some(left)
      pieces.push(piece)
      left -= piece.length
    }
    return Buffer.concat(pieces)
  }

  /** What stands before the next byte of this value, which is read too; more than `limit` bytes are an error. */
  async before(value: number, limit: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let left = limit + 1; left > 0; ) {
      if (await this.ended()) throw new Error("the stream is cut off")
      const rest = this.#chunk.subarray(this.#used, this.#used + left)
      const end = rest.indexOf(value)
      pieces.push(end < 0 ? rest : rest.subarray(0, end))
      this.#used += end < 0 ? rest.length : end + 1
      if (end >= 0) return Buffer.concat(pieces)
      left -= rest.length
    }
    throw new Error(`more than ${limit} bytes before the byte ${value}`)
  }

  /** Nothing more is wanted of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
