// The scripts in a real shell, on real files of every kind.

import { chmod, chown, lstat, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { hmac, newNonce } from "./hmac.ts"
import { liveFiles } from "./live-files.ts"
import { type ThisMachine, thisMachine } from "./this-machine.ts"

let directory = ""
let machine: ThisMachine
const nonce = newNonce()
const at = (...names: string[]) => join(directory, ...names)
const look = (...paths: string[]) => liveFiles(machine, "/usr/bin", nonce, paths)
const isRoot = userInfo().uid === 0
const nothing = { real: null, type: null, owner: null, group: null, mode: null, fileSystem: null, hmac: "unreadable" }

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "live-")))
  machine = thisMachine()
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function file(name: string, text = `in ${name}`, mode = 0o400): Promise<string> {
  await writeFile(at(name), text)
  await chmod(at(name), mode)
  return at(name)
}

test("a file is where it lies, who may read it, and the HMAC of its bytes", async () => {
  const path = await file("cert.pem", "a chain", 0o440)
  const [found] = await look(path)
  const { username } = userInfo()
  expect(found).toEqual({
    ...{ path, real: path, type: "regular file", owner: username, group: expect.stringMatching(/^\S+$/), mode: "0440" },
    ...{ fileSystem: expect.stringMatching(/^\S+$/), hmac: hmac(nonce, Buffer.from("a chain")) },
  })
})

test("the file system is the one the file lies on", async () => {
  const [proc, root] = await look("/proc/version", at())
  expect(proc?.fileSystem).toBe("proc")
  expect(root?.fileSystem).not.toBe("proc")
})

test("a mode has four digits, whatever they are", async () => {
  const paths = await Promise.all([0o000, 0o044, 0o644, 0o4755].map((mode) => file(`of ${mode}`, "x", mode)))
  expect((await look(...paths)).map(({ mode }) => mode)).toEqual(["0000", "0044", "0644", "4755"])
})

test.runIf(isRoot)("an owner without a name is no file's of another", async () => {
  const path = await file("owned")
  await chown(path, 54321, 54321)
  expect(await look(path)).toMatchObject([{ owner: "UNKNOWN", group: "UNKNOWN" }])
})

test("an empty file is read; a directory is none that could be", async () => {
  await mkdir(at("directory"))
  expect(await look(await file("empty", ""), at("directory"))).toMatchObject([
    { type: "regular empty file", hmac: hmac(nonce, Buffer.alloc(0)) },
    { type: "directory", real: at("directory"), hmac: "unreadable" },
  ])
})

test("links are followed to where the file really lies", async () => {
  const real = await file("real", "x", 0o444)
  await symlink(real, at("link"))
  await symlink("link", at("second"))
  await mkdir(at("directory"))
  await symlink(at("directory"), at("into"))
  const inside = await file("directory/file")
  const found = await look(at("second"), at("into", "file"), at("directory", "..", "real"))
  expect(found).toMatchObject([
    { path: at("second"), real, type: "regular file", mode: "0444", hmac: hmac(nonce, Buffer.from("x")) },
    { real: inside },
    { real },
  ])
})

describe("there is nothing", () => {
  test.each([
    ["where no file is", "gone"],
    ["where no directory is", "no/such/file"],
    ["below a file", "file/below"],
    ["behind a link to nothing", "dangling"],
    ["behind a link to itself", "loop"],
  ])("%s", async (_, name) => {
    await file("file")
    await symlink(at("nowhere"), at("dangling"))
    await symlink("loop", at("loop"))
    expect(await look(at(name))).toEqual([{ path: at(name), ...nothing }])
  })
})

const odd = [
  "with space",
  "new\nline",
  "ends\n",
  "pi|pe",
  "%s\\n",
  "-rf",
  "*",
  "'quo\"te$(id)",
  "ünïcode",
  "absent",
  "a\rb",
]

test.each(odd)("a file called %j is found under its very name", async (name) => {
  const path = await file(name, `in ${name}`)
  const [found] = await look(path)
  expect(found).toMatchObject({ path, real: path, mode: "0400", hmac: hmac(nonce, Buffer.from(`in ${name}`)) })
})

test("files of odd names do not shift the answers about others", async () => {
  const paths = await Promise.all(odd.map((name) => file(name)))
  await symlink(at("new\nline"), at("link"))
  const asked = [...paths.flatMap((path) => [path, at("gone")]), at("link")]
  const found = await look(...asked)
  expect(found.map(({ path }) => path)).toEqual(asked)
  expect(found.map(({ real }) => real)).toEqual([...paths.flatMap((path) => [path, null]), at("new\nline")])
})

test("however many files there are, it takes two commands, and none to look at none changes that", async () => {
  const path = await file("one")
  expect(await look(...Array.from({ length: 50 }, () => path))).toHaveLength(50)
  expect(machine.ran).toHaveLength(2)
  expect(await look()).toEqual([])
})

test("the nonce and the bytes stand in no command", async () => {
  await look(await file("secret", "hunter2"))
  const words = machine.ran.flat().join("\n")
  expect(words).not.toContain("hunter2")
  expect(words).not.toContain(nonce.toString("hex"))
})

test("looking changes nothing", async () => {
  const path = await file("still")
  const before = await lstat(path)
  await look(path)
  const { mtimeMs, ctimeMs, mode } = await lstat(path)
  expect({ mtimeMs, ctimeMs, mode }).toEqual({ mtimeMs: before.mtimeMs, ctimeMs: before.ctimeMs, mode: before.mode })
})

describe.runIf(isRoot)("to somebody else", () => {
  beforeEach(async () => {
    machine = thisMachine(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    await chmod(directory, 0o755)
  })

  test("a file that may not be read is there, and unreadable", async () => {
    const path = await file("sealed", "x", 0o400)
    expect(await look(path)).toMatchObject([{ real: path, owner: "root", mode: "0400", hmac: "unreadable" }])
  })

  test("a directory that may not be entered is an error: what is in it could not be looked at", async () => {
    await mkdir(at("closed"), 0o700)
    const path = await file("closed/file")
    await expect(look(path)).rejects.toThrow(/exit 3\n.*Permission denied/s)
    await expect(look(at("closed", "gone"))).rejects.toThrow(/exit 3\n.*Permission denied/s)
  })
})
