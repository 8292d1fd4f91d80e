import { beforeEach, describe, expect, test } from "vitest"
import { latestVerdicts } from "./latest-verdicts.ts"
import { append, type CheckRecord, type End, type Start } from "./ledger.ts"
import { ledgerFile } from "./review-file.ts"
import { freshOut } from "./testdata/small.ts"

let ledger: string
beforeEach(async () => {
  ledger = ledgerFile(await freshOut(), "lab", "builder")
})

const start = (run: string, minute: string): Start => ({
  kind: "start",
  run,
  target: "lab",
  role: "builder",
  started: `2026-01-02T03:${minute}:05.006Z`,
  suite: { commit: "abc", dirty: false, lockfileSha256: "def", node: "v20", vitest: "4" },
  selection: { filters: [], pattern: null, checks: ["C1.1", "C1.6"] },
  cold: { cold: false, because: "not probed" },
})
const end = (run: string, more: Partial<End>): End => ({
  kind: "end",
  run,
  finished: "2026-01-02T03:50:05.006Z",
  interrupted: false,
  exitCode: 2,
  subject: {},
  checks: [],
  problems: [],
  unhandled: [],
  ...more,
})
const looked = { observations: [], commands: [], assertions: 1, milliseconds: 2 }
const pass: CheckRecord = { id: "C1.1", verdict: "pass", why: "", ...looked }
const fail: CheckRecord = { id: "C1.1", verdict: "fail", why: "not so", ...looked }
const waits: CheckRecord = { id: "C1.6", verdict: "not run", why: "waits for a room", waitsFor: "a room", ...looked }

describe("the latest verdicts", () => {
  test("are those of the newest run that ended, with what a check waits for", async () => {
    const first = [start("one", "01"), end("one", { checks: [fail], problems: ["no spec"] })]
    const second = [start("two", "02"), end("two", { checks: [pass, waits] }), start("died", "03")]
    for (const entry of [...first, ...second]) await append(ledger, entry)
    expect(await latestVerdicts(ledger)).toEqual({
      started: "2026-01-02T03:02:05.006Z",
      exitCode: 2,
      problems: [],
      verdicts: new Map([
        ["C1.1", { verdict: "pass", why: "" }],
        ["C1.6", { verdict: "not run", why: "waits for a room", waitsFor: "a room" }],
      ]),
    })
  })

  test("come with what is wrong with the run, which no verdict shows", async () => {
    await append(ledger, start("one", "01"))
    await append(ledger, end("one", { interrupted: true, checks: [pass], problems: ["no spec"], unhandled: ["oh no"] }))
    expect((await latestVerdicts(ledger))?.problems).toEqual(["interrupted", "no spec", "oh no"])
  })

  test("of a ledger without a run that ended are none", async () => {
    expect(await latestVerdicts(ledger)).toBeUndefined()
    await append(ledger, start("one", "01"))
    expect(await latestVerdicts(ledger)).toBeUndefined()
  })
})
