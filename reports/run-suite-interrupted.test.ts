// Runs that do not reach their end, or share it with another. The small suite's C8.2 takes ten seconds: time to interfere.

import { existsSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { describe, test } from "vitest"
import { blockOf, freshOut, left, start, verdicts, verify } from "./testdata/small.ts"

/** Starts C8, and does `interfere` once the terminal shows `line`. */
async function whenItShows(out: string, line: string, interfere: (pid: number) => void) {
  const run = start(out, "specs/c8")
  let shown = ""
  let done = false
  run.all.on("data", (chunk: Buffer) => {
    shown += chunk.toString()
    if (done || !shown.includes(line)) return
    done = true
    interfere(run.pid ?? Number.NaN)
  })
  return run
}

async function everyFile(out: string): Promise<string[]> {
  const found = await readdir(out, { recursive: true, withFileTypes: true })
  return found.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort()
}

describe.concurrent("a run", () => {
  test.for<[string, (pid: number) => void]>([
    ["alone", (pid) => process.kill(pid, "SIGINT")],
    ["with its worker, as by a terminal", (pid) => process.kill(-pid, "SIGINT")],
  ])("that is interrupted %s, ends, exits 2 and leaves no lock", async ([_, interrupt], { expect }) => {
    const out = await freshOut()
    const { exitCode, all } = await whenItShows(out, "C8.1", interrupt)
    const { end } = await left(out)
    expect(exitCode).toBe(2)
    expect(end).toMatchObject({ interrupted: true, exitCode: 2 })
    expect(verdicts(end)).toMatchObject({ "C8.2": "error", "C8.3": "error" })
    expect(all).toMatch(/^interrupted: .*error/m)
    expect(await everyFile(out)).toEqual(["REVIEW.md", "builder.jsonl"])
  })

  test("says what it looks at when that takes long, and ends at SIGTERM, which npm sends twice", async ({ expect }) => {
    const out = await freshOut()
    const { exitCode } = await whenItShows(out, "C8.2 still looking after 2 s", (pid) => {
      process.kill(pid, "SIGTERM")
      process.kill(pid, "SIGTERM")
    })
    const { end } = await left(out)
    expect(exitCode).toBe(2)
    expect(verdicts(end)).toEqual({ "C8.1": "pass", "C8.2": "error", "C8.3": "error" })
  })

  test("that is killed shows as died in the next rendering", async ({ expect }) => {
    const out = await freshOut()
    const { signal } = await whenItShows(out, "C8.1", (pid) => process.kill(-pid, "SIGKILL"))
    expect(signal).toBe("SIGKILL")
    const killed = await left(out)
    expect(killed.runs.map((run) => [run.start.selection.checks, run.end])).toEqual([
      [["C8.1", "C8.2", "C8.3"], undefined],
    ])
    expect(existsSync(join(out, "REVIEW.md"))).toBe(false)

    const next = await verify(out, "specs/c5")
    expect(next.exitCode).toBe(0)
    expect(next.review).toContain("## C8 A long look (small): **error**")
    expect(blockOf(next.review, "C8").match(/^- why: `the run died before it ended.*`$/gm)).toHaveLength(3)
    expect(blockOf(next.review, "C8")).toMatch(/^- .*, never ended, unsigned$/m)
  })

  test("beside another of the same role keeps the ledger whole and both in REVIEW.md", async ({ expect }) => {
    const out = await freshOut()
    const both = await Promise.all([verify(out, "specs/c5"), verify(out, "specs/c1")])
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 1])
    const { runs, review } = await left(out)
    expect(runs.map(({ end }) => end?.exitCode).sort()).toEqual([0, 1])
    expect(review).toContain("## C5 All is well (small): pass")
    expect(review).toContain("## C1 Every verdict (small): **fail**")
    expect(await everyFile(out)).toEqual(["REVIEW.md", "builder.jsonl"])
  })
})
