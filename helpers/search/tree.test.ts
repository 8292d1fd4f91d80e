// Real trees in a temporary directory, real threads.

import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type SearchPlan, searchPlan } from "./engine.ts"
import { Report } from "./report.ts"
import { searchTree } from "./tree.ts"
import { walk } from "./tree-walk.ts"

const token = randomBytes(24).toString("base64url")
const plan = searchPlan([{ secret: "token", form: "raw", bytes: Buffer.from(token) }])
let directory = ""
let trees = 0

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tree-test-"))
  chmodSync(directory, 0o755)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function fresh(): string {
  const root = join(directory, `${++trees}`)
  mkdirSync(root)
  return root
}

/** Places below the root, with what was found there. */
const shown = (report: Report, root: string) =>
  report.findings.map(({ where, form, times }) => `${where.replace(root, "")}: ${form} x${times}`).sort()
const left = (report: Report, root: string) =>
  report.notScanned.map(({ where, reason }) => `${where.replace(root, "")}: ${reason}`).sort()

test("files of any size, and what is packed in them", async () => {
  const root = fresh()
  mkdirSync(join(root, "a/b/c"), { recursive: true })
  writeFileSync(join(root, "empty"), "")
  writeFileSync(join(root, "a/small"), `x${token}`)
  writeFileSync(join(root, "a/b/c/.hidden"), Buffer.concat([Buffer.alloc(3_000_000), Buffer.from(token)]))
  writeFileSync(join(root, "a/b/twice.gz"), gzipSync(`${token} ${token}`))
  writeFileSync(join(root, "border"), Buffer.concat([Buffer.alloc(512 * 1024 - 9), Buffer.from(token)]))
  const report = await searchTree([root], plan, { threads: 2 })
  expect(shown(report, root)).toEqual([
    "/a/b/c/.hidden: raw x1",
    "/a/b/twice.gz!: raw x2",
    "/a/small: raw x1",
    "/border: raw x1",
  ])
  expect(left(report, root)).toEqual([])
  expect(report.files).toBe(5)
  expect(report.bytes).toBe(3_000_000 + 512 * 1024 - 9 + 3 * token.length + 1 + gzipSync(`${token} ${token}`).length)
})

test("many small files, each once, by any number of threads", async () => {
  const root = fresh()
  for (let file = 0; file < 1_000; file++) {
    mkdirSync(join(root, `${file % 17}`), { recursive: true })
    writeFileSync(join(root, `${file % 17}`, `${file}`), file % 10 === 0 ? `${"x".repeat(file)}${token}` : "nothing")
  }
  for (const threads of [1, 3]) {
    const report = await searchTree([root], plan, { threads })
    expect(report.files).toBe(1_000)
    expect(report.findings.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, tens) => tens * 10),
    )
  }
})

test("names, symbolic links' targets and extended attributes, and none of it shows the secret", async () => {
  const root = fresh()
  mkdirSync(join(root, `dir-${token}`))
  writeFileSync(Buffer.concat([Buffer.from(`${root}/\xff\n`, "latin1"), Buffer.from(token)]), "")
  symlinkSync(`/nowhere/${token}`, join(root, "link"))
  symlinkSync(root, join(root, "loop"))
  writeFileSync(join(root, "attributed"), "")
  writeFileSync(join(root, "a\nb\\c=d"), "")
  for (const name of ["attributed", "a\nb\\c=d"])
    execFileSync("setfattr", ["-n", "user.note", "-v", `is ${token}`, join(root, name)])
  const report = await searchTree([root], plan)
  expect(shown(report, root)).toEqual([
    "/[a name that holds token]: raw in a name x2",
    "/a\\x0ab\\x5cc=d: raw in an attribute x1",
    "/attributed: raw in an attribute x1",
    "/link: raw in a link target x1",
  ])
  expect(JSON.stringify(report)).not.toContain(token)
})

test("a file with several names is read once", async () => {
  const root = fresh()
  writeFileSync(join(root, "one"), token)
  linkSync(join(root, "one"), join(root, "two"))
  linkSync(join(root, "one"), join(root, "three"))
  const report = await searchTree([root], plan)
  expect([report.files, report.findings.length]).toEqual([1, 1])
})

