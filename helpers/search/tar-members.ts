// Any tar: the old one of v7, ustar, GNU's and pax. Unlike helpers/tar.ts, which believes one writer and refuses what is
// unclear, this reads whatever a tar could be taken for: to miss nothing is what counts here.

import type { Contents } from "./contents.ts"
import type { Input, Reading } from "./input.ts"

const blockSize = 512
/** Names, link targets and pax headers longer than this are none. */
const longest = 2 ** 20

/** The checksum holds. */
export function isTar(head: Buffer): boolean {
  if (head.length < blockSize || head[0] === 0) return false
  const said = octal(head, 148, 156)
  if (said === undefined) return false
  let [sum, signed] = [8 * 32, 8 * 32]
  for (let at = 0; at < blockSize; at++) {
    if (at >= 148 && at < 156) continue
    const byte = head[at] ?? 0
    sum += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return said === sum || said === signed
}

interface Said {
  path?: Buffer
  target?: Buffer
  size?: number
  attributes: Buffer[]
}

export function* untar(input: Input, contents: Contents): Reading {
  let said: Said = { attributes: [] }
  // An archive ends with a block of zeros: one that does not was cut off between two members.
  while (true) {
    const header = Buffer.from(yield* input.take(blockSize))
    if (header.every((byte) => byte === 0)) return
    if (!isTar(header)) throw new Error("a member's header with a wrong checksum")
    const type = String.fromCharCode(header[156] ?? 0)
    const size = sizeOf(header)
    if (type === "L" || type === "K" || type === "x" || type === "X" || type === "g") {
      if (size > longest) throw new Error(`a name of ${size} bytes`)
      const bytes = Buffer.from(yield* input.take(size))
      yield* padding(input, size)
      if (type === "L") said.path = untilZero(bytes)
      else if (type === "K") said.target = untilZero(bytes)
      else addPax(said, bytes)
      continue
    }
    yield* member(input, contents, header, type, { size, ...said })
    said = { attributes: [] }
  }
}

function* member(
  input: Input,
  contents: Contents,
  header: Buffer,
  type: string,
  said: Said & { size: number },
): Reading {
  contents.member(said.path ?? nameOf(header))
  const target = said.target ?? untilZero(header.subarray(157, 257))
  if (target.length > 0) contents.also("link target", target)
  for (const attribute of said.attributes) contents.also("attribute", attribute)
  if (type === "S") for (let block = header, at = 482; block[at] === 1; at = 504) block = yield* input.take(blockSize)
  if (said.size > 0 && !(yield* without(input, type))) {
    yield* input.pass(said.size, (bytes) => contents.write(bytes))
    yield* padding(input, said.size)
  }
  contents.endMember()
}

/** Links and directories have no content, but some writers say its size none the less: then a header follows. */
function* without(input: Input, type: string): Reading<boolean> {
  if (!/[1-6]/.test(type)) return false
  if (!(yield* input.has(blockSize))) return true
  const next = input.bytes.subarray(input.at, input.at + blockSize)
  return isTar(next) || next.every((byte) => byte === 0)
}

function* padding(input: Input, size: number): Reading {
  yield* input.skip((blockSize - (size % blockSize)) % blockSize)
}

function nameOf(header: Buffer): Buffer {
  const name = untilZero(header.subarray(0, 100))
  const ustar = header.toString("latin1", 257, 263) === "ustar\0"
  const prefix = ustar ? untilZero(header.subarray(345, 500)) : name.subarray(0, 0)
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name])
}

function sizeOf(header: Buffer): number {
  const binary = (header[124] ?? 0) >= 0x80
  const size = binary
    ? Number(header.readBigUInt64BE(128) & 0x7fffffffffffffffn)
    : (octal(header, 124, 136) ?? Number.NaN)
  if (!Number.isSafeInteger(size)) throw new Error("a member without a size")
  return size
}

function octal(header: Buffer, from: number, to: number): number | undefined {
  // Most of what is asked is no tar, and told by this alone.
  for (let at = from; at < to; at++) {
    const byte = header[at] ?? 0
    if (byte !== 0 && byte !== 0x20 && (byte < 0x30 || byte > 0x37)) return undefined
  }
  const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(header.toString("latin1", from, to))?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits === "" ? "0" : digits, 8)
}

function untilZero(field: Buffer): Buffer {
  const end = field.indexOf(0)
  return end < 0 ? field : field.subarray(0, end)
}

/** Records `LENGTH KEY=VALUE\n`. What is no time, owner or size is a name or an attribute. */
function addPax(said: Said, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const [, digits = "", key = ""] = /^([0-9]{1,7}) ([^=]+)=/.exec(bytes.toString("latin1", at, at + 512)) ?? []
    const end = at + Number(digits)
    if (key === "" || end <= at || end > bytes.length) throw new Error("a pax header that cannot be read")
    const value = bytes.subarray(at + digits.length + 1 + key.length + 1, end - 1)
    if (key === "path" || key === "GNU.sparse.name") said.path = value
    else if (key === "linkpath") said.target = value
    else if (key === "size") said.size = Number(value.toString("latin1"))
    else if (!/^([mac]time|[ug](id|name)|GNU\..*)$/.test(key)) said.attributes.push(bytes.subarray(at, end - 1))
    at = end
  }
  if (said.size !== undefined && !Number.isSafeInteger(said.size)) throw new Error("a member without a size")
}
