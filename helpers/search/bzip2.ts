// bzip2 as its own sources and Joe Tsai's "BZIP2: Format Specification" describe it. Streams that follow each other
// directly are one, as for bzip2 -d. Nothing on npm decodes it synchronously, in pieces and with its checksums.

import type { Contents } from "./contents.ts"
import { type Input, type Reading, Truncated } from "./input.ts"
import { magic } from "./magic.ts"
import { NotUnpacked } from "./not-unpacked.ts"

const blockMagic = 0x314159265359
const endMagic = 0x177245385090
const longestCode = 20
/** Symbols of one group, at most `longestCode` bits each. */
const groupSize = 50
const groupBytes = Math.ceil((groupSize * longestCode) / 8) + 8

const begins = magic("425a68")
/** "BZh", a digit, and the magic of a block or of the end. */
export function isBzip2(head: Buffer): boolean {
  if (head.length < 10 || !begins(head)) return false
  const [level = 0, next] = [head[3], head.readUIntBE(4, 6)]
  return level >= 0x31 && level <= 0x39 && (next === blockMagic || next === endMagic)
}

export function* bunzip2(input: Input, contents: Contents): Reading {
  const memory = idle.pop() ?? new Memory()
  try {
    do yield* stream(input, contents, memory)
    while ((yield* input.has(10)) && isBzip2(input.bytes.subarray(input.at, input.at + 10)))
  } finally {
    if (idle.length < 2) idle.push(memory)
  }
}

/** What one decoder needs, kept for the next one. */
class Memory {
  readonly links = new Int32Array(900_000)
  readonly output = Buffer.allocUnsafe(64 * 1024)
  readonly selectors = new Uint8Array(18_002)
}
const idle: Memory[] = []

function* stream(input: Input, contents: Contents, memory: Memory): Reading {
  const size = ((yield* input.take(4))[3] ?? 0) - 0x30
  const bits = new Bits(input)
  let sum = 0
  while (true) {
    const magic = (yield* bits.read(24)) * 2 ** 24 + (yield* bits.read(24))
    const said = ((yield* bits.read(16)) << 16) | (yield* bits.read(16))
    if (magic === endMagic) {
      if (said !== sum) throw new Error("wrong checksum")
      return
    }
    if (magic !== blockMagic) throw new Error("damaged data: no block")
    const block = yield* blockOf(bits, size * 100_000, memory)
    const own = expand(block, memory, contents)
    if (own !== said) throw new Error("wrong checksum of a block")
    sum = (sum << 1) ^ (sum >>> 31) ^ own
  }
}

/** Bits, the highest first. What was taken of a byte that is not used up is dropped at the end of a stream. */
class Bits {
  readonly #input: Input
  #held = 0
  #count = 0

  constructor(input: Input) {
    this.#input = input
  }

  /** Waits until so many bytes are there, or no more can come. */
  *ready(bytes: number): Reading {
    yield* this.#input.has(bytes)
  }

  *read(bits: number): Reading<number> {
    yield* this.ready(4)
    return this.now(bits)
  }

