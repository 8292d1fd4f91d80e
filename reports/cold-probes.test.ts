// Real clones, lockfiles and environments; each thing that makes a run warm turns exactly its probe.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { afterEach, beforeEach, expect, test } from "vitest"
import { allowancesOf, warmth } from "./cold.ts"
import { type Around, newestOf, probeCold, whereabouts } from "./cold-probes.ts"
import type { RunRecord, Start } from "./ledger.ts"
import { repoWith } from "./testdata/signing.ts"

const temporary = process.env.TMPDIR
const lock = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/b": { version: "2.0.0", optional: true },
  },
}
const installed = { packages: { "node_modules/a": lock.packages["node_modules/a"] } }
let root: string
let around: Around

beforeEach(async () => {
  const { url } = await repoWith({ "package-lock.json": JSON.stringify(lock), ".gitignore": "node_modules\n" })
  root = join(await mkdtemp(join(tmpdir(), "cold-")), "suite")
  await execa("git", ["clone", "-q", url, root])
  await mkdir(join(root, "node_modules"))
  await put("node_modules/.package-lock.json", JSON.stringify(installed))
  process.env.TMPDIR = await mkdtemp(join(tmpdir(), "empty-"))
  around = {
    root,
    warm: false,
    env: { PATH: "/bin", TOKEN: "x" },
    credentials: ["TOKEN"],
    builder: undefined,
    by: { bootId: "b", user: "u" },
  }
})
afterEach(() => {
  if (temporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporary
})

const put = (name: string, text: string) => writeFile(join(root, name), text)
const ran = (bootId: string, user: string) => ({ start: { by: { bootId, user } } as Start }) as RunRecord
const reasons = async (more: Partial<Around> = {}) => {
  const cold = await probeCold({ ...around, ...more })
  expect(cold.cold).toBe(warmth(cold).length === 0)
  return warmth(cold)
}

test("an own clone, locked dependencies and nothing left over are cold", async () => {
  expect(await probeCold(around)).toMatchObject({ cold: true, because: "every probe says so" })
  expect(await reasons({ builder: ran("other", "other") })).toEqual([])
})

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    "a changed file",
    () => put("package-lock.json", `${JSON.stringify(lock)}\n`),
    /^the suite's tree: M package-lock\.json \(wanted: clean\)$/,
  ],
  ["a new file", () => put("specs.ts", ""), /^the suite's tree: \?\? specs\.ts/],
  ["a commit of one's own", () => commit("x"), /^the suite's clone: at a commit that no remote branch has/],
  [
    "another version of a package",
    () =>
      put(
        "node_modules/.package-lock.json",
        JSON.stringify({ packages: { "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } } }),
      ),
    /^the suite's dependencies: node_modules\/a \(wanted: as locked\)$/,
  ],
  [
    "other bytes of a package",
    () =>
      put(
        "node_modules/.package-lock.json",
        JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } } }),
      ),
    /^the suite's dependencies: node_modules\/a/,
  ],
  [
    "a package that is not locked",
    () =>
      put(
        "node_modules/.package-lock.json",
        JSON.stringify({ packages: { ...installed.packages, "node_modules/c": {} } }),
      ),
    /^the suite's dependencies: node_modules\/c/,
  ],
  [
    "no installation",
    () => rm(join(root, "node_modules"), { recursive: true }),
    /^the suite's dependencies: not installed by npm ci/,
  ],
  [
    "another run's leftovers",
    () => mkdir(join(tmpdir(), "cc-ci-verifier-run-1")),
    /^leftovers of other runs: cc-ci-verifier-run-1 \(wanted: none\)$/,
  ],
])("%s makes it warm", async (_, change, reason) => {
  await change()
  expect(await reasons()).toEqual([expect.stringMatching(reason)])
})

test("objects borrowed from the Builder's clone, and a work tree of it, make it warm", async () => {
  const borrowed = `${root}-borrowed`
  await execa("git", ["clone", "-q", "--shared", root, borrowed])
  expect((await reasons({ root: borrowed }))[0]).toBe(
    "the suite's clone: borrows objects from another repo (wanted: its own, from a remote)",
  )
  const tree = `${root}-tree`
  await execa("git", ["-C", root, "worktree", "add", "-q", tree])
  expect((await reasons({ root: tree }))[0]).toContain("a work tree of somebody's repo")
})

test("--warm, a variable that nobody allowed, and the Builder's boot and user make it warm", async () => {
  const env = { ...around.env, NODE_OPTIONS: "--require=x", LD_PRELOAD: "x" }
  expect(await reasons({ warm: true, env, builder: ran("b", "u") })).toEqual([
    "what earlier runs searched: relied on (wanted: not relied on)",
    "environment: LD_PRELOAD, NODE_OPTIONS (wanted: only allowed names)",
    "boot: the same (wanted: another than the Builder's last run had)",
    "user and machine: the same (wanted: another than the Builder's last run had)",
  ])
})

test("a machine that the target file declares to be shared is no reason, and is shown", async () => {
  const cold = await probeCold({ ...around, builder: ran("b", "other"), sharedMachine: "the lab is one machine" })
  expect(cold.cold).toBe(true)
  expect(cold.because).toBe(
    "every probe says so; on the Builder's machine, as the target file allows: the lab is one machine",
  )
  expect(allowancesOf(cold)).toEqual(["the lab is one machine"])
  expect(cold.probes?.find(({ what }) => what === "boot")?.got).toBe(
    "the same, as the target file allows: the lab is one machine",
  )
})

test("who runs it is told apart by boot and by user, without naming the machine", async () => {
  const by = await whereabouts()
  expect(by).toEqual({
    bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    user: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(newestOf([ran("1", "u"), ran("2", "u"), { start: {} as Start }])?.start.by?.bootId).toBe("2")
})

async function commit(name: string) {
  await put(name, "")
  await execa("git", ["add", "-A"], { cwd: root })
  await execa("git", ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"], { cwd: root })
}
