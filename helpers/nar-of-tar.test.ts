// Against the streams that GNU tar writes of trees on disk, the NARs that nix-store makes of the same trees, and streams
// that no honest tar would write.

import { createHash } from "node:crypto"
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { narsOfTar } from "./nar-of-tar.ts"
import { anyTree, inPieces, nixDump, shownDump, shownNar, writeTree } from "./nar-test-trees.ts"
import { shown, type TreeEvent } from "./nar-writer.ts"
import { run, runBytes } from "./run.ts"
import { readTar } from "./tar.ts"

let store = ""
const storeName = (name: string) => `0123456789abcdfghijklmnpqrsvwxyz-${name}`
const root = storeName("x")

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), "tar-test-"))
})
afterAll(() => rm(store, { recursive: true, force: true }))

async function tarOf(names: string[], ...options: string[]): Promise<Buffer> {
  const all = ["--format=gnu", "--sort=name", "--hard-dereference", ...options, "-C", store, "-cf", "-", "--", ...names]
  return (await runBytes("tar", all)).stdout
}

async function narsIn(chunks: AsyncIterable<Buffer>): Promise<Record<string, string>> {
  const nars: Record<string, string> = {}
  for await (const { name, nar } of narsOfTar(chunks)) nars[name] = shownNar(nar)
  return nars
}

const nixOf = async (name: string) => ({ [name]: shownDump(await nixDump(join(store, name))) })

