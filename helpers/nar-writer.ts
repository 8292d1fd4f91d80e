// A NAR, the form in which Nix hashes a file tree, written node by node into a hash: never held as a whole.
// Format: nix, doc/manual/source/protocols/nix-archive and src/libutil/archive.cc.

import { createHash } from "node:crypto"

/** What is known of a file tree by its NAR. */
export interface Nar {
  /** SHA-256 of the NAR. */
  narHash: Buffer
  /** Length of the NAR in bytes. */
  narSize: number
}

/**
 * A file tree as a stream: a directory before what is in it, a file before its content, content piece by piece until
 * there were `size` bytes. Paths have no leading or trailing slash; they are bytes, not text.
 */
export type TreeEvent =
  | { type: "directory"; path: Buffer }
  | { type: "symlink"; path: Buffer; target: Buffer }
  | { type: "file"; path: Buffer; executable: boolean; size: number }
  | { type: "content"; bytes: Buffer }

const paddings = Array.from({ length: 8 }, (_, bytes) => Buffer.alloc(bytes))

/** Words as they stand in a NAR: 8 bytes of length, the bytes, zeros up to a multiple of 8. */
export function narWords(...words: string[]): Buffer {
  const bytes = words.map((word) => Buffer.from(word))
  return Buffer.concat(bytes.flatMap((word) => [length(word.length), word, zeros(word.length)]))
}

const magic = narWords("nix-archive-1")
const entry = narWords("entry", "(", "name")
const node = narWords("node")
const directory = narWords("(", "type", "directory")
const symlink = narWords("(", "type", "symlink", "target")
const regular = narWords("(", "type", "regular", "contents")
const executable = narWords("(", "type", "regular", "executable", "", "contents")
const close = narWords(")")

/** Pieces of content from here on are hashed where they are; smaller ones are gathered first. */
const large = 16 * 1024

/** Names as Nix 2.36 and Linux have them. */
export function checkName(name: Buffer): void {
  const text = name.length <= 2 ? name.toString("latin1") : ""
  if (name.length === 0 || text === "." || text === ".." || name.includes(0) || name.includes("/")) {
    throw new Error(`no file name: ${shown(name)}`)
  }
  if (name.length > 255) throw new Error(`file name longer than 255 bytes: ${shown(name)}`)
}

/** Symbolic link targets as Nix 2.36 and Linux have them. */
export function checkTarget(target: Buffer): void {
  if (target.length === 0 || target.length > 4095 || target.includes(0)) {
    throw new Error(`no symbolic link target: ${shown(target)}`)
  }
}

/** Names in one directory are sorted by their bytes, and each stands there once. */
export function checkOrder(previous: Buffer | undefined, name: Buffer): void {
  const order = previous === undefined ? -1 : Buffer.compare(previous, name)
  if (order === 0) throw new Error(`${shown(name)} twice in one directory`)
  if (order > 0) throw new Error(`${shown(name)} after ${shown(previous)}: not sorted`)
}

/** A name or path for people: one line, whatever its bytes. */
export function shown(bytes: Buffer | undefined): string {
  return JSON.stringify((bytes ?? Buffer.alloc(0)).subarray(0, 300).toString())
}

/**
 * Takes the nodes of one tree in NAR order; the root has no name, every other node the name it has in the innermost
 * open directory. Anything that would make no NAR throws.
 */
export class NarWriter {
  #hash = createHash("sha256")
  #size = 0
  // What is not hashed yet: thousands of small updates would cost more than the hash itself.
  readonly #buffer = Buffer.allocUnsafeSlow(1024 * 1024)
  #used = 0
  readonly #open: { last: Buffer | undefined }[] = []
  #rooted = false
  #file = 0
  #missing = 0

  /** Bytes of NAR so far. */
  get size(): number {
    return this.#size
  }

  /** Bytes of content that the last file still lacks. */
  get missing(): number {
    return this.#missing
  }

  directory(name?: Buffer): void {
    this.#begin(name)
    this.#put(directory)
    this.#open.push({ last: undefined })
  }

