// Against repos that git itself made, cloned as files and, where a credential counts, over HTTP.

import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest"
import { type Command, recordFor } from "./commands.ts"
import { git, type Mirror, mirror, mirrorAt } from "./git.ts"
import { run } from "./run.ts"

let directory = ""
let whole: Mirror
let rev = ""
const at = (...names: string[]) => join(directory, ...names)
const repoAt = (path: string) => ({ url: pathToFileURL(path).href, branch: "main", credential: undefined })
const author = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@b.c",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@b.c",
}
const inSource = async (...args: string[]) =>
  (await git(["-C", at("source"), ...args], { env: author })).stdout.toString().trim()

const bytes = Buffer.from([0, 1, 2, 0xff, 0x0d, 0x0a, 0x0a])
const weird = ["with space.txt", "ünïcode.txt", 'quo"te\\.txt', "-dash", "*.md", ":(top)x", "line\nbreak", "tab\t.txt"]

beforeAll(async () => {
  // Every mirror is removed when the process ends, and there are many here.
  process.setMaxListeners(50)
  directory = await mkdtemp(join(tmpdir(), "git-test-"))
  await git(["init", "--quiet", "--initial-branch=main", at("source")])
  await run("mkdir", ["-p", at("source", "docs")])
  await writeFile(at("source", "docs", "install.md"), "first\n")
  await inSource("add", "--all")
  await inSource("commit", "--quiet", "--message", "first")
  await writeFile(at("source", "docs", "install.md"), bytes)
  await writeFile(at("source", ".gitattributes"), "docs/install.md text eol=crlf export-ignore\n")
  await writeFile(at("source", "README.md"), "read me\n")
  await symlink("docs/install.md", at("source", "link.md"))
  for (const name of weird) await writeFile(at("source", name), `in ${name}`)
  await inSource("-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "add", "--all")
  await inSource("update-index", "--add", "--cacheinfo", `160000,${await inSource("rev-parse", "HEAD")},module`)
  await inSource("commit", "--quiet", "--message", "second")
  await inSource("branch", "other", "HEAD~1")
  await inSource("update-ref", "refs/pull/1/head", "HEAD~1")
  rev = await inSource("rev-parse", "HEAD")
  whole = await mirror(repoAt(at("source")), "test")
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => rm(directory, { recursive: true, force: true }))

describe("a mirror", () => {
  test("has every ref and says where a branch is", async () => {
    expect(await whole.revOf("main")).toBe(rev)
    expect(await whole.revOf("other")).toBe(await inSource("rev-parse", "HEAD~1"))
    const { stdout } = await git(["-C", whole.directory, "for-each-ref", "--format=%(refname)"])
    expect(stdout.toString().trim().split("\n")).toEqual(["refs/heads/main", "refs/heads/other", "refs/pull/1/head"])
  })

  test("has no branch that is not there, whatever else has its name", async () => {
    await expect(whole.revOf("gone")).rejects.toThrow(/rev-parse .*refs\/heads\/gone.*: exit 128/)
    await expect(whole.revOf(rev)).rejects.toThrow("exit 128")
    await expect(whole.revOf("pull/1/head")).rejects.toThrow("exit 128")
  })

  test("lists everything in a commit that is no directory, under its very name", async () => {
    const listed = [".gitattributes", "README.md", "docs/install.md", "link.md", "module", ...weird]
    expect((await whole.filesAt(rev)).toSorted()).toEqual(listed.toSorted())
  })

  test.each(weird)("gives the file %j", async (name) => {
    expect((await whole.fileAt(rev, name))?.toString()).toBe(`in ${name}`)
  })

  test("gives the bytes that were committed, of each commit its own", async () => {
    const stored = await inSource("rev-parse", "HEAD:docs/install.md")
    const given = await whole.fileAt(rev, "docs/install.md")
    const { stdout } = await run("git", ["hash-object", "--no-filters", "--stdin"], { input: given ?? "" })
    expect(stdout.trim()).toBe(stored)
    expect((await whole.fileAt("refs/heads/other", "docs/install.md"))?.toString()).toBe("first\n")
  })

  test.each(["gone.md", "docs", "docs/gone.md", "module", "README.md/x", "*", "read*", "readme.md", "/README.md/x"])(
    "has no file at %s",
    async (path) => {
      const found = await whole.fileAt(rev, path).catch((error: Error) => error.message)
      expect(found === undefined || /outside repository/.test(String(found))).toBe(true)
    },
  )

  test("does not follow a symbolic link", async () => {
    await expect(whole.fileAt(rev, "link.md")).rejects.toThrow(`link.md at ${rev} of ${whole.url} is a symbolic link`)
  })

  test("does not look through a replacement", async () => {
    const [blob, first] = await Promise.all(
      ["HEAD:README.md", "HEAD~1:docs/install.md"].map((o) => inSource("rev-parse", o)),
    )
    await inSource("replace", `${blob}`, `${first}`)
    const replaced = await mirror(repoAt(at("source")), "test")
    await inSource("replace", "--delete", `${blob}`)
    expect((await replaced.fileAt(rev, "README.md"))?.toString()).toBe("read me\n")
  })
})

describe("what cannot be looked at is an error, never a missing file", () => {
  test("an unknown commit, and no repo at all", async () => {
    await expect(whole.fileAt("0".repeat(40), "README.md")).rejects.toThrow(/ls-tree .*: exit 128/)
    await expect(mirrorAt(at("nowhere"), "x").fileAt(rev, "README.md")).rejects.toThrow("exit 128")
    await expect(mirrorAt(at("nowhere"), "x").filesAt(rev)).rejects.toThrow("exit 128")
    await expect(mirror(repoAt(at("nowhere")), "test")).rejects.toThrow(/clone .*nowhere.*: exit 128/)
  })

  test("a repo that has lost a file's bytes, or the listing", async () => {
    for (const object of ["HEAD:README.md", "HEAD^{tree}"]) {
      await rm(at("broken"), { recursive: true, force: true })
      await git(["clone", "--quiet", "--no-local", "--bare", at("source"), at("broken")])
      await unpacked(at("broken"))
      const id = await inSource("rev-parse", object)
      await rm(at("broken", "objects", id.slice(0, 2), id.slice(2)))
      await expect(mirrorAt(at("broken"), "x").fileAt(rev, "README.md")).rejects.toThrow("exit 128")
      await expect(mirror(repoAt(at("broken")), "test")).rejects.toThrow("exit 128")
    }
  })

  test("a repo without its whole history", async () => {
    await git(["clone", "--quiet", "--depth=1", "--bare", pathToFileURL(at("source")).href, at("shallow")])
    const shallow = repoAt(at("shallow"))
    await expect(mirror(shallow, "test")).rejects.toThrow(
      `clone of ${shallow.url} has no whole history: shallow is true`,
    )
  })
})

/** Makes the objects of a bare repo loose, so that one can be taken out. */
async function unpacked(repo: string): Promise<void> {
  for (const name of await readdir(join(repo, "objects", "pack"))) {
    const pack = await readFile(join(repo, "objects", "pack", name))
    await rm(join(repo, "objects", "pack", name))
    if (name.endsWith(".pack")) await git(["-C", repo, "unpack-objects", "-q"], { input: pack })
  }
}

describe("this machine's own git setup", () => {
  test("does not apply: no rewritten URL, no other repo, no hook, no template", async () => {
    const elsewhere = `[url "${pathToFileURL(at("nowhere")).href}"]\n\tinsteadOf = ${pathToFileURL(at("source")).href}\n`
    await run("mkdir", ["-p", at("home", "git")])
    await writeFile(at("home", ".gitconfig"), elsewhere)
    await writeFile(at("home", "git", "config"), elsewhere)
    vi.stubEnv("HOME", at("home"))
    // Without the protection it would fail: this is what plain git makes of it.
    const plain = run("git", ["ls-remote", pathToFileURL(at("source")).href])
    await expect(plain).rejects.toThrow("exit 128")

    vi.stubEnv("XDG_CONFIG_HOME", at("home"))
    vi.stubEnv("GIT_CONFIG_GLOBAL", at("home", ".gitconfig"))
    vi.stubEnv("GIT_CONFIG_SYSTEM", at("home", ".gitconfig"))
    vi.stubEnv("GIT_CONFIG_COUNT", "1")
    vi.stubEnv("GIT_CONFIG_KEY_0", `url.${pathToFileURL(at("nowhere")).href}.insteadOf`)
    vi.stubEnv("GIT_CONFIG_VALUE_0", pathToFileURL(at("source")).href)
    vi.stubEnv("GIT_DIR", at("nowhere"))
    vi.stubEnv("GIT_OBJECT_DIRECTORY", at("nowhere"))
    vi.stubEnv("GIT_TEMPLATE_DIR", at("home"))
    vi.stubEnv("GIT_TRACE", at("trace"))
    const found = await mirror(repoAt(at("source")), "test")
    expect(await found.revOf("main")).toBe(rev)
    await expect(readFile(at("trace"))).rejects.toThrow("ENOENT")
  })
})

describe("a credential", () => {
  const password = "made-up-password-0x5ca1ab1e"
  const header = `Basic ${Buffer.from(`reader:${password}`).toString("base64")}`
  const lines = `username=reader\npassword=${password}\n`
  const servers: Server[] = []
  let seen: { authorization: string | undefined; inArgv: boolean; inEnvironment: boolean }[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function listen(answer: (path: string) => Promise<Buffer | number>): Promise<string> {
    seen = []
    const server = createServer(async (request: IncomingMessage, response) => {
      const { authorization } = request.headers
      seen.push({ authorization, inArgv: await isShown("cmdline"), inEnvironment: await isShown("environ") })
      if (authorization !== header) {
        return void response.writeHead(401, { "www-authenticate": "Basic realm=git" }).end()
      }
      const found = await answer(new URL(request.url ?? "", "http://x").pathname)
      if (typeof found === "number") response.writeHead(found).end()
      else response.end(found)
    }).listen(0, "127.0.0.1")
    servers.push(server)
    await new Promise((ready) => server.once("listening", ready))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo.git`
  }

  /** Whether a process on this machine, beside ours, shows the password in its arguments or environment. */
  async function isShown(where: "cmdline" | "environ"): Promise<boolean> {
    const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    const shown = await Promise.all(processes.map((id) => readFile(`/proc/${id}/${where}`).catch(() => "")))
    return shown.some((text) => text.includes(password))
  }

  /** The source as a repo of plain files, which git can clone over HTTP without a program on the other side. */
  async function files(): Promise<(path: string) => Promise<Buffer | number>> {
    await rm(at("plain"), { recursive: true, force: true })
    await git(["clone", "--quiet", "--bare", at("source"), at("plain")])
    await git(["-C", at("plain"), "update-server-info"])
    return (path) => readFile(at("plain", path.replace("/repo.git/", ""))).catch(() => 404)
  }

  test.each(["file", "env"])("from %s is used, and shown to no process and in no evidence", async (from) => {
    const url = await listen(await files())
    await writeFile(at("it's a credential"), lines, { mode: 0o600 })
    const credential = from === "file" ? { file: at("it's a credential") } : { env: "CC_CI_TEST_CREDENTIAL" }
    if (from === "env") vi.stubEnv("CC_CI_TEST_CREDENTIAL", lines)
    const commands: Command[] = []
    recordFor(commands)
    const found = await mirror({ url, branch: "main", credential }, "test")
    recordFor([])
    expect(await found.revOf("main")).toBe(rev)
    expect(seen.filter(({ authorization }) => authorization === header).length).toBeGreaterThan(3)
    expect(seen.filter(({ inArgv }) => inArgv)).toEqual([])
    expect(seen.some(({ inEnvironment }) => inEnvironment)).toBe(false)
    expect(commands.length).toBeGreaterThan(2)
    expect(JSON.stringify(commands)).not.toContain(password)
    expect(await readdir(join(found.directory, ".."))).toEqual(["repo.git"])
    expect(await readFile(join(found.directory, "config"), "utf8")).not.toContain("credential")
  })

  test("that is wrong is an error that does not quote it, and nobody is asked", async () => {
    const url = await listen(await files())
    await writeFile(at("wrong"), `username=reader\npassword=${password}x\n`, { mode: 0o600 })
    const error = await mirror({ url, branch: "main", credential: { file: at("wrong") } }, "test").catch(
      (e: Error) => e,
    )
    expect(error).toBeInstanceOf(Error)
    expect(String((error as Error).message)).not.toContain(password)
    await expect(mirror({ url, branch: "main", credential: undefined }, "test")).rejects.toThrow(
      "terminal prompts disabled",
    )
    const unset = { url, branch: "main", credential: { env: "CC_CI_TEST_UNSET" } }
    await expect(mirror(unset, "test")).rejects.toThrow("environment variable CC_CI_TEST_UNSET is not set")
  })

  test("is not given to whom the server redirects", async () => {
    const other = await listen(async () => 404)
    const redirecting = createServer((request, response) => {
      response.writeHead(302, { location: `${other}${request.url?.replace("/repo.git", "")}` }).end()
    }).listen(0, "127.0.0.1")
    servers.push(redirecting)
    await new Promise((ready) => redirecting.once("listening", ready))
    await writeFile(at("credential"), lines, { mode: 0o600 })
    const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/repo.git`
    await expect(mirror({ url, branch: "main", credential: { file: at("credential") } }, "test")).rejects.toThrow(
      "exit 128",
    )
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined])
  })
})
