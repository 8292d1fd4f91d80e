import { describe, expect, test } from "vitest"
import type { CheckRecord, Subject } from "../ledger.ts"
import type { Role } from "../roles.ts"
import { cellOf } from "./matrix.ts"
import { modelOf } from "./model.ts"
import { asked, check, cold, lanesOf, type Run, subject, warm } from "./testdata/ledgers.ts"

const item = {
  id: "C9",
  title: "t",
  sentence: "s",
  checks: ["C9.1", "C9.2", "C9.3"].map((id) => ({ id, sentence: id })),
}
const all = (other: Partial<CheckRecord> = {}) => [check("C9.1"), check("C9.2"), check("C9.3", other)]
const adversary = (more: Partial<Run> = {}): Run => ({ role: "adversary", ago: 5, checks: all(), ...more })
const builder = (seen: Partial<Subject>, more: Partial<Run> = {}): Run => ({
  role: "builder",
  ago: 9,
  checks: all(),
  start: { cold },
  end: { subject: { ...subject, ...seen } },
  ...more,
})

function cell(role: Role, ...runs: Run[]) {
  return cellOf(modelOf(asked(lanesOf(runs), undefined, { definition: [item] })), item, role)
}

describe("a cell of the matrix", () => {
  test("is as good as the worst check, and counts those that pass", () => {
    const whole = { mark: "pass", passes: 3, checks: 3, warm: false, other: false }
    expect(cell("adversary", adversary())).toEqual(whole)
    expect(cell("adversary", adversary({ checks: all({ verdict: "error" }) }))).toEqual({
      ...whole,
      mark: "error",
      passes: 2,
    })
    expect(cell("builder", adversary())).toBeUndefined()
  })

  test.each([
    ["waits", [{ verdict: "not run", waitsFor: "a clean room" }], "waits"],
    ["was skipped", [{ verdict: "not run" }], "not run"],
    ["is limited", [{ verdict: "limited", limitation: { id: "L-1", verdict: "fail" } }], "limited"],
  ] as [string, Partial<CheckRecord>[], string][])("tells a check that %s from the others", (_, [other], mark) => {
    expect(cell("adversary", adversary({ checks: all(other) }))?.mark).toBe(mark)
  })

  test("is not run where a check of it never was, whatever waits beside it", () => {
    const waits = check("C9.1", { verdict: "not run", waitsFor: "a clean room" })
    expect(cell("adversary", adversary({ checks: [waits] }))?.mark).toBe("not run")
  })

  test("is hollow if one of the runs that it comes from was warm, or was not probed", () => {
    const again = (start: Run["start"]) =>
      cell("adversary", adversary(), adversary({ ago: 4, checks: [check("C9.2")], ...(start ? { start } : {}) }))
    expect(again({})?.warm).toBe(false)
    expect(again({ cold: warm })?.warm).toBe(true)
    expect(again({ cold: { cold: true, because: "I say so" } })?.warm).toBe(true)
  })

  test("is hatched if it looked at another target than the Adversary's newest run", () => {
    expect(cell("builder", adversary(), builder({}))?.other).toBe(false)
    expect(cell("builder", adversary(), builder({ systemPath: "/nix/store/other" }))?.other).toBe(true)
    expect(cell("builder", builder({ systemPath: "/nix/store/other" }))?.other).toBe(false)
  })

  test("is not hatched for another boot, or for what it did not learn", () => {
    expect(cell("builder", adversary(), builder({ bootId: "another" }))?.other).toBe(false)
    expect(cell("builder", adversary(), builder({}, { end: { subject: {} } }))?.other).toBe(false)
  })

  test("of the Adversary is hatched, too, where an older run of it saw another target", () => {
    const older = adversary({ ago: 30, end: { subject: { ...subject, baseRev: "other" } } })
    expect(cell("adversary", older, adversary({ checks: [check("C9.1")] }))?.other).toBe(true)
    expect(cell("adversary", older, adversary())?.other).toBe(false)
  })
})
