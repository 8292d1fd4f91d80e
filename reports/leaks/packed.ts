// Compressed streams undone, wherever they begin, as far as they go: a cut or damaged one gives what comes before.

import zlib from "node:zlib"

/** In bytes, of one stream: evidence is text that people read. */
export const mostUnpacked = 16 * 1024 * 1024
const shortest = 8
// What shows soon enough that a stream is none.
const probe = 64

/** Node has zstd since 22.15; where it has not, a stream of it is one that cannot be looked at. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: typeof zlib.inflateRawSync }

/** Compressions of which nothing here can undo any: xz, bzip2, 7-zip, zip. */
const others = ["\xfd7zXZ\0", "BZh91AY&SY", "7z\xbc\xaf\x27\x1c", "PK\x03\x04\x14\0"].map((magic) =>
  Buffer.from(magic, "latin1"),
)
const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

const gzip = Buffer.from([0x1f, 0x8b, 8])
// RFC 1950: what a window of 32 KiB and no dictionary begin with.
const zlibs = ["7801", "785e", "789c", "78da"].map((pair) => Buffer.from(pair, "hex"))

/** `notDecoded` is told when there is more than what is given back. */
export function unpacked(bytes: Buffer, notDecoded: (why: string) => void): Buffer[] {
  const views: Buffer[] = []
  for (const magic of [gzip, zstd, ...zlibs, ...others]) {
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      const out = formatAt(bytes, at)?.(notDecoded)
      if (out !== undefined && out.length >= shortest) views.push(out)
    }
  }
  return views
}

type Unpack = (notDecoded: (why: string) => void) => Buffer | undefined

function formatAt(bytes: Buffer, at: number): Unpack | undefined {
  if (bytes[at] === 0x78) return inflating(bytes, at + 2)
  const flags = bytes[at + 3] ?? 0xff
  if (isAt(bytes, at, gzip)) return flags < 0x20 ? inflating(bytes, gzipBody(bytes, at, flags)) : undefined
  if (isAt(bytes, at, zstd)) return ((bytes[at + 4] ?? 0xff) & 8) === 0 ? unzstd(bytes, at) : undefined
  return others.some((magic) => isAt(bytes, at, magic)) ? cannot : undefined
}

const isAt = (bytes: Buffer, at: number, magic: Buffer) => magic.every((byte, index) => bytes[at + index] === byte)

const cannot: Unpack = (notDecoded) => {
  notDecoded("it is compressed in a way that is not undone here")
  return undefined
}

/** RFC 1952: an extra field, a name and a comment may precede the stream. */
function gzipBody(bytes: Buffer, at: number, flags: number): number {
  let body = at + 10
  if (flags & 4) body += 2 + (bytes[body] ?? 0) + 256 * (bytes[body + 1] ?? 0)
  for (const flag of [8, 16]) if (flags & flag) body = bytes.indexOf(0, body) + 1 || bytes.length
  return flags & 2 ? body + 2 : body
}

function inflating(bytes: Buffer, at: number): Unpack | undefined {
  if (!beginsDeflate(bytes, at)) return undefined
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, maxOutputLength: mostUnpacked }
  return (notDecoded) => longest(bytes.subarray(at), notDecoded, (part) => zlib.inflateRawSync(part, options))
}

/** RFC 1951, 3.2.3: the kind of the first block, and what noise hardly ever has right. */
function beginsDeflate(bytes: Buffer, at: number): boolean {
  const [first = 0, second = 0, third = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]]
  const kind = (first >> 1) & 3
  if (kind === 0) return second === (~(bytes[at + 3] ?? 0) & 255) && third === (~(bytes[at + 4] ?? 0) & 255)
  if (kind !== 2) return kind === 1
  const lengths = 4 + (((second >> 5) | (third << 3)) & 15)
  if (first >> 3 > 29 || (second & 31) > 29) return false
  // The code for the lengths of the codes is complete.
  let sum = 0
  for (let each = 0; each < lengths; each++) {
    const bit = 17 + 3 * each
    const pair = (bytes[at + (bit >> 3)] ?? 0) | ((bytes[at + (bit >> 3) + 1] ?? 0) << 8)
    const length = (pair >> (bit & 7)) & 7
    if (length > 0) sum += 128 >> length
  }
  return sum === 128
}

function unzstd(bytes: Buffer, at: number): Unpack {
  return (notDecoded) => {
    if (!zstdDecompressSync) {
      notDecoded("this node does not undo zstd")
      return undefined
    }
    const undo = zstdDecompressSync
    const finishFlush = (zlib.constants as { ZSTD_e_flush?: number }).ZSTD_e_flush
    return longest(bytes.subarray(at), notDecoded, (part) => undo(part, { finishFlush, maxOutputLength: mostUnpacked }))
  }
}

/** What the longest beginning gives that can be undone: zlib gives nothing at all of a stream with an error in it. */
function longest(
  packed: Buffer,
  notDecoded: (why: string) => void,
  undo: (part: Buffer) => Buffer,
): Buffer | undefined {
  const attempt = (length: number): Buffer | "damaged" | "too much" => {
    try {
      return undo(packed.subarray(0, length))
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "too much" : "damaged"
    }
  }
  if (attempt(probe) === "damaged") return undefined
  const whole = attempt(packed.length)
  if (typeof whole !== "string") return whole
  if (whole === "too much") notDecoded(`more than ${mostUnpacked} bytes come out of it`)
  let [good, bad] = [0, packed.length]
  let best: Buffer | undefined
  for (let tries = 0; tries < 24 && bad - good > 1; tries++) {
    // A bomb is cut short at once, and damage is found step by step.
    const length = whole === "too much" ? good + Math.ceil((bad - good) / 16) : (good + bad) >> 1
    const out = attempt(length)
    if (typeof out === "string") bad = length
    else {
      best = out
      good = length
      if (whole === "too much") break
    }
  }
  return best
}
