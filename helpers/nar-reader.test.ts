// Against the NARs that nix-store makes of any tree, and NARs that it never makes.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { readNar } from "./nar-reader.ts"
import { anyTree, inPieces, nixDump, shownDump, shownNar, type Tree, writeTree } from "./nar-test-trees.ts"
import { NarWriter, type TreeEvent } from "./nar-writer.ts"
import { namesIn } from "./tar.ts"

let directory = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nar-reader-test-"))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function dumped(tree: Tree): Promise<Buffer> {
  const path = join(directory, "tree")
  await writeTree(Buffer.from(path), tree)
  const nar = await nixDump(path)
  await rm(path, { recursive: true })
  return nar
}

/** What a NAR holds, written again. */
async function rewritten(chunks: AsyncIterable<Buffer>): Promise<string> {
  const writer = new NarWriter()
  let open: Buffer[] = []
  for await (const event of readNar(chunks)) {
    if (event.type === "content") {
      writer.content(event.bytes)
      continue
    }
    const names = event.path.length === 0 ? [] : namesIn(event.path)
    const name = names.at(-1)
    while (name !== undefined && open.length > names.length) {
      writer.leave()
      open = open.slice(0, -1)
    }
    if (event.type === "file") writer.file(event.size, event.executable, name)
    else if (event.type === "symlink") writer.symlink(event.target, name)
    else {
      writer.directory(name)
      open = [...open, event.path]
    }
  }
  for (const _ of open) writer.leave()
  return shownNar(writer.end())
}

async function eventsOf(nar: Buffer): Promise<TreeEvent[]> {
  const events: TreeEvent[] = []
  for await (const event of readNar(inPieces(nar))) events.push(event)
  return events
}

describe("a NAR that Nix made", () => {
  test("is read so that writing it again makes the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, fc.integer({ min: 200, max: 70_000 }), async (tree, length) => {
        const nar = await dumped(tree)
        expect(await rewritten(inPieces(nar, length))).toBe(shownDump(nar))
      }),
      { numRuns: 25 },
    )
  })

  test("is told as its tree", async () => {
    const file = (content: string, executable = false): Tree => ({
      ...{ type: "file", executable, content: Buffer.from(content) },
    })
    const named = (name: string, node: Tree) => ({ name: Buffer.from(name), node })
    const nar = await dumped({
      type: "directory",
      entries: [
        named("a", { type: "directory", entries: [named("x", file("content", true))] }),
        named("a.b", file("")),
        named("link", { type: "symlink", target: Buffer.from("/to") }),
      ],
    })
    expect(await eventsOf(nar)).toEqual([
      { type: "directory", path: Buffer.from("") },
      { type: "directory", path: Buffer.from("a") },
      { type: "file", path: Buffer.from("a/x"), executable: true, size: 7 },
      { type: "content", bytes: Buffer.from("content") },
      { type: "file", path: Buffer.from("a.b"), executable: false, size: 0 },
      { type: "symlink", path: Buffer.from("link"), target: Buffer.from("/to") },
    ])
    for (const length of [1, 7, 8, 9]) expect(await rewritten(inPieces(nar, length))).toBe(shownDump(nar))
  })
})

// NARs by hand, word by word: a Buffer stands for itself.
const words = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.flatMap((part) => (typeof part === "string" ? [u64(part.length), padded(part)] : [part])))
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const padded = (text: string) => Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc((8 - (text.length % 8)) % 8)])
const file = (content: string) => words("(", "type", "regular", "contents", content, ")")
const link = (target: string) => words("(", "type", "symlink", "target", target, ")")
const entry = (name: string, node = file("")) => words("entry", "(", "name", name, "node", node, ")")
const dir = (...entries: Buffer[]) => words("(", "type", "directory", ...entries, ")")
const nar = (...parts: (string | Buffer)[]) => words("nix-archive-1", ...parts)
const dirty = (bytes: Buffer, at: number) =>
  bytes.fill(1, at < 0 ? bytes.length + at : at, at < 0 ? bytes.length + at + 1 : at + 1)
const nested = (depth: number): Buffer => Buffer.concat([nar(), ...Array.from({ length: depth }, () => open)])
const open = words("(", "type", "directory", "entry", "(", "name", "n".repeat(255), "node")

test.each([
  ["a file", nar(file("x"))],
  ["a link", nar(link("x".repeat(4095)))],
  ["a directory", nar(dir(entry("a"), entry("a.b"), entry("a0"), entry("\xff")))],
  ["a long name", nar(dir(entry("n".repeat(255))))],
])("what the hostile NARs begin with is accepted: %s", async (_, bytes) => {
  expect(await rewritten(inPieces(bytes))).toBe(shownDump(bytes))
})

