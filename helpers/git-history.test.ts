import { mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { git, type Mirror, mirrorAt } from "./git.ts"
import { contentsOf, historyOf, placeOf, treeOf } from "./git-history.ts"

let directory = ""
let repo: Mirror
const author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
const at = async (...args: string[]) => (await git(["-C", directory, ...author, ...args])).stdout.toString().trim()
const commit = async (message: string) => {
  await at("add", "-A")
  await at("commit", "-q", "-m", message)
  return at("rev-parse", "HEAD")
}
const write = (name: string, text: string) => writeFile(join(directory, name), text)

let side = ""
let main = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "git-history-"))
  await git(["init", "-q", "-b", "main", directory])
  await write("kept", "first\n")
  await write("deleted later", "gone\n")
  const first = await commit("one")
  await unlink(join(directory, "deleted later"))
  await write("kept", "second\n")
  await symlink("kept", join(directory, "link"))
  await commit("two")
  await at("checkout", "-q", "-b", "side", first)
  await write("on the side", "side\n")
  side = await commit("aside")
  await at("checkout", "-q", "main")
  await at("merge", "-q", "--no-commit", "side")
  await write("evil", "in neither parent\n")
  main = await commit("merge")
  await at("tag", "-a", "-m", "a blob", "blob", await at("rev-parse", `${main}:kept`))
  repo = mirrorAt(join(directory, ".git"), "file:///x")
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test("every version of every file is there: deleted ones, those of merges, those of other branches", async () => {
  const { commits, versions } = await historyOf(repo)
  const found: string[][] = []
  for await (const [{ path, mode }, bytes] of contentsOf(repo, versions)) found.push([path, mode, bytes.toString()])
  expect(commits).toBe(4)
  expect(found.map((version) => version.join(" ").trimEnd()).sort()).toEqual([
    "deleted later 100644 gone",
    "evil 100644 in neither parent",
    "kept 100644 first",
    "kept 100644 second",
    "link 120000 kept",
    "on the side 100644 side",
  ])
})

test("what the repo does not have is an error", async () => {
  const first = async () => contentsOf(repo, [{ blob: "1".repeat(40) }]).next()
  await expect(first()).rejects.toThrow(`${"1".repeat(40)} missing`)
  expect(await contentsOf(repo, []).next()).toEqual({ done: true, value: undefined })
})

test("a ref that leads to no commit is told apart", async () => {
  const { refs, strange } = await historyOf(repo)
  expect(refs.sort()).toEqual(["refs/heads/main", "refs/heads/side", "refs/tags/blob"])
  expect(strange).toEqual(["refs/tags/blob tag blob"])
})

test("a tree is what one commit has", async () => {
  expect((await treeOf(repo, side)).map(({ path }) => path)).toEqual(["deleted later", "kept", "on the side"])
})

test("a commit is on a branch, elsewhere, or nowhere", async () => {
  expect(await placeOf(repo, side, "main")).toBe("on the branch")
  expect(await placeOf(repo, main, "side")).toBe("elsewhere")
  expect(await placeOf(repo, "1".repeat(40), "main")).toBe("nowhere")
  await expect(placeOf(repo, main, "no-such-branch")).rejects.toThrow("no-such-branch")
})