  /** Up to 24 bits that are there already. */
  now(bits: number): number {
    while (this.#count < bits) this.#more()
    this.#count -= bits
    return (this.#held >>> this.#count) & ((1 << bits) - 1)
  }

  #more(): void {
    const input = this.#input
    if (input.at === input.end) throw new Truncated()
    this.#held = (this.#held << 8) | (input.bytes[input.at++] ?? 0)
    this.#count += 8
  }

  /** A symbol of a canonical Huffman code. */
  symbol({ fast, limits, bases, symbols }: Code): number {
    while (this.#count < longestCode && this.#input.at < this.#input.end) this.#more()
    const peek = this.#count >= fastBits ? (this.#held >>> (this.#count - fastBits)) & ((1 << fastBits) - 1) : -1
    const known = peek < 0 ? 0 : (fast[peek] ?? 0)
    if (known !== 0) {
      this.#count -= known >>> 9
      return known & 511
    }
    for (let length = 1; length <= longestCode; length++) {
      if (this.#count < length) throw new Truncated()
      const code = (this.#held >>> (this.#count - length)) & ((1 << length) - 1)
      if (code <= (limits[length] ?? -1)) {
        this.#count -= length
        return symbols[code - (bases[length] ?? 0)] ?? badCode()
      }
    }
    return badCode()
  }
}

function badCode(): never {
  throw new Error("damaged data: a code that does not exist")
}

const fastBits = 10

interface Code {
  /** By the next ten bits: length and symbol, or 0 for longer codes. */
  fast: Uint16Array
  limits: Int32Array
  bases: Int32Array
  symbols: Uint16Array
}

function codeOf(lengths: Uint8Array): Code {
  const symbols = new Uint16Array(lengths.length)
  const limits = new Int32Array(longestCode + 1).fill(-1)
  const bases = new Int32Array(longestCode + 1)
  const fast = new Uint16Array(1 << fastBits)
  let [code, at] = [0, 0]
  for (let length = 1; length <= longestCode; length++) {
    bases[length] = code - at
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue
      symbols[at++] = symbol
      if (length <= fastBits) {
        const from = code << (fastBits - length)
        fast.fill((length << 9) | symbol, from, from + (1 << (fastBits - length)))
      }
      limits[length] = code++
    }
    code <<= 1
  }
  return { fast, limits, bases, symbols }
}

interface Block {
  start: number
  length: number
}

/** The symbols of one block, undone to where they stood after the Burrows-Wheeler transform, in memory.links. */
function* blockOf(bits: Bits, most: number, memory: Memory): Reading<Block> {
  if ((yield* bits.read(1)) !== 0) throw new NotUnpacked("a randomised block, as before version 0.9.5")
  const start = yield* bits.read(24)
  const used: number[] = []
  const map = yield* bits.read(16)
  for (let row = 0; row < 16; row++) {
    if (((map >> (15 - row)) & 1) === 0) continue
    const columns = yield* bits.read(16)
    for (let column = 0; column < 16; column++) if (((columns >> (15 - column)) & 1) === 1) used.push(row * 16 + column)
  }
  if (used.length === 0) throw new Error("damaged data: a block without symbols")
  const tables = yield* bits.read(3)
  const groups = yield* bits.read(15)
  if (tables < 2 || tables > 6 || groups === 0) throw new Error("damaged data: impossible tables")
  yield* selectors(bits, groups, tables, memory.selectors)
  const codes: Code[] = []
  for (let table = 0; table < tables; table++) codes.push(yield* codeLengths(bits, used.length + 2))
  const length = yield* symbols(bits, groups, codes, used, most, memory)
  if (start >= length) throw new Error("damaged data: a start behind the block's end")
  return { start, length }
}

function* selectors(bits: Bits, groups: number, tables: number, into: Uint8Array): Reading {
  const order = [0, 1, 2, 3, 4, 5]
  for (let group = 0; group < groups; group++) {
    let place = 0
    while ((yield* bits.read(1)) === 1) place++
    if (place >= tables) throw new Error("damaged data: a table that does not exist")
    const [table = 0] = order.splice(place, 1)
    order.unshift(table)
    // Some compressors write more selectors than there can be groups; bzip2 1.0.8 reads over them as well.
    if (group < into.length) into[group] = table
  }
}

function* codeLengths(bits: Bits, count: number): Reading<Code> {
  const lengths = new Uint8Array(count)
  let length = yield* bits.read(5)
  for (let symbol = 0; symbol < count; symbol++) {
    while (true) {
      if (length < 1 || length > longestCode) throw new Error("damaged data: an impossible code length")
      if ((yield* bits.read(1)) === 0) break
      length += (yield* bits.read(1)) === 0 ? 1 : -1
    }
    lengths[symbol] = length
  }
  return codeOf(lengths)
}

/** Huffman codes, runs of zeros and move-to-front undone. How many bytes there are. */
function* symbols(
  bits: Bits,
  groups: number,
  codes: Code[],
  used: number[],
  most: number,
  memory: Memory,
): Reading<number> {
  const { links } = memory
  const front = Uint8Array.from(used)
  const end = used.length + 1
  let length = 0
  let run = 0
  let place = 1
  for (let group = 0; group < groups; group++) {
    const code = codes[memory.selectors[Math.min(group, 18_001)] ?? 0]
    if (code === undefined) badCode()
    yield* bits.ready(groupBytes)
    for (let at = 0; at < groupSize; at++) {
      const symbol = bits.symbol(code)
      if (symbol < 2) {
        run += place << symbol
        place *= 2
        if (run > most) throw new Error("damaged data: too long a run")
        continue
      }
      if (run > 0) {
        if (length + run > most) throw new Error("damaged data: too long a block")
        links.fill(front[0] ?? 0, length, length + run)
        length += run
        run = 0
      }
      place = 1
      if (symbol === end) return length
      if (length === most) throw new Error("damaged data: too long a block")
      const from = symbol - 1
      const byte = front[from] ?? 0
      front.copyWithin(1, 0, from)
      front[0] = byte
      links[length++] = byte
    }
  }
  throw new Error("damaged data: a block without an end")
}

/** Undoes the Burrows-Wheeler transform and the first run-length code, and gives the bytes away. Their checksum. */
function expand({ start, length }: Block, { links, output }: Memory, contents: Contents): number {
  const counts = new Int32Array(257)
  for (let at = 0; at < length; at++) {
    const next = ((links[at] ?? 0) & 255) + 1
    counts[next] = (counts[next] ?? 0) + 1
  }
  for (let byte = 0; byte < 256; byte++) counts[byte + 1] = (counts[byte + 1] ?? 0) + (counts[byte] ?? 0)
  for (let at = 0; at < length; at++) {
    const byte = (links[at] ?? 0) & 255
    const to = counts[byte] ?? 0
    counts[byte] = to + 1
    links[to] = (links[to] ?? 0) | (at << 8)
  }
  let link = (links[start] ?? 0) >>> 8
  const table = crcs
  let filled = 0
  let same = 0
  let before = -1
  let sum = -1
  for (let at = 0; at < length; at++) {
    const entry = links[link] ?? 0
    const byte = entry & 255
    link = entry >>> 8
    let times = 1
    if (same === 4) {
      times = byte
      same = 0
    } else if (byte === before) same++
    else {
      before = byte
      same = 1
    }
    if (filled + times > output.length) {
      contents.inflate(output.subarray(0, filled))
      filled = 0
    }
    for (; times > 0; times--) {
      output[filled++] = before
      sum = (sum << 8) ^ (table[(sum >>> 24) ^ before] ?? 0)
    }
    if (same === 0) before = -1
  }
  if (filled > 0) contents.inflate(output.subarray(0, filled))
  return ~sum
}

/** CRC-32 with the highest bit first, unlike zlib's. */
const crcs = new Int32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0)
  crcs[byte] = value
}
