// The memory that sampling.wat works in. Each thread has one: bytes are searched where they lie if they lie in it, and
// are copied into it otherwise.

import { samplingCode } from "./sampling-code.ts"

const kibibyte = 1024
// The sieve lies at 0, sampling.wat knows it there. What is searched has room before it and behind it, for the code
// looks at a few bytes around what it was told.
const around = kibibyte
const sizes = { sieve: 256 * kibibyte, visiting: 128 * kibibyte, reading: 256 * kibibyte }
/** Of the blocks that streams gather their small pieces in, so many lie here. */
const block = { size: 48 * kibibyte, count: 16 }

/** What the code finds: four bytes for every eight of what can lie here in one piece. */
export const hitsAt = sizes.sieve
const visitingAt = hitsAt + sizes.reading / 2 + around
const readingAt = visitingAt + sizes.visiting + around
const blocksAt = readingAt + sizes.reading + around
const end = blocksAt + block.count * (block.size + around)

// TypeScript knows these for browsers alone.
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer }
  Module: new (code: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: unknown }
}

const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) })
const { buffer } = memory
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(samplingCode), { search: { memory } })
/** In sampling.wat. Addresses are in bytes from the beginning of this memory. */
export const code = exports as {
  sample(at: number, end: number, hits: number): number
  inRuns(at: number, from: number, last: number, found: number): number
}
export const view = new DataView(buffer)

const visiting = Buffer.from(buffer, visitingAt, sizes.visiting)
/** For whoever reads files: what is read into it need not be copied. */
export const readingRoom = Buffer.from(buffer, readingAt, sizes.reading)

const blocks: Buffer[] = Array.from({ length: block.count }, (_, index) =>
  Buffer.from(buffer, blocksAt + index * (block.size + around), block.size),
)

/** A block of at least `size` bytes, in this memory if there is still room. Give it back, or there will be less. */
export function borrowBlock(size: number): Buffer {
  const here = size <= block.size ? blocks.pop() : undefined
  return here ?? Buffer.from(new ArrayBuffer(size))
}

export function giveBlockBack(block: Buffer): void {
  if (block.buffer === buffer) blocks.push(block)
}

let loaded: Uint32Array | undefined

/** Makes this the sieve that `sample` asks. */
export function load(sieve: Uint32Array): void {
  if (loaded === sieve) return
  if (sieve.byteLength !== sizes.sieve) throw new Error(`a sieve of ${sieve.byteLength} bytes, not ${sizes.sieve}`)
  new Uint32Array(buffer, 0, sieve.length).set(sieve)
  loaded = sieve
}

/**
 * Where `bytes[from]` lies in this memory, and how many of the bytes from there to `to` lie behind it: all of them, or, if
 * they had to be copied, as many as there is room for. Holds until the next call.
 */
export function resident(bytes: Buffer, from: number, to: number): { address: number; length: number } {
  if (bytes.buffer === buffer) return { address: bytes.byteOffset + from, length: to - from }
  return { address: visitingAt, length: bytes.copy(visiting, 0, from, to) }
}
