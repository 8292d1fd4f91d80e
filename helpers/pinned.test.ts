// Against repos that git itself made: a base whose flake.lock pins a commit of the secrets, sealed by testdata/sops.

import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterEach, beforeEach, expect, test } from "vitest"
import { git } from "./git.ts"
import { pinnedBase, pinnedSecrets } from "./pinned.ts"
import { SopsIdentityError, SopsMacError } from "./sops-open.ts"
import type { Target } from "./target.ts"

// Every mirror is removed when the process ends, and there are many here.
process.setMaxListeners(50)

let directory = ""
const at = (...names: string[]) => join(directory, ...names)
const sample = (name: string) => fileURLToPath(new URL(`testdata/sops/${name}`, import.meta.url))
const author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
const inRepo = async (repo: string, ...args: string[]) =>
  (await git(["-C", at(repo), ...author, ...args])).stdout.toString().trim()

async function commit(repo: string): Promise<string> {
  await inRepo(repo, "add", "--all")
  await inRepo(repo, "commit", "--quiet", "--allow-empty", "--message", "a change")
  return inRepo(repo, "rev-parse", "HEAD")
}
async function seal(name: string): Promise<string> {
  await copyFile(sample(name), at("secrets", "hosts", "ci.yaml"))
  return commit("secrets")
}
async function pin(rev: string | undefined, input = "secrets"): Promise<string> {
  const locked = { type: "git", url: "https://git.example/secrets", narHash: "sha256-x", ...(rev ? { rev } : {}) }
  const lock = { version: 7, root: "root", nodes: { root: { inputs: { [input]: "s" } }, s: { locked } } }
  await writeFile(at("base", "flake.lock"), JSON.stringify(lock))
  return commit("base")
}
const target = () => {
  const repo = (name: string) => ({
    url: pathToFileURL(at(name)).href,
    alsoAt: [],
    branch: "main",
    credential: undefined,
  })
  return {
    ...{ repos: { base: repo("base"), secrets: repo("secrets") }, resolve: {}, flake: { input: "secrets" } },
    sops: { file: "hosts/ci.yaml", recoveryKey: { file: at("recovery.agekey") } },
  } as unknown as Target
}
const look = async () => pinnedSecrets(target(), await pinnedBase(target()))

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pinned-"))
  for (const name of ["base", "secrets"]) await git(["init", "--quiet", "--initial-branch=main", at(name)])
  await mkdir(at("secrets", "hosts"))
  await copyFile(sample("recovery.agekey"), at("recovery.agekey"))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test("the base is looked at where its branch is, whatever is checked out", async () => {
  const first = await commit("base")
  await inRepo("base", "checkout", "--quiet", "-b", "other")
  await commit("base")
  const { base, baseRev } = await pinnedBase(target())
  expect(baseRev).toBe(first)
  expect(base.url).toBe(target().repos.base.url)
})

test("the secrets are those of the locked revision, not of the newest", async () => {
  const locked = await seal("sealed.yaml")
  const newest = await seal("mac-only-encrypted.yaml")
  await pin(locked)
  const found = await look()
  expect(newest).not.toBe(locked)
  expect(await found.secrets.revOf("main")).toBe(newest)
  expect(found.locked).toMatchObject({ rev: locked, type: "git", url: "https://git.example/secrets" })
  const opened = async (rev: string) => (await found.secrets.fileAt(rev, "hosts/ci.yaml"))?.toString()
  expect(await opened(locked)).toBe(await readFile(sample("sealed.yaml"), "utf8"))
  const nonce = Buffer.alloc(32, 7)
  const lockedKey = found.sops.dataKey.hmac(nonce)
  await pin(newest)
  const next = await look()
  expect(next.locked.rev).toBe(newest)
  expect(next.sops.dataKey.hmac(nonce)).not.toBe(lockedKey)
  expect(found.sops.leaf("drone/token").reveal().toString()).toBe("made-up-token")
})

test("a lock that is only in the working tree pins nothing", async () => {
  const [locked, newest] = [await seal("sealed.yaml"), await seal("mac-only-encrypted.yaml")]
  await pin(locked)
  await writeFile(at("base", "flake.lock"), (await readFile(at("base", "flake.lock"), "utf8")).replace(locked, newest))
  expect((await look()).locked.rev).toBe(locked)
})

test.each<[string, (rev: string) => Promise<string>]>([
  ["no such input", (rev) => pin(rev, "other")],
  ["an input without a revision", () => pin(undefined)],
  ["no flake.lock", () => commit("base")],
])("with %s nothing is pinned, which is an error", async (_, prepare) => {
  const baseRev = await prepare(await seal("sealed.yaml"))
  const message = `flake.lock at ${baseRev} of ${target().repos.base.url} pins no revision of the input secrets`
  await expect(look()).rejects.toThrow(new Error(message))
})

test("a sops file that is not there at the locked revision is an error, though it is there now", async () => {
  const before = await commit("secrets")
  await seal("sealed.yaml")
  await pin(before)
  const message = `hosts/ci.yaml is not in ${target().repos.secrets.url} at the locked revision ${before}`
  await expect(look()).rejects.toThrow(new Error(message))
})

test("a locked revision that the secrets do not have is an error", async () => {
  await seal("sealed.yaml")
  await pin("0".repeat(40))
  await expect(look()).rejects.toThrow(/ls-tree.* 0{40} .*: exit 128/)
})

test("a recovery key's file with two identities is an error: which one opens would not be known", async () => {
  await pin(await seal("sealed.yaml"))
  await appendFile(at("recovery.agekey"), await readFile(sample("stranger.agekey")))
  await expect(look()).rejects.toThrow(new Error("the recovery key's file holds several identities"))
})

test("a recovery key's file without an identity is an error", async () => {
  await pin(await seal("sealed.yaml"))
  await writeFile(at("recovery.agekey"), "# nothing\n")
  await expect(look()).rejects.toThrow("recovery key: no age identity in it")
})

test("a key that the document is not sealed to, and a document that is not whole, are errors", async () => {
  await pin(await seal("bad-mac.yaml"))
  await expect(look()).rejects.toThrow(SopsMacError)
  await pin(await seal("sealed.yaml"))
  await copyFile(sample("stranger.agekey"), at("recovery.agekey"))
  await expect(look()).rejects.toThrow(SopsIdentityError)
})
