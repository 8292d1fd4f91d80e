// Raw deflate, synchronously and in pieces, by Node's own zlib. Its public interface is asynchronous or takes everything
// at once; what lies under it (`_handle.writeSync`, `_writeState`) is not documented, but pngjs, minizlib and with it npm
// have rested on it for years, and file-search.test.ts says at once should it change.

import { constants, createInflateRaw } from "node:zlib"
import type { Contents } from "./contents.ts"
import { type Input, type Reading, Truncated } from "./input.ts"

interface Handle {
  writeSync(flush: number, input: Buffer, at: number, length: number, output: Buffer, to: number, room: number): void
  onerror: (message: string, errno: number, code: string) => void
  reset(): void
}

const room = 64 * 1024

// One at a time is at work, but a layer within may begin another before this one has ended.
const idle: Inflater[] = []

class Inflater {
  readonly output = Buffer.allocUnsafe(room)
  readonly #stream = createInflateRaw() as unknown as { _handle: Handle; _writeState: Uint32Array }
  #error: string | undefined
  /** Bytes of the input that were not taken, after write. */
  untaken = 0

  constructor() {
    this.#stream._handle.onerror = (message) => {
      this.#error = message
    }
  }

  reset(): void {
    this.#error = undefined
    this.#stream._handle.reset()
  }

  /** How many bytes of output it gave. Fewer than there is room for: all input was taken, or the end was reached. */
  write(input: Buffer, from: number, to: number): number {
    this.#stream._handle.writeSync(constants.Z_NO_FLUSH, input, from, to - from, this.output, 0, room)
    if (this.#error !== undefined) throw new Error(this.#error)
    const [left = 0, untaken = 0] = this.#stream._writeState
    this.untaken = untaken
    return room - left
  }

  /** Asks zlib itself, once it has nothing more to give: it refuses to finish where more must follow. */
  get atEnd(): boolean {
    this.#stream._handle.writeSync(constants.Z_FINISH, nothing, 0, 0, this.output, 0, room)
    const missing = this.#error !== undefined
    this.#error = undefined
    return !missing
  }
}

const nothing = Buffer.alloc(0)

/** Reads one deflate stream to its end, and nothing behind it. */
export function* inflate(input: Input, contents: Contents, seen: (bytes: Buffer) => void = () => {}): Reading {
  const inflater = idle.pop() ?? new Inflater()
  inflater.reset()
  while (true) {
    const given = inflater.write(input.bytes, input.at, input.end)
    input.at = input.end - inflater.untaken
    const bytes = inflater.output.subarray(0, given)
    seen(bytes)
    if (given > 0) contents.inflate(bytes)
    if (given === room) continue
    if (input.left > 0 || inflater.atEnd) break
    if (!(yield* input.has(1))) throw new Truncated()
  }
  idle.push(inflater)
}
