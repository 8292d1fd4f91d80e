// A strict reader of NARs: what it accepts is what NarWriter writes, byte by byte.

import { ByteReader } from "./nar-bytes.ts"
import { checkName, checkOrder, checkTarget, narWords, type TreeEvent } from "./nar-writer.ts"

const magic = narWords("nix-archive-1")
const node = narWords("(", "type")
const contents = narWords("contents")
const notExecutable = narWords("")
const target = narWords("target")
const entry = narWords("(", "name")
const entryNode = narWords("node")
const close = narWords(")")

/** Nix and Linux have paths up to 4096 bytes. */
const longestPath = 16 * 1024

interface Directory {
  path: Buffer
  last: Buffer | undefined
}

/** The tree in a NAR; the root's path is empty. Anything that is no NAR, or one NAR and more, throws. */
export async function* readNar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TreeEvent> {
  const reader = new NarReader(chunks)
  try {
    yield* reader.tree()
  } catch (cause) {
    throw new Error(`NAR at byte ${reader.position}: ${(cause as Error).message}`, { cause })
  } finally {
    await reader.close()
  }
}

class NarReader {
  readonly #reader: ByteReader
  readonly #open: Directory[] = []
  /** Bytes read. */
  position = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#reader = new ByteReader(chunks)
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  async *tree(): AsyncGenerator<TreeEvent> {
    await this.#expect(magic)
    let path: Buffer | undefined = Buffer.alloc(0)
    while (path !== undefined) {
      yield* this.#node(path)
      path = await this.#next()
    }
    if (!(await this.#reader.ended())) throw new Error("bytes after the end")
  }

  /** A file or a symbolic link, or the beginning of a directory. */
  async *#node(path: Buffer): AsyncGenerator<TreeEvent> {
    await this.#expect(node)
    const type = await this.#word(9)
    if (type === "directory") {
      yield { type, path }
      this.#open.push({ path, last: undefined })
    } else if (type === "symlink") {
      await this.#expect(target)
      const bytes = await this.#string(4095)
      checkTarget(bytes)
      yield { type, path, target: bytes }
      await this.#nodeEnd()
    } else if (type === "regular") {
      yield* this.#file(path)
      await this.#nodeEnd()
    } else throw new Error(`unknown type ${JSON.stringify(type)}`)
  }

  async *#file(path: Buffer): AsyncGenerator<TreeEvent> {
    const word = await this.#word(10)
    if (word === "executable") {
      await this.#expect(notExecutable)
      await this.#expect(contents)
    } else if (word !== "contents") throw new Error(`unknown word ${JSON.stringify(word)}`)
    const size = await this.#length()
    yield { type: "file", path, executable: word === "executable", size }
    for (let left = size; left > 0; ) {
      const bytes = await this.#reader.some(left)
      left -= bytes.length
      this.position += bytes.length
      yield { type: "content", bytes }
    }
    await this.#padding(size)
  }

  /** The path of the node that comes next, after directories that end here; undefined at the end of the tree. */
  async #next(): Promise<Buffer | undefined> {
    for (let directory = this.#open.at(-1); directory !== undefined; directory = this.#open.at(-1)) {
      const word = await this.#word(5)
      if (word === "entry") return this.#entry(directory)
      if (word !== ")") throw new Error(`unknown word ${JSON.stringify(word)}`)
      this.#open.pop()
      if (this.#open.length > 0) await this.#expect(close)
    }
    return undefined
  }

  async #entry(directory: Directory): Promise<Buffer> {
    await this.#expect(entry)
    const name = await this.#string(255)
    checkName(name)
    checkOrder(directory.last, name)
    directory.last = name
    await this.#expect(entryNode)
    const path = directory.path.length === 0 ? name : Buffer.concat([directory.path, Buffer.from("/"), name])
    if (path.length > longestPath) throw new Error(`a path of ${path.length} bytes`)
    return path
  }

  /** A node that is no directory ends, and with it the entry it is in. */
  async #nodeEnd(): Promise<void> {
    await this.#expect(close)
    if (this.#open.length > 0) await this.#expect(close)
  }

  async #expect(words: Buffer): Promise<void> {
    const bytes = await this.#take(words.length)
    if (!bytes.equals(words)) throw new Error(`${readable(bytes)} where ${readable(words)} must stand`)
  }

  async #word(longest: number): Promise<string> {
    return (await this.#string(longest)).toString("latin1")
  }

  async #string(longest: number): Promise<Buffer> {
    const length = await this.#length()
    if (length > longest) throw new Error(`a string of ${length} bytes where ${longest} are the most`)
    const bytes = await this.#take(length)
    await this.#padding(length)
    return bytes
  }

  async #length(): Promise<number> {
    const length = (await this.#take(8)).readBigUInt64LE()
    if (length > Number.MAX_SAFE_INTEGER) throw new Error(`a string of ${length} bytes`)
    return Number(length)
  }

  async #padding(length: number): Promise<void> {
    const bytes = await this.#take((8 - (length % 8)) % 8)
    if (bytes.some((byte) => byte !== 0)) throw new Error("padding that is not zero")
  }

  async #take(length: number): Promise<Buffer> {
    const bytes = await this.#reader.take(length)
    this.position += length
    return bytes
  }
}

function readable(words: Buffer): string {
  return JSON.stringify(
    words
      .toString("latin1")
      .replaceAll(/[^ -~]+/g, " ")
      .trim(),
  )
}