describe("the NARs in a tar stream are the ones that Nix makes of the store paths", () => {
  test.each([
    ["GNU tar's own format", []],
    ["pax headers", ["--format=posix"]],
  ])("of any tree, in %s", async (_, options) => {
    await fc.assert(
      fc.asyncProperty(anyTree, anyTree, fc.integer({ min: 200, max: 70_000 }), async (one, other, length) => {
        const names = [storeName("z"), storeName("a")]
        await writeTree(Buffer.from(join(store, storeName("z"))), one)
        await writeTree(Buffer.from(join(store, storeName("a"))), other)
        const stream = await tarOf(names, ...options)
        const nars = { ...(await nixOf(storeName("z"))), ...(await nixOf(storeName("a"))) }
        expect(await narsIn(inPieces(stream, length))).toEqual(nars)
        await rm(join(store, storeName("z")), { recursive: true })
        await rm(join(store, storeName("a")), { recursive: true })
      }),
      { numRuns: 15 },
    )
  })

  test("of files that share their bytes, are setuid, or have a time before 1970", async () => {
    await mkdir(join(store, storeName("links")))
    await writeFile(join(store, storeName("links"), "a"), "shared")
    await link(join(store, storeName("links"), "a"), join(store, storeName("links"), "b"))
    await run("chmod", ["4755", join(store, storeName("links"), "b")])
    await run("touch", ["-d", "1960-01-01", join(store, storeName("links"), "b")])
    const names = [storeName("links")]
    expect(await narsIn(inPieces(await tarOf(names)))).toEqual(await nixOf(storeName("links")))
    const linked = (await runBytes("tar", ["--format=gnu", "--sort=name", "-C", store, "-cf", "-", ...names])).stdout
    await expect(narsIn(inPieces(linked))).rejects.toThrow(/links\/b" is of the type "1": no file, directory or symb/)
  })

  test("of a file whose size does not fit in octal digits", async () => {
    const size = 2 ** 33
    const zeros = Buffer.alloc(2 ** 20)
    const header = member({ name: root, size })
    header.set([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0], 124)
    const stream = async function* () {
      yield summed(header)
      for (let left = 3; left > 0; left--) yield zeros
    }
    const seen: TreeEvent[] = []
    const reading = (async () => {
      for await (const _ of narsOfTar(
        stream(),
        tapOf((event) => void seen.push(event)),
      ));
    })()
    await expect(reading).rejects.toThrow("the stream is cut off")
    expect(seen[0]).toMatchObject({ type: "file", size })
  })
})

test("no store path is in an empty archive", async () => {
  expect(await narsIn(inPieces((await runBytes("tar", ["-cf", "-", "-T", "/dev/null"])).stdout))).toEqual({})
})

const tapOf = (event: (event: TreeEvent) => void) => ({ event, attribute: () => {} })

test("every name, target and piece of content is seen in the pass that hashes it", async () => {
  const name = storeName("seen")
  await mkdir(join(store, name, "d"), { recursive: true })
  await writeFile(join(store, name, "d", "f"), Buffer.alloc(70_000, "content"), { mode: 0o755 })
  await symlink("../target", join(store, name, "d", "l"))
  const seen: string[] = []
  const content = createHash("sha256")
  const nars: unknown[] = []
  const stream = inPieces(await tarOf([name]), 10_000)
  for await (const nar of narsOfTar(
    stream,
    tapOf((event) => {
      if (event.type === "content") content.update(event.bytes)
      else seen.push(`${event.type} ${event.path} ${"target" in event ? event.target : ""}`.trim())
    }),
  )) {
    nars.push(nar)
  }
  expect(seen).toEqual([
    ...[`directory ${name}`, `directory ${name}/d`, `file ${name}/d/f`, `symlink ${name}/d/l ../target`],
  ])
  expect(content.digest("hex")).toBe(createHash("sha256").update(Buffer.alloc(70_000, "content")).digest("hex"))
  expect(nars).toHaveLength(1)
})

test("a stream that is given up is closed", async () => {
  const name = storeName("given-up")
  await writeFile(join(store, name), Buffer.alloc(100_000))
  const stream = Readable.from(inPieces(await tarOf([name, name.replace("given-up", "x")].slice(0, 1)), 512))
  const reading = narsOfTar(
    stream as AsyncIterable<Buffer>,
    tapOf(() => {
      throw new Error("enough")
    }),
  )
  await expect(reading.next()).rejects.toThrow("enough")
  expect(stream.destroyed).toBe(true)
})

interface Member {
  name: string
  type?: string
  size?: number
  target?: string
  mode?: string
  content?: string
}

/** A header as GNU tar writes it, with the content that follows. */
function member({ name, type = "0", content = "", size = content.length, target = "", mode = "0000644" }: Member) {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(`${mode}\x000000000\x000000000\0${size.toString(8).padStart(11, "0").slice(-11)}\x0000000000001\0`, 100)
  header.write(type, 156)
  header.write(target, 157)
  header.write("ustar  \0", 257)
  const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  padded.write(content)
  return Buffer.concat([summed(header), padded])
}

function summed(header: Buffer): Buffer {
  header.fill(" ", 148, 156)
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return header
}

/** A member with these bytes somewhere in its header, and a checksum that fits them. */
function altered(bytes: string, at: number, base: Member = { name: `${root}/f` }): Buffer {
  const header = member(base)
  header.write(bytes, at, "latin1")
  return summed(header)
}

const directory = (name: string) => member({ name: `${name}/`, type: "5", mode: "0000755" })
const file = (name: string, content = "x") => member({ name, content })
const long = (type: "L" | "K", text: string) => member({ name: "././@LongLink", type, content: text })
const pax = (...records: string[]) => {
  const lines = records.map((record) => {
    const length = ` ${record}\n`.length
    return `${length + `${length + 2}`.length} ${record}\n`
  })
  return member({ name: "./PaxHeaders/x", type: "x", content: lines.join("") })
}
const zeros = Buffer.alloc(1024)
const deep = "d".repeat(120)

test.each<[string, Buffer[]]>([
  ["a directory with a file", [directory(root), file(`${root}/f`), zeros]],
  ["a file alone", [file(root), zeros]],
  ["a long name", [directory(root), long("L", `${root}/${deep}\0`), file(`${root}/${deep}`.slice(0, 100)), zeros]],
  ["pax times", [pax("path=x", "mtime=1.5").subarray(0, 0), pax("mtime=1.25"), file(root), zeros]],
  ["a pax path, target and size", [directory(root), pax(`path=${root}/p`, "size=3"), file("x", "abc"), zeros]],
])("what the hostile streams begin with is accepted: %s", async (_, stream) => {
  expect(Object.keys(await narsIn(inPieces(Buffer.concat(stream))))).toEqual([root])
})

describe("a stream that no honest tar writes is an error that names the member", () => {
  const dir = directory(root)
  const f = file(`${root}/f`)

  test.each<[string, Buffer[], RegExp]>([
    ["nothing", [], /at its first member: the stream is cut off/],
    ["no end", [dir, f], /member ".*-x\/f": the stream is cut off/],
    ["half an end", [dir, zeros.subarray(0, 512)], /the stream is cut off/],
    ["an end that is cut", [dir, zeros, Buffer.alloc(100)], /the stream is cut off in its last record/],
    ["a member after half an end", [dir, zeros.subarray(0, 512), f], /one block of zeros between members/],
    ["a member after the end", [dir, zeros, f], /bytes after the end of the archive/],
    ["an endless end", [dir, Buffer.alloc(2 ** 21)], /no end after the end/],
    ["content that is cut", [f.subarray(0, 700)], /its directory is not there/],
    ["content that is cut, in its place", [dir, f.subarray(0, 512), Buffer.alloc(100)], /f": the stream is cut off/],
    [
      "a hard link",
      [dir, f, member({ name: `${root}/g`, type: "1", target: `${root}/f` }), zeros],
      /g" is of the type "1"/,
    ],
    ["a device", [dir, member({ name: `${root}/g`, type: "3" }), zeros], /g" is of the type "3"/],
    ["a block device", [dir, member({ name: `${root}/g`, type: "4" }), zeros], /type "4"/],
    ["a fifo", [dir, member({ name: `${root}/g`, type: "6" }), zeros], /type "6"/],
    ["a contiguous file", [dir, member({ name: `${root}/g`, type: "7" }), zeros], /type "7"/],
    ["a sparse file", [dir, member({ name: `${root}/g`, type: "S" }), zeros], /type "S"/],
    ["a directory dump", [dir, member({ name: `${root}/g`, type: "D" }), zeros], /type "D"/],
    ["a volume label", [member({ name: root, type: "V" }), zeros], /type "V"/],
    ["a file of the oldest tar", [member({ name: root, type: "\0" }), zeros], /type "\\u0000"/],
    ["a global pax header", [member({ name: root, type: "g" }), zeros], /type "g"/],
    ["unsorted members", [dir, file(`${root}/g`), f, zeros], /x\/f": "f" after "g": not sorted/],
    ["a name twice", [dir, f, f, zeros], /x\/f": "f" twice in one directory/],
    ["a file and a directory of one name", [dir, f, directory(`${root}/f`), zeros], /"f" twice in one directory/],
    [
      "a directory again",
      [dir, directory(`${root}/d`), file(`${root}/e`), file(`${root}/d/f`), zeros],
      /d\/f": its directory is not there/,
    ],
    ["a store path twice", [dir, f, dir, zeros], /-x": twice in one stream/],
    ["a store path again", [dir, directory(storeName("y")), f, zeros], /f": its directory is not there/],
    ["a member under a file", [dir, f, file(`${root}/f/g`), zeros], /f\/g": its directory is not there/],
    [
      "a member under a link",
      [dir, member({ name: `${root}/l`, type: "2", target: "/" }), file(`${root}/l/g`), zeros],
      /l\/g": its/,
    ],
    ["a member under a root file", [file(root), f, zeros], /its directory is not there/],
    ["a missing directory", [dir, file(`${root}/d/f`), zeros], /d\/f": its directory is not there/],
    ["a missing store path", [f, zeros], /f": its directory is not there/],
    ["..", [dir, file(`${root}/../f`), zeros], /x\/\.\.\/f": no file name: "\.\."/],
    ["a directory ..", [dir, directory(`${root}/..`), zeros], /no file name: "\.\."/],
    [".", [dir, file(`${root}/./f`), zeros], /no file name: "\."/],
    ["a leading ./", [directory(`./${root}`), zeros], /no file name: "\."/],
    ["an absolute path", [directory(`/${root}`), zeros], /no file name: ""/],
    ["no name", [member({ name: "" }), zeros], /no file name: ""/],
    ["only a slash", [member({ name: "/", type: "5" }), zeros], /no file name: ""/],
    ["a double slash", [dir, file(`${root}//f`), zeros], /no file name: ""/],
    ["two slashes at the end", [directory(`${root}/`), zeros], /no file name: ""/],
    ["a slash after a file", [dir, file(`${root}/f/`), zeros], /no file name: ""/],
    [
      "a name too long",
      [dir, long("L", `${root}/${"n".repeat(256)}\0`), file(`${root}/${"n".repeat(66)}`), zeros],
      /longer than 255 bytes/,
    ],
    ["no store path", [directory(".links"), zeros], /"\.links": no store path/],
    ["a store path with another hash alphabet", [directory(root.replace("0", "e")), zeros], /no store path/],
    ["a store path of other bytes", [directory(`${root}\n`), zeros], /no store path/],
    ["a wrong checksum", [directory(root).fill("7", 149, 150), zeros], /wrong checksum/],
    ["no checksum", [member({ name: root }).fill(0, 148, 156), zeros], /no checksum/],
    ["no magic", [altered("\0\0\0\0\0\0\0\0", 257), zeros], /no tar header/],
    ["another magic", [altered("ustar\0 0", 257), zeros], /no tar header/],
    ["fields of an incremental archive", [altered("1", 345), zeros], /unknown fields/],
    ["bytes in the header's end", [altered("1", 511), zeros], /unknown fields/],
    ["a size in letters", [altered("0000000000g\0", 124), zeros], /no size/],
    ["no size", [altered("\0\0\0\0\0\0\0\0\0\0\0\0", 124), zeros], /no size/],
    ["a negative size", [altered("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 124), zeros], /no size/],
    ["a huge size", [altered("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 124), zeros], /too large a size/],
    ["a negative mode", [altered("-000644\0", 100), zeros], /no mode/],
    ["bytes behind a name", [altered("\0evil", root.length + 2), zeros], /bytes behind the end of a name/],
    ["bytes behind a target", [altered("\0evil", 157), zeros], /bytes behind the end of a name/],
    [
      "a file with a target",
      [file(root), member({ name: `${root}`, target: "x" }), zeros],
      /is no link and has a target/,
    ],
    [
      "a directory with content",
      [member({ name: `${root}/`, type: "5", content: "x" }), zeros],
      /is no file and has content/,
    ],
    [
      "a link with content",
      [member({ name: root, type: "2", target: "x", content: "x" }), zeros],
      /is no file and has content/,
    ],
    ["a link to nowhere", [member({ name: root, type: "2" }), zeros], /no symbolic link target: ""/],
    [
      "a target too long",
      [long("K", `${"t".repeat(4096)}\0`), member({ name: root, type: "2", target: "t".repeat(100) }), zeros],
      /no symbolic link target/,
    ],
    ["padding that is not zero", [file(root).fill("!", 700, 701), zeros], /-x": padding that is not zero/],
    ["a long name without a member", [long("L", `${root}\0`), zeros], /a long name without a member/],
    ["two long names", [long("L", `${root}\0`), long("L", `${root}\0`), file(root), zeros], /two names for one member/],
    ["a long name without its NUL", [long("L", deep), file(deep.slice(0, 100)), zeros], /does not end in one NUL/],
    ["a long name with two", [long("L", `${root}\0${deep}\0`), file(root), zeros], /does not end in one NUL/],
    ["an empty long name", [long("L", ""), file(root), zeros], /does not end in one NUL/],
    [
      "an endless long name",
      [member({ name: "././@LongLink", type: "L", size: 2 ** 30 }), zeros],
      /a name of 1073741824 bytes/,
    ],
    ["a long name with padding", [long("L", `${root}/${deep}\0`).fill("!", 1023), zeros], /padding that is not zero/],
    ["a long name that is another", [long("L", `${storeName("y")}\0`), file(root), zeros], /two names for one member/],
    ["a long name that goes on", [long("L", `${root}yz\0`), file(root), zeros], /two names for one member/],
    [
      "a long target that is another",
      [long("K", "/a\0"), member({ name: root, type: "2", target: "/b" }), zeros],
      /two names for/,
    ],
    ["a long target of no link", [long("K", "/a\0"), file(root), zeros], /two names for one member/],
    ["pax and a long name", [long("L", `${root}\0`), pax("mtime=1"), file(root), zeros], /two names for one member/],
    ["a long name and pax", [pax("mtime=1"), long("L", `${root}\0`), file(root), zeros], /two names for one member/],
    ["two pax headers", [pax("mtime=1"), pax("atime=1"), file(root), zeros], /two names for one member/],
    ["a pax key twice", [pax(`path=${root}`, "path=x"), file(root), zeros], /a pax header with a wrong path/],
    ["a pax path with a NUL", [pax(`path=${root}\0x`), file(root), zeros], /a pax header with a wrong path/],
    ["a pax path with ..", [pax("path=../x"), file(root), zeros], /no file name: "\.\."/],
    ["an empty pax path", [pax("path="), file(root), zeros], /no file name: ""/],
    ["a pax size in letters", [pax("size=1e3"), file(root), zeros], /no size: "1e3"/],
    ["a huge pax size", [pax("size=9999999999999999"), file(root), zeros], /no size/],
    ["a sparse file in pax", [pax("GNU.sparse.major=1"), file(root), zeros], /an unknown key: "GNU.sparse.major"/],
    ["pax in another charset", [pax("hdrcharset=BINARY"), file(root), zeros], /an unknown key: "hdrcharset"/],
    ["a pax record too long", [member({ name: "x", type: "x", content: "99 path=a\n" }), zeros], /cannot be read/],
    ["a pax record too short", [member({ name: "x", type: "x", content: "5 path=a\n" }), zeros], /cannot be read/],
    [
      "a pax record without its end",
      [member({ name: "x", type: "x", content: "10 path=ab" }), zeros],
      /cannot be read/,
    ],
    ["a pax record of no length", [member({ name: "x", type: "x", content: "0 path=a\n" }), zeros], /cannot be read/],
    ["no pax record", [member({ name: "x", type: "x", content: "path" }), zeros], /cannot be read/],
    ["a pax header without a member", [pax("mtime=1"), zeros], /a long name without a member/],
  ])("%s", async (_, stream, message) => {
    await expect(narsIn(inPieces(Buffer.concat(stream), 1000))).rejects.toThrow(message)
  })

  test("what the error names can be printed", () => {
    expect(shown(Buffer.from("a\n\x1b[31m"))).toBe('"a\\n\\u001b[31m"')
  })
})

describe("a real stream in which something is changed", () => {
  let stream: Buffer
  let honest = ""
  const name = storeName("real")
  beforeAll(async () => {
    await mkdir(join(store, name, deep), { recursive: true })
    await writeFile(join(store, name, deep, "file"), "content", { mode: 0o755 })
    await writeFile(join(store, name, "a"), "")
    await symlink(`/${deep}`, join(store, name, "link"))
    stream = await tarOf([name])
    honest = JSON.stringify(await narsIn(inPieces(stream)))
    expect(JSON.parse(honest)).toEqual(await nixOf(name))
  })

  test("makes the same NAR in pieces of any size", async () => {
    for (const length of [1, 7, 511, 512, 513]) {
      expect(JSON.stringify(await narsIn(inPieces(stream, length)))).toBe(honest)
    }
  })

  test("never makes the same NAR", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(stream.length - 1), async (at) => {
        const changed = Buffer.from(stream)
        changed[at] = (changed[at] ?? 0) ^ 1
        const nars = await narsIn(inPieces(changed)).catch((error: Error) => error.message)
        expect(JSON.stringify(nars)).not.toBe(honest)
      }),
      { numRuns: 1000 },
    )
  })

  test("is an error wherever it is cut", async () => {
    const members = stream.length - [...stream].reverse().findIndex((byte) => byte !== 0)
    const end = Math.ceil(members / 512) * 512 + 1024
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), async (at) => {
        await expect(narsIn(inPieces(stream.subarray(0, at)))).rejects.toThrow("the stream is cut off")
      }),
      { numRuns: 300 },
    )
  })
})

describe("beside the tree", () => {
  const besides = async (stream: Buffer) => {
    const seen: string[] = []
    const beside = {
      attribute: (path: Buffer, name: string, value: Buffer) =>
        seen.push(`${path} ${name}=${value.toString("latin1")}`),
      special: (path: Buffer, type: string, target: Buffer) => seen.push(`${path} ${type} ${target}`.trim()),
    }
    for await (const event of readTar(inPieces(stream, 333), beside)) {
      if (event.type !== "content") seen.push(`${event.type} ${event.path}`)
    }
    return seen
  }
  const packed = async (...options: string[]) => {
    const all = [
      "--format=pax",
      "--xattrs",
      "--xattrs-include=*",
      "--sort=name",
      ...options,
      "-C",
      store,
      "-cf",
      "-",
      "x",
    ]
    return (await runBytes("tar", all)).stdout
  }

  test("extended attributes, hard links, devices and FIFOs are told to who asks, and are an error to who does not", async () => {
    const at = join(store, "x")
    await mkdir(at)
    await writeFile(join(at, "a"), "bytes")
    await link(join(at, "a"), join(at, "b"))
    await run("mkfifo", [join(at, "c")])
    const set = "import os, sys; os.setxattr(sys.argv[1], 'user.n', bytes([0, 10, 61, 255]))"
    await run("python3", ["-c", set, join(at, "a")])
    const stream = await packed()
    expect(await besides(stream)).toEqual([
      ...["directory x", "x/a user.n=\0\n=\xff", "file x/a", "x/b 1 x/a", "x/c 6"],
    ])
    const unasked = (async () => {
      for await (const _ of readTar(inPieces(stream)));
    })()
    await expect(unasked).rejects.toThrow("a pax header with a wrong SCHILY.xattr.user.n")
    await rm(at, { recursive: true })
  })

  test("a sparse file comes without its holes, under its own name", async () => {
    const at = join(store, "x")
    await mkdir(at)
    await run("truncate", ["-s", "4G", join(at, "sparse")])
    await run("dd", [
      "if=/dev/zero",
      `of=${join(at, "sparse")}`,
      "bs=1",
      "seek=3G",
      "count=1",
      "conv=notrunc",
      "status=none",
    ])
    const stream = await packed("--sparse", "--hole-detection=seek")
    expect(stream.length).toBeLessThan(100_000)
    expect(await besides(stream)).toEqual(["directory x", "file x/sparse"])
    await rm(at, { recursive: true })
  })

  test("a FIFO within a store path is an error, though attributes are asked for", async () => {
    const name = storeName("fifo")
    await mkdir(join(store, name))
    await run("mkfifo", [join(store, name, "f")])
    const reading = (async () => {
      for await (const _ of narsOfTar(
        inPieces(await tarOf([name])),
        tapOf(() => {}),
      ));
    })()
    await expect(reading).rejects.toThrow("no file, directory or symbolic link")
    await rm(join(store, name), { recursive: true })
  })
})
