// The .xz file format 1.2.1 (tukaani.org), with LZMA2 and delta. Streams that follow each other are one, as for xz -d.

import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import type { Contents } from "./contents.ts"
import { Crc64 } from "./crc64.ts"
import type { Input, Reading } from "./input.ts"
import { Lzma } from "./lzma.ts"
import { magic } from "./magic.ts"
import { NotUnpacked } from "./not-unpacked.ts"

/** What xz -9 uses; all of it is held. */
const largestDictionary = 64 * 2 ** 20
const checkSizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]
const idle: Lzma[] = []

export const isXz = magic("fd377a585a00")

export function* unxz(input: Input, contents: Contents): Reading {
  do {
    yield* stream(input, contents)
    while ((yield* input.has(4)) && input.bytes.readUInt32LE(input.at) === 0) input.at += 4
  } while ((yield* input.has(6)) && isXz(input.bytes.subarray(input.at, input.at + 6)))
}

function* stream(input: Input, contents: Contents): Reading {
  const header = yield* input.take(12)
  const check = header[7] ?? 0
  if (crc32(header.subarray(6, 8)) !== header.readUInt32LE(8)) throw new Error("wrong checksum of its header")
  if (header[6] !== 0 || check > 15) throw new NotUnpacked("unknown flags")
  let blocks = 0
  for (; (yield* peek(input)) !== 0; blocks++) yield* block(input, check, contents)
  yield* index(input, blocks)
  const footer = yield* input.take(12)
  if (crc32(footer.subarray(4, 10)) !== footer.readUInt32LE(0) || footer.toString("latin1", 10) !== "YZ") {
    throw new Error("wrong end of the stream")
  }
}

function* peek(input: Input): Reading<number> {
  yield* input.take(1)
  input.at--
  return input.bytes[input.at] ?? 0
}

interface Block {
  dictionary: number
  delta: number
}

function* block(input: Input, check: number, contents: Contents): Reading {
  const { dictionary, delta } = blockOf(yield* input.take(((yield* peek(input)) + 1) * 4))
  const from = input.read
  const sum = new Check(check)
  const undo = new Delta(delta)
  const lzma = idle.pop() ?? new Lzma()
  try {
    lzma.begin(dictionary, (bytes) => {
      const plain = undo.of(bytes)
      sum.add(plain)
      contents.inflate(plain)
    })
    yield* lzma2(input, lzma)
  } finally {
    if (idle.length < 2 && lzma.ringLength <= 16 * 2 ** 20) idle.push(lzma)
  }
  const padding = yield* input.take((4 - ((input.read - from) % 4)) % 4)
  if (padding.some((byte) => byte !== 0)) throw new Error("padding that is not zero")
  if (!sum.is(yield* input.take(checkSizes[check] ?? 0))) throw new Error("wrong checksum")
}

function blockOf(header: Buffer): Block {
  const body = header.subarray(0, -4)
  if (crc32(body) !== header.readUInt32LE(body.length)) throw new Error("wrong checksum of a block's header")
  const flags = body[1] ?? 0
  if ((flags & 0x3c) !== 0) throw new NotUnpacked("unknown flags of a block")
  const fields = new Fields(body, 2)
  if ((flags & 0x40) !== 0) fields.number()
  if ((flags & 0x80) !== 0) fields.number()
  let delta = 0
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const id = fields.number()
    const properties = fields.bytes(fields.number())
    if (id === 0x21) return { dictionary: dictionaryOf(properties[0] ?? 0), delta }
    if (id !== 3 || delta !== 0) throw new NotUnpacked(`with filter ${id}`)
    delta = (properties[0] ?? 0) + 1
  }
  throw new NotUnpacked("without LZMA2")
}

function dictionaryOf(property: number): number {
  const size = property > 39 ? 2 ** 32 : (2 | (property & 1)) * 2 ** ((property >> 1) + 11)
  if (size > largestDictionary) throw new NotUnpacked(`with a dictionary of ${size} bytes`)
  return size
}

