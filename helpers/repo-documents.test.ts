import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { git, type Mirror, mirror } from "./git.ts"
import { documentsAt, documentsNamed, isDocument } from "./repo-documents.ts"

const author = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@b.c",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@b.c",
}
let directory = ""
let repo: Mirror
let rev = ""

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "documents-"))
  const at = (name: string) => join(directory, name)
  await mkdir(at("docs"))
  await writeFile(at("docs/a.md"), "# A\n")
  await writeFile(at("docs/b.TXT"), "b\n")
  await writeFile(at("NOTES"), "n\n")
  await writeFile(at("flake.nix"), "{ }\n")
  await writeFile(at("binary.md"), "a\0b")
  await symlink("docs/a.md", at("link.md"))
  await git(["init", "--quiet", "--initial-branch=main", directory])
  await git(["-C", directory, "add", "--all"])
  await git(["-C", directory, "commit", "--quiet", "--message", "first"], { env: author })
  repo = await mirror({ url: pathToFileURL(directory).href, branch: "main", credential: undefined }, "test")
  rev = await repo.revOf("main")
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test("every document of a commit is read, and what cannot be is told", async () => {
  const { documents, unread, left } = await documentsAt(repo, rev)
  expect(documents.map(({ path }) => path).toSorted()).toEqual(["NOTES", "docs/a.md", "docs/b.TXT"])
  expect({ unread: unread.toSorted(), left }).toEqual({ unread: ["binary.md", "link.md"], left: [] })
})

test("what the target file leaves out is left out, and counted", async () => {
  const { documents, left } = await documentsAt(repo, rev, [{ pattern: "docs/**", reason: "a record" }])
  expect(documents.map(({ path }) => path)).toEqual(["NOTES"])
  expect(left).toEqual(["docs/** (a record): 2"])
})

test("a document that is named and not there is told", async () => {
  const { documents, missing } = await documentsNamed(repo, rev, ["docs/a.md", "docs/gone.md", "docs/a.md"])
  expect([documents.map(({ path }) => path), missing]).toEqual([["docs/a.md"], ["docs/gone.md"]])
})

test.each([
  ["README", true],
  ["docs/AGENTS.md", true],
  ["a/b.rst", true],
  ["Makefile", false],
  ["flake.nix", false],
  ["md", false],
])("%s is a document: %s", (path, is) => {
  expect(isDocument(path)).toBe(is)
})