  /** Ends the innermost open directory. */
  leave(): void {
    this.#complete()
    if (this.#open.pop() === undefined) throw new Error("no directory is open")
    this.#put(close)
    this.#end()
  }

  symlink(target: Buffer, name?: Buffer): void {
    checkTarget(target)
    this.#begin(name)
    this.#put(symlink)
    this.#bytes(target)
    this.#put(close)
    this.#end()
  }

  /** Begins a file, whose `size` bytes of content must follow. */
  file(size: number, isExecutable: boolean, name?: Buffer): void {
    if (!Number.isSafeInteger(size) || size < 0) throw new Error(`no file size: ${size}`)
    this.#begin(name)
    this.#put(isExecutable ? executable : regular)
    this.#put(length(size))
    this.#file = size
    this.#missing = size
    if (size === 0) this.#endFile()
  }

  content(bytes: Buffer): void {
    if (bytes.length > this.#missing) throw new Error(`${bytes.length - this.#missing} bytes too many`)
    if (bytes.length === 0) return
    this.#put(bytes)
    this.#missing -= bytes.length
    if (this.#missing === 0) this.#endFile()
  }

  /** Content without a copy: `read` puts at most `length` bytes into the buffer and says how many. */
  fill(read: (buffer: Buffer, offset: number, length: number) => number): number {
    if (this.#buffer.length - this.#used < Math.min(this.#missing, 64 * 1024)) this.#flush()
    const bytes = read(this.#buffer, this.#used, Math.min(this.#missing, this.#buffer.length - this.#used))
    this.#used += bytes
    this.#size += bytes
    this.#missing -= bytes
    if (bytes > 0 && this.#missing === 0) this.#endFile()
    return bytes
  }

  /** Ends the NAR; the writer is then ready for another. */
  end(): Nar {
    this.#complete()
    if (!this.#rooted || this.#open.length > 0) throw new Error("the tree is not complete")
    this.#flush()
    const nar = { narHash: this.#hash.digest(), narSize: this.#size }
    this.#hash = createHash("sha256")
    this.#size = 0
    this.#rooted = false
    return nar
  }

  #begin(name: Buffer | undefined): void {
    this.#complete()
    const parent = this.#open.at(-1)
    if (parent === undefined) {
      if (this.#rooted || name !== undefined) throw new Error(`${shown(name)} is in no directory`)
      this.#rooted = true
      this.#put(magic)
      return
    }
    if (name === undefined) throw new Error("a node in a directory has no name")
    checkName(name)
    checkOrder(parent.last, name)
    parent.last = name
    this.#put(entry)
    this.#bytes(name)
    this.#put(node)
  }

  #end(): void {
    if (this.#open.length > 0) this.#put(close)
  }

  #endFile(): void {
    this.#put(zeros(this.#file))
    this.#put(close)
    this.#end()
  }

  #complete(): void {
    if (this.#missing > 0) throw new Error(`${this.#missing} of ${this.#file} bytes of content are missing`)
  }

  #bytes(bytes: Buffer): void {
    this.#put(length(bytes.length))
    this.#put(bytes)
    this.#put(zeros(bytes.length))
  }

  #put(bytes: Buffer): void {
    this.#size += bytes.length
    if (bytes.length >= large) {
      this.#flush()
      this.#hash.update(bytes)
      return
    }
    if (this.#used + bytes.length > this.#buffer.length) this.#flush()
    bytes.copy(this.#buffer, this.#used)
    this.#used += bytes.length
  }

  #flush(): void {
    if (this.#used > 0) this.#hash.update(this.#buffer.subarray(0, this.#used))
    this.#used = 0
  }
}

function length(bytes: number): Buffer {
  const word = Buffer.allocUnsafe(8)
  word.writeBigUInt64LE(BigInt(bytes))
  return word
}

/** The zeros that follow so many bytes. */
function zeros(bytes: number): Buffer {
  return paddings[(8 - (bytes % 8)) % 8] as Buffer
}
