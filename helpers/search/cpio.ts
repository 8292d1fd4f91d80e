// cpio's "newc" and "crc" formats (linux: Documentation/driver-api/early-userspace/buffer-format.rst), as initrds have
// them. What follows the trailer (zeros, another archive, a compressed one) is the caller's to go on with.

import type { Contents } from "./contents.ts"
import type { Input, Reading } from "./input.ts"
import { magic } from "./magic.ts"

const headerLength = 110
const longestName = 64 * 1024

const begins = magic("3037303730")
export const isCpio = (head: Buffer) =>
  begins(head) &&
  head.length >= headerLength &&
  /^07070[12][0-9a-fA-F]{104}$/.test(head.toString("latin1", 0, headerLength))

export function* uncpio(input: Input, contents: Contents): Reading {
  const from = input.read
  function* align(): Reading {
    yield* input.skip((4 - ((input.read - from) % 4)) % 4)
  }
  while (true) {
    const header = yield* input.take(headerLength)
    if (!isCpio(header)) throw new Error("no header where a member should begin")
    const field = (at: number) => Number.parseInt(header.toString("latin1", 6 + 8 * at, 14 + 8 * at), 16)
    const [mode, size, nameLength] = [field(1), field(6), field(11)]
    if (nameLength === 0 || nameLength > longestName) throw new Error(`a name of ${nameLength} bytes`)
    const name = (yield* input.take(nameLength)).subarray(0, -1)
    if (name.toString("latin1") === "TRAILER!!!") return
    contents.member(name)
    yield* align()
    if ((mode & 0o170000) === 0o120000 && size <= longestName) {
      const target = yield* input.take(size)
      contents.also("link target", target)
      contents.write(target)
    } else yield* input.pass(size, (bytes) => contents.write(bytes))
    contents.endMember()
    if (yield* input.has(1)) yield* align()
  }
}