describe("what is no NAR is an error", () => {
  test.each<[string, Buffer, RegExp]>([
    ["nothing", Buffer.alloc(0), /^NAR at byte 0: the stream is cut off/],
    ["another magic", words("nix-archive-2", file("")), /"nix-archive-2" where "nix-archive-1" must stand/],
    ["a magic with other padding", dirty(nar(), 23), /where "nix-archive-1" must stand/],
    ["no node", nar(), /^NAR at byte 24: the stream is cut off/],
    ["a NAR in a NAR", nar(nar(file(""))), /must stand/],
    ["bytes after the end", nar(file(""), Buffer.alloc(1)), /bytes after the end/],
    ["two NARs", Buffer.concat([nar(file("")), nar(file(""))]), /bytes after the end/],
    ["unsorted names", nar(dir(entry("b"), entry("a"))), /"a" after "b": not sorted/],
    ["names sorted as git does", nar(dir(entry("a.b"), entry("a", dir()))), /"a" after "a.b": not sorted/],
    ["names sorted as text", nar(dir(entry("\xff"), entry("\xef\xbf\xbf"))), /not sorted/],
    ["a name twice", nar(dir(entry("a"), entry("a", link("/")))), /"a" twice in one directory/],
    ["the name .", nar(dir(entry("."))), /no file name: "\."/],
    ["the name ..", nar(dir(entry(".."))), /no file name: "\.\."/],
    ["an empty name", nar(dir(entry(""))), /no file name: ""/],
    ["a name with a slash", nar(dir(entry("a/b"))), /no file name: "a\/b"/],
    ["a name with a NUL", nar(dir(entry("a\0b"))), /no file name: "a\\u0000b"/],
    ["a name too long", nar(dir(entry("n".repeat(256)))), /a string of 256 bytes where 255 are the most/],
    ["a path too long", nested(100), /a path of \d+ bytes/],
    ["an empty target", nar(link("")), /no symbolic link target: ""/],
    ["a target too long", nar(link("t".repeat(4096))), /a string of 4096 bytes where 4095 are the most/],
    ["a target with a NUL", nar(link("a\0b")), /no symbolic link target: "a\\u0000b"/],
    ["padding after a name", nar(dir(dirty(entry("a"), 57))), /padding that is not zero/],
    ["padding after content", nar(dirty(file("x"), -17)), /padding that is not zero/],
    ["padding after a target", nar(dirty(link("x"), -17)), /padding that is not zero/],
    [
      "padding after a word",
      nar(dirty(words("(", "type", "symlink"), -1), "target", "x", ")"),
      /padding that is not zero/,
    ],
    ["an unknown type", nar("(", "type", "fifo", ")"), /unknown type "fifo"/],
    ["two types", nar("(", "type", "regular", "type", "symlink", "target", "x", ")"), /unknown word "type"/],
    ["no type", nar("(", ")"), /must stand/],
    ["no content", nar("(", "type", "regular", ")"), /unknown word "\)"/],
    ["content twice", nar("(", "type", "regular", "contents", "x", "contents", "y", ")"), /"contents|must stand/],
    [
      "executable twice",
      nar("(", "type", "regular", "executable", "", "executable", "", "contents", "x", ")"),
      /must stand/,
    ],
    ["executable after the content", nar("(", "type", "regular", "contents", "x", "executable", "", ")"), /must stand/],
    ["executable with a value", nar("(", "type", "regular", "executable", "yes", "contents", "x", ")"), /must stand/],
    ["a link without a target", nar("(", "type", "symlink", ")"), /where "target" must stand/],
    ["an unknown word in a directory", nar("(", "type", "directory", "node", ")"), /unknown word "node"/],
    ["an entry without a name", nar(dir(words("entry", "(", "node", file(""), ")"))), /must stand/],
    ["an entry without a node", nar(dir(words("entry", "(", "name", "a", ")"))), /where "node" must stand/],
    ["a node before its name", nar(dir(words("entry", "(", "node", file(""), "name", "a", ")"))), /must stand/],
    [
      "two nodes in an entry",
      nar(dir(words("entry", "(", "name", "a", "node", file(""), "node", file(""), ")"))),
      /must stand/,
    ],
    [
      "an entry that does not end",
      nar(dir(words("entry", "(", "name", "a", "node", file("")))),
      /the stream is cut off/,
    ],
    [
      "a size that no file has",
      nar("(", "type", "regular", "contents", u64(2n ** 63n)),
      /a string of 9223372036854775808 bytes/,
    ],
    ["a size that is not there", nar("(", "type", "regular", "contents", u64(2 ** 40)), /the stream is cut off/],
    [
      "a word that is not there",
      nar("(", "type", u64(2 ** 40)),
      /a string of 1099511627776 bytes where 9 are the most/,
    ],
  ])("%s", async (_, bytes, message) => {
    await expect(eventsOf(bytes)).rejects.toThrow(message)
  })

  const whole = nar(dir(entry("a", dir(entry("x", file("content")), entry("y", link("/to")))), entry("b", file(""))))

  test("a NAR cut anywhere", async () => {
    for (let at = 0; at < whole.length; at++) {
      await expect(eventsOf(whole.subarray(0, at))).rejects.toThrow("the stream is cut off")
    }
  })

  test("any byte changed, unless the tree is then another one with that very NAR", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = Buffer.from(whole)
        changed[at] = (changed[at] ?? 0) ^ bits
        const again = await rewritten(inPieces(changed)).catch(() => shownDump(changed))
        expect(again).toBe(shownDump(changed))
      }),
      { numRuns: 2000 },
    )
  })
})