test("files with several names in many places are each read once, by any number of threads", async () => {
  const root = fresh()
  for (let directory = 0; directory < 9; directory++) mkdirSync(join(root, `${directory}`))
  for (let file = 0; file < 400; file++) {
    writeFileSync(join(root, "0", `${file}`), `${"x".repeat(file)}${token}`)
    for (let name = 1; name < 9; name += 1 + (file % 3))
      linkSync(join(root, "0", `${file}`), join(root, `${name}`, `${file}`))
  }
  for (const threads of [1, 2, 5]) {
    const report = await searchTree([root], plan, { threads })
    expect(report.files).toBe(400)
    expect(report.findings.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual([...Array(400).keys()])
    expect(report.notScanned).toEqual([])
  }
})

test("large files in one place are each read once, by any number of threads", async () => {
  const root = fresh()
  for (let file = 0; file < 60; file++)
    writeFileSync(join(root, `${file}`), Buffer.concat([Buffer.alloc(3_000_000), Buffer.from(token)]))
  for (const threads of [1, 2, 7]) {
    const report = await searchTree([root], plan, { threads })
    expect([report.files, report.findings.length]).toEqual([60, 60])
    expect(report.bytes).toBe(60 * (3_000_000 + token.length))
  }
})

test("more attributes than a pipe holds", async () => {
  const root = fresh()
  const names = Array.from({ length: 500 }, (_, file) => join(root, `${file}`))
  for (const name of names) writeFileSync(name, "")
  execFileSync("setfattr", ["-n", "user.note", "-v", `${"x".repeat(200)}${token}`, ...names])
  expect((await searchTree([root], plan)).findings).toHaveLength(500)
})

test("searches one after the other and side by side each see their own", async () => {
  const other = randomBytes(24).toString("base64url")
  const [mine, theirs, empty] = [fresh(), fresh(), fresh()]
  for (let file = 0; file < 300; file++) {
    writeFileSync(join(mine, `${file}`), token)
    writeFileSync(join(theirs, `${file}`), other)
  }
  const others = searchPlan([{ secret: "other", form: "raw", bytes: Buffer.from(other) }])
  const seen = async (root: string, plan: SearchPlan) => {
    const { files, findings } = await searchTree([root], plan, { threads: 2 })
    return [files, findings.length]
  }
  for (let turn = 0; turn < 5; turn++) {
    expect(await seen(empty, plan)).toEqual([0, 0])
    expect(await seen(mine, plan)).toEqual([300, 300])
    expect(await seen(mine, others)).toEqual([300, 0])
    const all = [seen(mine, plan), seen(theirs, others), seen(empty, others), seen(theirs, plan)]
    expect(await Promise.all(all)).toEqual([
      [300, 300],
      [300, 300],
      [0, 0],
      [300, 0],
    ])
  }
})

test("a thread that fails is an error, and the next search has another", async () => {
  const root = fresh()
  writeFileSync(join(root, "x"), token)
  const broken = { ...plan, bytes: null as unknown as Uint8Array }
  await expect(searchTree([root], broken, { threads: 2 })).rejects.toThrow("a search thread failed")
  expect((await searchTree([root], plan, { threads: 2 })).findings).toHaveLength(1)
})

test("a large sparse file is read, its holes as zeros", async () => {
  const root = fresh()
  writeFileSync(join(root, "sparse"), "")
  truncateSync(join(root, "sparse"), 600_000_000)
  writeFileSync(join(root, "sparse"), token, { flag: "a" })
  const report = await searchTree([root], plan)
  expect(report.findings.map(({ offset }) => offset)).toEqual([600_000_000])
  expect(report.bytes).toBe(600_000_000 + token.length)
})

test("what is no file is not opened, and hides nothing beside it", async () => {
  const root = fresh()
  execFileSync("mkfifo", [join(root, "fifo")])
  const server = createServer().listen(join(root, "socket"))
  await new Promise((resolve) => server.once("listening", resolve))
  try {
    writeFileSync(join(root, "x"), token)
    const report = await searchTree([root], plan)
    expect([report.files, report.findings.length, report.notScanned.length]).toEqual([1, 1, 0])
  } finally {
    server.close()
  }
})

test("what cannot be read is listed, with what failed", async () => {
  const { findings, notScanned } = await searchTree(["/proc/self/mem"], plan)
  expect(findings).toEqual([])
  expect(notScanned.map(({ reason }) => reason)).toEqual(["cannot be read: read: EIO"])
})

test("a file without a size is read to its end", async () => {
  expect((await searchTree(["/proc/self/status"], plan)).bytes).toBeGreaterThan(100)
})

test("what vanishes while it is looked for is passed over", async () => {
  const root = fresh()
  mkdirSync(join(root, "gone"))
  const exclude = (path: string) => {
    if (path.endsWith("/gone")) rmSync(path, { recursive: true })
    return false
  }
  writeFileSync(join(root, "x"), token)
  const report = await searchTree([root], plan, { exclude })
  expect([report.files, report.findings.length, report.notScanned.length]).toEqual([1, 1, 0])
})

test("a directory that cannot be read is listed", () => {
  const root = fresh()
  mkdirSync(join(root, "closed"), { mode: 0 })
  const report = new Report()
  // Root reads everything.
  if (process.geteuid?.() === 0) process.seteuid?.(65_534)
  try {
    expect([...walk([root], plan, report, new Set(), {})].length).toBe(1)
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0)
  }
  expect(left(report, root)).toEqual(["/closed: directory cannot be read: EACCES"])
})

test("what is excluded is not looked at, neither are its attributes; a mount is listed", async () => {
  const root = fresh()
  mkdirSync(join(root, "mine"))
  writeFileSync(join(root, "mine/file"), token)
  execFileSync("setfattr", ["-n", "user.note", "-v", token, join(root, "mine/file")])
  const report = await searchTree([root], plan, { exclude: (path) => path === join(root, "mine") })
  expect([report.files, report.findings]).toEqual([0, []])
  const mounted = await searchTree(["/dev"], plan, {
    exclude: (path) => path !== "/dev" && !path.startsWith("/dev/shm"),
  })
  expect(mounted.notScanned.map(({ where, reason }) => [where, reason])).toContainEqual([
    "/dev/shm",
    "another file system is mounted here: not gone into",
  ])
})

test("a root that is not there, and no root, are errors", async () => {
  await expect(searchTree([join(directory, "none")], plan)).rejects.toThrow(`cannot search ${directory}/none: ENOENT`)
  await expect(searchTree([], plan)).rejects.toThrow("no tree to search")
})
