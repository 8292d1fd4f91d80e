// Secrets that a spec says to every sink, in every form: nothing that the run leaves or shows has them.

import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { leaksIn } from "./leaks/leaks.ts"
import { readLedger } from "./ledger.ts"
import { kinds, seeded } from "./redaction/canaries.ts"
import { freshOut, startWith, verdicts } from "./testdata/small.ts"

const seed = Math.floor(Math.random() * 2 ** 31)
const random = seeded(seed)
const canaries = Object.entries(kinds).map(([name, make]) => ({ name: `canary ${name}`, ...make(random) }))
const secrets = canaries.map(({ name, secret }) => ({ name, bytes: Buffer.from(secret) }))
const root = join(import.meta.dirname, "testdata", "suite")

/** Everything that the run left, by path, and what it showed. */
async function emitted(spec: string) {
  const out = await freshOut()
  const scratch = await mkdtemp(join(tmpdir(), "canaries-"))
  await mkdir(join(scratch, "tmp"))
  const file = join(scratch, "canaries.json")
  await writeFile(file, JSON.stringify(Object.fromEntries(canaries.map(({ name, registered }) => [name, registered]))))
  const before = await filesIn(root)
  const { all: shown } = await startWith({ CANARIES: file, TMPDIR: join(scratch, "tmp") }, out, spec)
  // tsx keeps our own sources there, as it translated them.
  const temporary = (await filesIn(join(scratch, "tmp"))).filter((path) => !/\/tsx-\d+\//.test(path))
  const left = [...(await filesIn(out)), ...temporary]
  const own = (await filesIn(root)).filter((path) => !before.includes(path))
  const written = await Promise.all(
    [...left, ...own].map(async (path) => [path, await readFile(path)] as [string, Uint8Array]),
  )
  const [run] = await readLedger(join(out, "evidence", "small", "builder.jsonl"))
  return { shown, run, written: [...written, ["the terminal", Buffer.from(shown)] as [string, Uint8Array]] }
}

const filesIn = async (directory: string) =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

test("said everywhere, they are nowhere, and each check keeps its verdict", async () => {
  const { run, shown, written } = await emitted("specs/d5")
  expect(written.map(([path]) => path.split("/").at(-1)).sort()).toEqual(["REVIEW.md", "builder.jsonl", "the terminal"])
  expect(leaksIn(written, secrets), `seed ${seed}`).toEqual([])
  expect(verdicts(run?.end ?? never())).toMatchObject({
    "D5.1": "pass",
    "D5.2": "pass",
    "D5.3": "error",
    "D5.4": "fail",
    "D5.6": "not run",
  })
  // They were said: in their place stands what was hidden.
  for (const { name } of canaries) {
    expect(shown).toContain(`[REDACTED:${name}`)
    expect(JSON.stringify(run?.end?.checks)).toContain(`[REDACTED:${name}`)
  }
})

test("said by a worker that dies of it, they are nowhere", async () => {
  const { run, shown, written } = await emitted("specs/d6")
  expect(leaksIn(written, secrets), `seed ${seed}`).toEqual([])
  expect(verdicts(run?.end ?? never())).toEqual({ "D6.1": "error" })
  expect(shown).toContain("fatal: [REDACTED:")
})

function never(): never {
  throw new Error("the run did not end")
}
