// A secrets repo that git made, with files sealed by a program that shares no code with ours.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { identitiesIn } from "./age.ts"
import { git, mirrorAt } from "./git.ts"
import { historyOf } from "./git-history.ts"
import { Secret } from "./secret.ts"
import { sealedHistory } from "./sops-history.ts"

const sample = (name: string) => join(import.meta.dirname, "testdata/sops", name)
const [recovery] = identitiesIn(new Secret("recovery", await readFile(sample("recovery.agekey"))))
const [stranger] = identitiesIn(new Secret("stranger", await readFile(sample("stranger.agekey"))))
const rules = "creation_rules:\n  - path_regex: ^secrets/[^/]+\\.yaml$\n    age: age1x\n"

let directory = ""
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sops-history-"))
  await git(["init", "-q", "-b", "main", directory])
  await put(".sops.yaml", rules)
  await mkdir(join(directory, "secrets"))
  await cp(sample("sealed.yaml"), join(directory, "secrets/one.yaml"))
  await commit()
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, name)), { recursive: true })
  await writeFile(join(directory, name), text)
}
async function commit(): Promise<void> {
  await git(["-C", directory, "add", "-A"])
  await git(["-C", directory, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"])
}
async function look(identity = recovery) {
  if (identity === undefined) throw new Error("no identity")
  const repo = mirrorAt(join(directory, ".git"), "file:///x")
  const { documents, strangers, unsealed } = await sealedHistory(repo, await historyOf(repo), identity)
  const plain = (lines: string[]) => lines.map((line) => line.replace(/ at [0-9a-f]{12}/, ""))
  return { documents: plain(documents), strangers: plain(strangers), unsealed: plain(unsealed) }
}

test("a sealed file that a rule matches is all there is to say", async () => {
  const { documents, strangers } = await look()
  expect(documents).toEqual(["secrets/one.yaml"])
  expect(strangers).toEqual([])
})

test("a plaintext file is a stranger, also when only history has it", async () => {
  await put("notes.txt", "remember\n")
  await commit()
  await rm(join(directory, "notes.txt"))
  await commit()
  expect((await look()).strangers).toEqual(["notes.txt: no sops document"])
})

test("a sealed file beside the rules, or without any, is a stranger", async () => {
  await cp(sample("sealed.yaml"), join(directory, "elsewhere.yaml"))
  await commit()
  expect((await look()).strangers).toEqual(["elsewhere.yaml: no creation rule matches it"])
})

test("each version counts: one without MAC is found behind a good one", async () => {
  await cp(sample("no-mac.yaml"), join(directory, "secrets/one.yaml"))
  await commit()
  await cp(sample("sealed.yaml"), join(directory, "secrets/one.yaml"))
  await commit()
  const { documents, unsealed } = await look()
  expect(documents).toHaveLength(2)
  expect(unsealed.some((line) => /^secrets\/one\.yaml: no MAC/.test(line))).toBe(true)
})

test("a MAC of other values is found, and nothing of them is said", async () => {
  await cp(sample("bad-mac.yaml"), join(directory, "secrets/two.yaml"))
  await commit()
  expect((await look()).unsealed.filter((line) => line.startsWith("secrets/two"))).toContain(
    "secrets/two.yaml: the MAC is not that of its values",
  )
})

test("a file that the key does not open is no finding but an error", async () => {
  await expect(look(stranger)).rejects.toThrow("sealed to")
})
