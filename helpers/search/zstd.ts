// Zstandard frames (RFC 8878). fzstd undoes the blocks; the frames are read here, since it believes what it is given:
// sizes, distances and checksums. Frames that follow each other directly are one stream, as for zstd -d.

import { Decompress } from "fzstd"
import type { Contents } from "./contents.ts"
import type { Input, Reading } from "./input.ts"
import { NotUnpacked } from "./not-unpacked.ts"
import { Xxh64 } from "./xxh64.ts"

const magic = 0xfd2fb528
/** zstd -20 uses 32 MiB. fzstd reads 25 bits of a distance correctly, and moves the whole window for each block. */
const largestWindow = 32 * 2 ** 20
const largestBlock = 128 * 1024

/** A frame whose header is possible, or one to skip. */
export function isZstd(head: Buffer): boolean {
  if (head.length < 5) return false
  return (head.readUInt32LE() === magic && ((head[4] ?? 0) & 8) === 0) || isSkippable(head.readUInt32LE())
}

const isSkippable = (word: number) => word >>> 4 === 0x184d2a5

/** Gives each block to `inflate`, whose memory is ours again afterwards. */
export function* unzstd(input: Input, contents: Pick<Contents, "inflate">): Reading {
  do {
    const word = (yield* input.take(4)).readUInt32LE()
    if (isSkippable(word)) yield* input.skip((yield* input.take(4)).readUInt32LE())
    else yield* frame(input, contents)
  } while ((yield* input.has(5)) && isZstd(input.bytes.subarray(input.at, input.at + 5)))
}

interface Frame {
  header: Buffer
  size: number | undefined
  checked: boolean
}

function* frame(input: Input, contents: Pick<Contents, "inflate">): Reading {
  const { header, size, checked } = yield* frameHeader(input)
  const blocks: Uint8Array[] = []
  const decompress = new Decompress((block) => blocks.push(block))
  const sum = new Xxh64()
  let given = 0
  let before = header
  for (let last = false; !last; ) {
    const blockHeader = Buffer.from(yield* input.take(3))
    const word = blockHeader.readUIntLE(0, 3)
    const [type, length] = [(word >> 1) & 3, word >> 3]
    last = (word & 1) === 1
    if (type === 3 || length > largestBlock) throw new Error("damaged data: an impossible block")
    const tail = last && checked ? 4 : 0
    const body = yield* input.take((type === 1 ? 1 : length) + tail)
    const said = tail > 0 ? body.readUInt32LE(body.length - 4) : 0
    push(decompress, Buffer.concat([before, blockHeader, body]), last)
    before = header.subarray(0, 0)
    for (const block of blocks.splice(0)) {
      const bytes = Buffer.from(block.buffer, block.byteOffset, block.length)
      given += bytes.length
      if (checked) sum.add(bytes)
      if (bytes.length > 0) contents.inflate(bytes)
    }
    if (tail > 0 && sum.low() !== said) throw new Error("wrong checksum")
  }
  if (size !== undefined && given !== size) throw new Error(`${given} bytes instead of ${size}`)
}

/** fzstd says what is wrong by whatever error comes of it. */
function push(decompress: Decompress, bytes: Buffer, last: boolean): void {
  try {
    decompress.push(bytes, last)
  } catch (cause) {
    throw new Error(`damaged data: ${(cause as Error).message}`, { cause })
  }
}

function* frameHeader(input: Input): Reading<Frame> {
  const flags = (yield* input.take(1))[0] ?? 0
  const single = (flags & 0x20) !== 0
  const dictionaryLength = [0, 1, 2, 4][flags & 3] ?? 0
  const sizeLength = [single ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
  const rest = yield* input.take((single ? 0 : 1) + dictionaryLength + sizeLength)
  if ((flags & 8) !== 0) throw new Error("damaged data: an impossible header")
  const dictionary = dictionaryLength === 0 ? 0 : rest.readUIntLE(single ? 0 : 1, dictionaryLength)
  if (dictionary !== 0) throw new NotUnpacked(`with the dictionary ${dictionary}`)
  const size = sizeOf(rest.subarray(rest.length - sizeLength))
  const exponent = 2 ** (10 + ((rest[0] ?? 0) >> 3))
  const window = single ? (size ?? 0) : exponent + (exponent / 8) * ((rest[0] ?? 0) & 7)
  if (window > largestWindow) throw new NotUnpacked(`with a window of ${window} bytes`)
  const header = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, flags]), rest])
  return { header, size, checked: (flags & 4) !== 0 }
}

function sizeOf(field: Buffer): number | undefined {
  if (field.length === 0) return undefined
  if (field.length === 8) return Number(field.readBigUInt64LE())
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0)
}
