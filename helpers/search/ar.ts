// ar(5), as in .deb and .a: with GNU's table of long names, or BSD's names before the content.

import type { Contents } from "./contents.ts"
import type { Input, Reading } from "./input.ts"
import { magic } from "./magic.ts"

const headerLength = 60
const longestTable = 4 * 2 ** 20

/** "!<arch>" and a newline. */
export const isAr = magic("213c617263683e0a")

export function* unar(input: Input, contents: Contents): Reading {
  yield* input.take(8)
  let table = Buffer.alloc(0)
  while (yield* input.has(1)) {
    const header = (yield* input.take(headerLength)).toString("latin1")
    const said = header.slice(0, 16).trimEnd()
    const size = /^[0-9]+ *$/.test(header.slice(48, 58)) ? Number(header.slice(48, 58)) : Number.NaN
    if (header.slice(58) !== "`\n" || !Number.isSafeInteger(size))
      throw new Error("no header where a member should begin")
    if (said === "//" && size <= longestTable) table = Buffer.from(yield* input.take(size))
    else {
      const before = /^#1\/[0-9]+$/.test(said) ? Number(said.slice(3)) : 0
      if (before > size || before > longestTable) throw new Error(`a name of ${before} bytes`)
      contents.member(before > 0 ? untilZero(yield* input.take(before)) : nameOf(said, table))
      yield* input.pass(size - before, (bytes) => contents.write(bytes))
      contents.endMember()
    }
    if (size % 2 === 1 && (yield* input.has(1))) yield* input.take(1)
  }
}

function nameOf(said: string, table: Buffer): Buffer {
  const at = /^\/([0-9]+)$/.exec(said)?.[1]
  if (at === undefined) return Buffer.from(said.length > 1 ? said.replace(/\/$/, "") : said, "latin1")
  const end = table.indexOf("\n", Number(at))
  const name = table.subarray(Number(at), end < 0 ? undefined : end)
  return name.at(-1) === 47 ? name.subarray(0, -1) : name
}

function untilZero(name: Buffer): Buffer {
  const end = name.indexOf(0)
  return end < 0 ? name : name.subarray(0, end)
}
