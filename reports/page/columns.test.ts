import { describe, expect, test } from "vitest"
import type { Suite } from "../ledger.ts"
import type { Role } from "../roles.ts"
import { columnsOf } from "./columns.ts"
import { check, lanesOf, now, suite } from "./testdata/ledgers.ts"

const run = (role: Role, ago: number, rules: Partial<Suite> = {}) => ({
  role,
  ago,
  checks: [check("C1.1")],
  start: { suite: { ...suite, ...rules } },
})

/** `ci -53`: a run by its hours before now; `gap 2`: so many nights. */
function drawn(...runs: ReturnType<typeof run>[]): string[] {
  return columnsOf(lanesOf(runs), now).map((column) =>
    column.kind === "gap"
      ? `gap ${column.nights}`
      : `${column.run.start.role} ${Math.round((Date.parse(column.run.start.started) - now.getTime()) / 3_600_000)}`,
  )
}

describe("the columns of the heat map", () => {
  test("are the last 30 runs of all roles, by time", () => {
    expect(drawn(run("ci", 5), run("builder", 9), run("adversary", 4), run("ci", 29))).toEqual([
      "ci -29",
      "builder -9",
      "ci -5",
      "adversary -4",
    ])
    const many = drawn(...Array.from({ length: 50 }, (_, index) => run("builder", index + 1)))
    expect([many.length, many[0], many.at(-1)]).toEqual([30, "builder -30", "builder -1"])
  })

  test("have one for each night that did not run, where it would have stood", () => {
    expect(drawn(run("ci", 5), run("ci", 5 + 72), run("builder", 40))).toEqual([
      "ci -77",
      "gap 1",
      "builder -40",
      "gap 1",
      "ci -5",
    ])
  })

  test("allow a night to be late, and not more", () => {
    expect(drawn(run("ci", 5), run("ci", 5 + 25.9))).toEqual(["ci -31", "ci -5"])
    expect(drawn(run("ci", 5), run("ci", 5 + 26.1))).toEqual(["ci -31", "gap 1", "ci -5"])
  })

  test("show that the newest night is missing, too", () => {
    expect(drawn(run("ci", 60), run("adversary", 2))).toEqual(["ci -60", "gap 1", "gap 1", "adversary -2"])
    expect(drawn(run("ci", 47), run("adversary", 2))).toEqual(["ci -47", "gap 1", "adversary -2"])
    expect(drawn(run("ci", 25.9), run("adversary", 2))).toEqual(["ci -26", "adversary -2"])
  })

  test("do not go on for ever: the last of seven stands for the rest", () => {
    const gaps = ["gap 1", "gap 1", "gap 1", "gap 1", "gap 1", "gap 1", "gap 94"]
    expect(drawn(run("ci", 5), run("ci", 5 + 101 * 24))).toEqual(["ci -2429", ...gaps, "ci -5"])
  })

  test("without a run of ci have no gaps: nobody said that there are nights", () => {
    expect(drawn(run("builder", 500), run("adversary", 4))).toEqual(["builder -500", "adversary -4"])
  })

  test("know where the rules changed, and how", () => {
    const changed = columnsOf(
      lanesOf([
        run("ci", 29, { commit: "01d", definitionSha256: "d1" }),
        run("ci", 5, { definitionSha256: "d1" }),
        run("builder", 4),
        run("adversary", 3),
      ]),
      now,
    )
    expect(changed.map((column) => column.kind === "run" && column.rules)).toEqual([
      [],
      [`suite 01d to ${suite.commit.slice(0, 12)}`],
      [`definition d1 to ${suite.definitionSha256?.slice(0, 12)}`],
      [],
    ])
  })
})
