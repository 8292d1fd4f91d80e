// RFC 1952. Members that follow each other directly are one stream, as for gunzip.

import { crc32 } from "node:zlib"
import type { Contents } from "./contents.ts"
import { inflate } from "./inflate.ts"
import type { Input, Reading } from "./input.ts"

export const isGzip = (head: Buffer) =>
  head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 && ((head[3] ?? 0) & 0xe0) === 0

export function* gunzip(input: Input, contents: Contents): Reading {
  do yield* member(input, contents)
  while ((yield* input.has(3)) && isGzip(input.bytes.subarray(input.at, input.at + 3)))
}

function* member(input: Input, contents: Contents): Reading {
  const flags = (yield* input.take(10))[3] ?? 0
  if ((flags & 4) !== 0) yield* input.skip((yield* input.take(2)).readUInt16LE())
  if ((flags & 8) !== 0) yield* untilZero(input)
  if ((flags & 16) !== 0) yield* untilZero(input)
  if ((flags & 2) !== 0) yield* input.take(2)
  let [sum, length] = [0, 0]
  yield* inflate(input, contents, (bytes) => {
    sum = crc32(bytes, sum)
    length = (length + bytes.length) >>> 0
  })
  const trailer = yield* input.take(8)
  if (trailer.readUInt32LE() !== sum) throw new Error("wrong checksum")
  if (trailer.readUInt32LE(4) !== length) throw new Error("wrong length")
}

/** The original name and the comment: the raw search sees them. */
function* untilZero(input: Input): Reading {
  while ((yield* input.take(1))[0] !== 0);
}
