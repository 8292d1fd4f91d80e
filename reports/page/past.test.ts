import { describe, expect, test } from "vitest"
import type { CheckRecord } from "../ledger.ts"
import { changeOf, paceOf, pastsOf } from "./past.ts"
import { check, laneOf, statementsOf } from "./testdata/ledgers.ts"

/** The past of C2.5 after runs that saw it so, oldest first. */
function past(...seen: (Partial<CheckRecord> | "died" | "other")[]) {
  const statements = seen.flatMap((one, index) => {
    const ago = 100 - index
    if (one === "other") return statementsOf({ role: "ci", ago, checks: [check("C1.1")] })
    if (one === "died") return statementsOf({ role: "ci", ago, checks: [check("C2.5")], end: null })
    return statementsOf({ role: "ci", ago, checks: [check("C2.5", one)] })
  })
  const found = pastsOf(laneOf("ci", statements)).get("C2.5")
  if (found === undefined) throw new Error("nobody ever ran C2.5")
  return found
}

const pass = { verdict: "pass" } as const
const fail = { verdict: "fail" } as const
const error = { verdict: "error" } as const
const skipped = { verdict: "not run" } as const
const waits = { verdict: "not run", waitsFor: "a clean room" } as const
const limited = { verdict: "limited", limitation: { id: "L-1", verdict: "fail" } } as const

describe("what became of a check", () => {
  test.each([
    ["seen for the first time", [fail], "new"],
    ["seen for the first time after it was skipped", [skipped, pass], "new"],
    ["the same", [pass, pass], undefined],
    ["red, then green", [fail, pass], "fixed"],
    ["not to be looked at, then green", [error, pass], "fixed"],
    ["green, then red", [pass, fail], "regressed"],
    ["not to be looked at, then red", [error, fail], "regressed"],
    ["green, then not to be looked at", [pass, error], "malfunctioned"],
    ["red, then not to be looked at", [fail, error], "malfunctioned"],
    ["green, skipped, then red: what was not run is no result", [pass, skipped, fail], "regressed"],
    ["green, skipped, then green", [pass, skipped, pass], undefined],
    ["skipped now", [pass, skipped], undefined],
    ["waiting now: what was seen before still stands", [pass, fail, waits], "regressed"],
    ["green, then in a run that died", [pass, "died"], "malfunctioned"],
    ["in a run that died, then green", ["died", pass], "fixed"],
    ["red, then limited: it is as red as before", [fail, limited], undefined],
    ["green, then limited", [pass, limited], "regressed"],
    ["limited, then green", [limited, pass], "fixed"],
    ["red, then in no run of it, then green", [fail, "other", pass], "fixed"],
  ] as const)("%s", (_, seen, change) => {
    expect(changeOf(past(...seen))).toBe(change)
  })
})

describe("the pace of a check", () => {
  const took = (...times: number[]) => past(...times.map((milliseconds) => ({ ...pass, milliseconds })))

  test("is beside the median of the runs before, which the newest is not one of", () => {
    expect(paceOf(took(100, 900, 300, 5000))).toEqual({ median: 300, runs: 3, suspect: false })
    expect(paceOf(took(5))).toEqual({ median: undefined, runs: 0, suspect: false })
  })

  test.each([
    ["a pass in less than a tenth of the time", [200, 200, 19], true],
    ["a pass in a tenth of it", [200, 200, 20], false],
    ["a check that never took long", [100, 100, 1], false],
  ])("%s", (_, times, suspect) => {
    expect(paceOf(took(...times)).suspect).toBe(suspect)
  })

  test("a fail in no time is no suspect, and runs that looked at nothing do not count", () => {
    expect(paceOf(past({ ...pass, milliseconds: 500 }, { ...fail, milliseconds: 1 })).suspect).toBe(false)
    expect(
      paceOf(past({ ...pass, milliseconds: 500 }, { ...error, milliseconds: 1 }, { ...pass, milliseconds: 9 })),
    ).toEqual({
      median: 500,
      runs: 1,
      suspect: true,
    })
  })

  test("forgets what is long ago", () => {
    expect(paceOf(took(...Array(30).fill(9000), ...Array(20).fill(300), 300)).median).toBe(300)
  })
})
