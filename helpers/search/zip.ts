// zip (PKWARE APPNOTE 6.3), read from the beginning as it streams by: local headers, not the directory at the end.

import { crc32 } from "node:zlib"
import { Beyond } from "./bounds.ts"
import type { Contents } from "./contents.ts"
import { inflate } from "./inflate.ts"
import { type Input, type Reading, Truncated } from "./input.ts"
import { NotUnpacked } from "./not-unpacked.ts"

const local = 0x04034b50
const descriptor = 0x08074b50
const directory = 0x02014b50
const directoryEnd = 0x06054b50
const directoryEnd64 = 0x06064b50
const locator64 = 0x07064b50
const signature = 0x05054b50
const extraRecord = 0x08064b50
/** Stored as what they are: files of these formats, which the member's own layer unpacks. */
const methodsInLayers = new Set([12, 93, 95])

/** A local header whose fields are possible, or an archive without members. */
export function isZip(head: Buffer): boolean {
  if (head.length < 22) return false
  if (head.readUInt32LE() === directoryEnd) return head.readUInt32LE(4) === 0 && head.readUInt32LE(8) === 0
  if (head.length < 30 || head.readUInt32LE() !== local) return false
  return (head[4] ?? 0) <= 63 && head.readUInt16LE(8) <= 99 && head.readUInt16LE(26) > 0
}

export function* unzip(input: Input, contents: Contents): Reading {
  while (yield* input.has(4)) {
    const word = input.bytes.readUInt32LE(input.at)
    if (word === local) yield* member(input, contents)
    else if (word === directory) {
      const header = yield* input.take(46)
      yield* input.skip(header.readUInt16LE(28) + header.readUInt16LE(30) + header.readUInt16LE(32))
    } else if (word === directoryEnd64) {
      yield* input.skip(Number((yield* input.take(12)).readBigUInt64LE(4)))
    } else if (word === locator64) yield* input.skip(20)
    else if (word === signature) yield* input.skip((yield* input.take(6)).readUInt16LE(4))
    else if (word === extraRecord) yield* input.skip((yield* input.take(8)).readUInt32LE(4))
    else if (word === directoryEnd) return yield* input.skip((yield* input.take(22)).readUInt16LE(20))
    else throw new Error("neither a member nor the directory where one should begin")
  }
  throw new Truncated()
}

interface Member {
  flags: number
  method: number
  sum: number
  /** Undefined: it is said behind the content. */
  packed: number | undefined
}

function* member(input: Input, contents: Contents): Reading {
  const header = Buffer.from(yield* input.take(30))
  const [flags, method, extraLength] = [header.readUInt16LE(6), header.readUInt16LE(8), header.readUInt16LE(28)]
  contents.member(yield* input.take(header.readUInt16LE(26)))
  const { packed, wide } = sizeOf(header, yield* input.take(extraLength))
  const after = (flags & 8) !== 0
  const known = after && packed === 0 ? undefined : packed
  const from = input.read
  yield* content(input, contents, { flags, method, sum: after ? -1 : header.readUInt32LE(14), packed: known })
  if (after) yield* skipDescriptor(input, input.read - from, wide)
  contents.endMember()
}

function sizeOf(header: Buffer, extra: Buffer): { packed: number; wide: boolean } {
  const [packed, unpacked] = [header.readUInt32LE(18), header.readUInt32LE(22)]
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    if (packed !== 0xffffffff) return { packed, wide: true }
    const place = at + 4 + (unpacked === 0xffffffff ? 8 : 0)
    if (place + 8 > extra.length) throw new Error("a member without a size")
    return { packed: Number(extra.readBigUInt64LE(place)), wide: true }
  }
  return { packed, wide: false }
}

function* content(input: Input, contents: Contents, member: Member): Reading {
  const { flags, method, packed } = member
  const encrypted = (flags & 0x2041) !== 0
  if (!encrypted && method === 8) return yield* deflated(input, contents, member)
  const why = encrypted
    ? "encrypted"
    : method === 0 || methodsInLayers.has(method)
      ? ""
      : `compression method ${method}`
  if (why !== "") contents.notUnpacked(why)
  if (packed !== undefined) yield* input.pass(packed, (bytes) => contents.write(bytes))
  else if (why === "" || encrypted) yield* untilDescriptor(input, contents)
  else throw new NotUnpacked(`${why}, of unknown length`)
}

/** Where its length is known, what is damaged or too much in one member does not keep the next from being read. */
function* deflated(input: Input, contents: Contents, { sum, packed }: Member): Reading {
  const from = input.read
  let own = 0
  try {
    yield* inflate(input, contents, (bytes) => {
      own = crc32(bytes, own)
    })
    if (sum !== -1 && own !== sum) throw new Error("wrong checksum")
    if (packed !== undefined && input.read - from !== packed) throw new Error("wrong length")
  } catch (error) {
    if (packed === undefined || error instanceof Truncated || input.read - from > packed) throw error
    contents.notUnpacked((error as Error).message, error instanceof Beyond ? "bound" : "damaged")
    contents.endMember(true)
    yield* input.skip(packed - (input.read - from))
  }
}

/** Checksum and sizes behind the content, with or without a magic, in four bytes each or eight. */
function* skipDescriptor(input: Input, packed: number, wide: boolean): Reading {
  const marked = (yield* input.has(4)) && input.bytes.readUInt32LE(input.at) === descriptor
  if (marked) yield* input.take(4)
  yield* input.take(4)
  const narrow = (yield* input.take(8)).readUInt32LE(0) === packed
  if (!narrow || wide) {
    const next = (yield* input.has(4)) ? input.bytes.readUInt32LE(input.at) : 0
    if (next !== local && next !== directory) yield* input.take(8)
  }
}

/** A stored member of unknown length: it ends where a descriptor says just that length. */
function* untilDescriptor(input: Input, contents: Contents): Reading {
  const mark = Buffer.from("PK\x07\x08", "latin1")
  const from = input.read
  while (true) {
    if (!(yield* input.has(16))) throw new Truncated()
    const view = input.bytes.subarray(input.at, input.end)
    const at = view.indexOf(mark)
    const ready = at < 0 ? view.length - 3 : at
    if (at >= 0 && at + 16 <= view.length) {
      const said = view.readUInt32LE(at + 8)
      if (said === (input.read - from + at) % 2 ** 32) {
        yield* input.pass(at, (bytes) => contents.write(bytes))
        return
      }
      yield* input.pass(at + 4, (bytes) => contents.write(bytes))
    } else if (ready > 0) yield* input.pass(ready, (bytes) => contents.write(bytes))
    else if (!(yield* input.has(view.length + 1))) throw new Truncated()
  }
}