class Fields {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  number(): number {
    let value = 0
    for (let place = 1; place < 2 ** 53; place *= 128) {
      const byte = this.bytes(1)[0] ?? 0
      value += (byte & 127) * place
      if (byte < 128) return value
    }
    throw new Error("too large a number in a block's header")
  }

  bytes(length: number): Buffer {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new Error("a block's header that is too short")
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

/** Chunks of up to 64 KiB that give up to 2 MiB each. */
function* lzma2(input: Input, lzma: Lzma): Reading {
  let [dictionary, properties, state] = [false, false, false]
  while (true) {
    const control = (yield* input.take(1))[0] ?? 0
    if (control === 0) break
    if (control >= 0xe0 || control === 1) {
      lzma.resetDictionary()
      dictionary = true
    }
    if (!dictionary || (control > 2 && control < 0x80)) throw new Error("damaged LZMA2 data")
    if (control < 3) {
      lzma.copy(yield* input.take((yield* input.take(2)).readUInt16BE() + 1))
    } else {
      const sizes = yield* input.take(4)
      const unpacked = (control & 0x1f) * 0x10000 + sizes.readUInt16BE() + 1
      const packed = sizes.readUInt16BE(2) + 1
      if (control >= 0xc0) {
        lzma.setProperties((yield* input.take(1))[0] ?? 0)
        properties = true
      }
      if (control >= 0xa0) {
        lzma.resetState()
        state = true
      }
      if (!properties || !state || packed < 5) throw new Error("damaged LZMA2 data")
      lzma.decode(yield* input.take(packed), unpacked)
    }
    lzma.flush()
  }
}

/** Its numbers are read and its checksum holds; what it says is not needed. */
function* index(input: Input, blocks: number): Reading {
  let sum = 0
  let length = 0
  function* byte(): Reading<number> {
    const bytes = yield* input.take(1)
    sum = crc32(bytes, sum)
    length++
    return bytes[0] ?? 0
  }
  function* number(): Reading<number> {
    let value = 0
    for (let place = 1; place < 2 ** 63; place *= 128) {
      const next = yield* byte()
      value += (next & 127) * place
      if (next < 128) return value
    }
    throw new Error("too large a number in its index")
  }
  yield* byte()
  if ((yield* number()) !== blocks) throw new Error("an index of other blocks")
  for (let at = 0; at < 2 * blocks; at++) yield* number()
  while (length % 4 !== 0) if ((yield* byte()) !== 0) throw new Error("padding that is not zero")
  const said = (yield* input.take(4)).readUInt32LE()
  if (said !== sum) throw new Error("wrong checksum of its index")
}

/** Each byte stands as its difference to the one so many bytes before. */
class Delta {
  readonly #before: Buffer
  #at = 0

  constructor(distance: number) {
    this.#before = Buffer.alloc(distance)
  }

  of(bytes: Buffer): Buffer {
    const before = this.#before
    if (before.length === 0) return bytes
    const plain = Buffer.from(bytes)
    for (let at = 0; at < plain.length; at++) {
      const value = ((plain[at] ?? 0) + (before[this.#at] ?? 0)) & 255
      plain[at] = before[this.#at] = value
      this.#at = (this.#at + 1) % before.length
    }
    return plain
  }
}

/** None, CRC-32, CRC-64 or SHA-256; the others are reserved, and not checked. */
class Check {
  readonly #kind: number
  readonly #crc64 = new Crc64()
  readonly #hash
  #crc32 = 0

  constructor(kind: number) {
    this.#kind = kind
    this.#hash = kind === 10 ? createHash("sha256") : undefined
  }

  add(bytes: Buffer): void {
    if (this.#kind === 1) this.#crc32 = crc32(bytes, this.#crc32)
    else if (this.#kind === 4) this.#crc64.add(bytes)
    else this.#hash?.update(bytes)
  }

  is(said: Buffer): boolean {
    if (this.#kind === 1) return said.readUInt32LE() === this.#crc32
    if (this.#kind === 4) return said.equals(this.#crc64.value)
    return this.#hash === undefined || said.equals(this.#hash.digest())
  }
}
