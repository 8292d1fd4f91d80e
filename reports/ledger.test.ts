import { createHash } from "node:crypto"
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { beforeEach, describe, expect, test } from "vitest"
import { append, checksOf, type End, readLedger, type Start } from "./ledger.ts"

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "ledger-")), "evidence", "lab", "builder.jsonl")
})

const start = (run: string): Start => ({
  kind: "start",
  run,
  target: "lab",
  role: "builder",
  started: "2026-01-02T03:04:05.006Z",
  suite: { commit: "abc", dirty: false, lockfileSha256: "def", node: "v20", vitest: "4" },
  selection: { filters: [], pattern: null, checks: ["C1.1", "C1.2"] },
  cold: { cold: false, because: "not probed" },
})
const end = (run: string): End => ({
  kind: "end",
  run,
  finished: "2026-01-02T03:05:05.006Z",
  interrupted: false,
  exitCode: 0,
  subject: {},
  checks: [{ id: "C1.1", verdict: "pass", why: "", observations: [], commands: [], assertions: 1, milliseconds: 2 }],
  problems: [],
  unhandled: [],
})

async function twoRuns(): Promise<string[]> {
  for (const entry of [start("one"), end("one"), start("two"), end("two")]) await append(file, entry)
  return (await readFile(file, "utf8")).trimEnd().split("\n")
}

describe("the ledger", () => {
  test("chains every line to the bytes of the one before", async () => {
    const lines = await twoRuns()
    const digests = lines.map((line) => createHash("sha256").update(line).digest("hex"))
    const previous = lines.map((line) => (JSON.parse(line) as { previous: string }).previous)
    expect(previous).toEqual(["0".repeat(64), ...digests.slice(0, 3)])
    expect((await readLedger(file)).map((run) => run.end?.run)).toEqual(["one", "two"])
  })

  test("of no run is empty", async () => {
    expect(await readLedger(file)).toEqual([])
  })

  test("reads a start without an end as a run that died, with an error for each check it owed", async () => {
    await append(file, start("one"))
    const [run] = await readLedger(file)
    expect(run && checksOf(run).map(({ id, verdict, why }) => [id, verdict, why])).toEqual([
      ["C1.1", "error", "the run died before it ended, or has not ended yet"],
      ["C1.2", "error", "the run died before it ended, or has not ended yet"],
    ])
  })

  test("puts the run whose line is newest last", async () => {
    for (const entry of [start("long"), start("short"), end("short"), end("long")]) await append(file, entry)
    expect((await readLedger(file)).map((run) => run.start.run)).toEqual(["short", "long"])
  })

  test.each([
    [
      "a changed line",
      (lines: string[]) => lines.with(1, lines[1]?.replace('"pass"', '"fail"') ?? ""),
      ":3: the chain is broken",
    ],
    ["a removed line", (lines: string[]) => lines.toSpliced(1, 1), ":2: the chain is broken"],
    ["a removed first line", (lines: string[]) => lines.slice(1), ":1: the chain is broken"],
    [
      "lines that changed places",
      (lines: string[]) => [...lines.slice(2), ...lines.slice(0, 2)],
      ":1: the chain is broken",
    ],
    ["a line that is not JSON", (lines: string[]) => lines.with(2, "{"), ":3: the chain is broken"],
    [
      "a line with a doubled key",
      (lines: string[]) => lines.with(3, `{"run":"x",${lines[3]?.slice(1)}`),
      ":4: the chain is broken",
    ],
    [
      "a line with spaces",
      (lines: string[]) => lines.with(3, lines[3]?.replace(":", ": ") ?? ""),
      ":4: the chain is broken",
    ],
  ])("refuses %s, names it, and appends nothing", async (_, change, message) => {
    const broken = `${change(await twoRuns()).join("\n")}\n`
    await writeFile(file, broken)
    await expect(readLedger(file)).rejects.toThrow(message)
    await expect(append(file, start("three"))).rejects.toThrow(message)
    expect(await readFile(file, "utf8")).toBe(broken)
  })

  test("refuses a last line that is cut off", async () => {
    const lines = await twoRuns()
    await writeFile(file, lines.join("\n"))
    await expect(readLedger(file)).rejects.toThrow(":4: the last line is cut off")
  })

  test.each([
    ["an end without a start", [end("one")], "never started"],
    ["a second end", [start("one"), end("one"), end("one")], "ends a second time"],
    ["a second start", [start("one"), start("one")], "starts a second time"],
  ])("refuses %s", async (_, entries, message) => {
    const all = async () => {
      for (const entry of entries) await append(file, entry)
    }
    await expect(all()).rejects.toThrow(message)
    expect((await readLedger(file)).length).toBe(entries.length > 1 ? 1 : 0)
  })

  test("refuses evidence that is not plain data, and stays as it was", async () => {
    await append(file, start("one"))
    const load = { ...end("one"), checks: [{ ...(end("one").checks[0] as End["checks"][0]), milliseconds: 0.5 }] }
    await expect(append(file, load)).rejects.toThrow("$.checks[0].milliseconds: 0.5")
    expect((await readLedger(file)).map((run) => run.end)).toEqual([undefined])
  })
})

test("eight processes that write at once lose nothing, in the ledger and in REVIEW.md", async () => {
  const reports = await mkdtemp(join(tmpdir(), "reports-"))
  const script = join(import.meta.dirname, "testdata", "append-many.ts")
  const writers = Array.from({ length: 8 }, (_, name) =>
    execa("node", ["--import", "tsx", script, reports, "10", `w${name}`]),
  )
  await Promise.all(writers)
  const runs = await readLedger(join(reports, "evidence", "small", "builder.jsonl"))
  expect(runs.filter((run) => run.end !== undefined)).toHaveLength(80)
  expect(await readFile(join(reports, "REVIEW.md"), "utf8")).toContain(`\`${runs.at(-1)?.start.run}\``)
  expect((await readdir(reports)).sort()).toEqual(["REVIEW.md", "evidence"])
  expect(await readdir(join(reports, "evidence", "small"))).toEqual(["builder.jsonl"])
})
