import { constants, deflateRawSync, gzipSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { leaksIn, notDecoded, notLookedAt } from "./leaks.ts"

const secret = { name: "token", bytes: Buffer.from("q7Xz9KpLm3Vt8RbWc2YdF4gH") }
const met = (bytes: Buffer | string) => leaksIn([["a file", Buffer.from(bytes)]], [secret])
const leftAsItIs = (why: string) => [{ secret: notLookedAt, where: "a file", form: notDecoded, why }]
const often = (text: string, times: number, encode: (text: string) => string): string =>
  times === 0 ? text : often(encode(text), times - 1, encode)
const log = (lines: number) => Buffer.from("so it said, and went on\n".repeat(lines))

describe("what is not decoded to its end is said", () => {
  test("of a megabyte that stands for a gigabyte, whose beginning is looked at", () => {
    const flush = { finishFlush: constants.Z_FULL_FLUSH }
    const zeros = deflateRawSync(Buffer.alloc(16 * 1024 * 1024), flush)
    const begin = deflateRawSync(Buffer.concat([log(3), secret.bytes, log(3)]), flush)
    const bomb = Buffer.concat([gzipSync("").subarray(0, 10), begin, ...Array.from({ length: 64 }, () => zeros)])
    expect(bomb.length).toBeGreaterThan(1_000_000)
    expect(met(bomb)).toEqual([
      { secret: "token", where: "a file", form: "packed" },
      ...leftAsItIs("more than 16777216 bytes come out of it"),
    ])
  })

  test.each([
    ["base64 in base64", (text: string) => Buffer.from(text).toString("base64")],
    ["gzip in gzip", (text: string) => gzipSync(Buffer.from(text, "latin1")).toString("latin1")],
    ["hex in hex", (text: string) => Buffer.from(text).toString("hex")],
  ])("of %s, six times over", (_, encode) => {
    const text = often(`${log(4)}${secret.bytes}${log(4)}`, 6, encode)
    expect(met(Buffer.from(text, "latin1"))).toEqual(leftAsItIs("it is encoded too often"))
  })

  test("of marks that were escaped ten times over", () => {
    const escaped = often("%41", 10, (text) => text.replaceAll("%", "%25"))
    expect(met(`said ${escaped} so`)).toEqual(leftAsItIs("escaped too often"))
  })

  test("of many compressed streams that are more together than is looked at", () => {
    const stream = gzipSync(Buffer.alloc(15 * 1024 * 1024, "so it said, and went on\n"))
    expect(met(Buffer.concat(Array.from({ length: 12 }, () => stream)))).toEqual(
      leftAsItIs("there is too much to decode"),
    )
  })

  test("of what is compressed in a way that is not undone here", () => {
    const xz = Buffer.from("\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01", "latin1")
    expect(met(`said ${xz.toString("base64")}`)).toEqual(
      leftAsItIs("it is compressed in a way that is not undone here"),
    )
  })
})

describe("what can be decoded of a damaged stream is looked at", () => {
  const noise = Buffer.from(
    Array.from({ length: 4000 }, (_, index) => `${Math.imul(index, 0x9e3779b1)} of a log\n`).join(""),
  )
  const packed = gzipSync(Buffer.concat([noise.subarray(0, 20_000), secret.bytes, noise]))

  test("when it is cut", () => {
    expect(met(packed.subarray(0, packed.length * 0.7))).toEqual([{ secret: "token", where: "a file", form: "packed" }])
  })

  test("when a part of it is overwritten", () => {
    const broken = Buffer.from(packed).fill(0xff, packed.length - 5000, packed.length - 4900)
    expect(met(broken).map((leak) => leak.secret)).toEqual(["token"])
  })

  test("when it was cut in base64, and text follows", () => {
    const text = packed.toString("base64")
    expect(met(`${text.slice(0, text.length * 0.7)}… (cut)`).map(({ form }) => form)).toEqual(["packed in base64"])
  })
})
