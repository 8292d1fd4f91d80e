import { expect, test } from "vitest"
import { daysLeft, standingOf } from "./limitations.ts"
import { modelOf } from "./model.ts"
import { asked, check, lanesOf, limitation } from "./testdata/ledgers.ts"

test("limitations are in use, not used, expired or withdrawn, with the days they have left", () => {
  const used = check("C4.9", { verdict: "limited", limitation: { id: "L-1", verdict: "fail" } })
  const grants = [
    limitation({ id: "L-0", check: "C6.2", expires: "2026-03-20T07:29:59.000Z" }),
    limitation(),
    limitation({ id: "L-2", check: "C6.2", expires: "2026-03-21T07:00:00.000Z" }),
    limitation({ id: "L-3", check: "C1.1" }),
  ].map((statement) => ({ role: "adversary" as const, statement }))
  const withdrawal = {
    kind: "withdrawal",
    target: "cc-ci",
    limitation: "L-3",
    withdrawn: "2026-03-19T09:00:00.000Z",
    because: "it passes",
  } as const
  const lanes = lanesOf(
    [{ role: "adversary", ago: 4, checks: [used, check("C6.2")] }],
    [...grants, { role: "adversary", statement: withdrawal }],
  )
  expect(standingOf(modelOf(asked(lanes))).map((one) => [one.granted.limitation.id, one.state, daysLeft(one)])).toEqual(
    [
      ["L-1", "in use", "4 days left"],
      ["L-2", "not used", "its last day"],
      ["L-0", "expired", "expired"],
      ["L-3", "withdrawn", "withdrawn"],
    ],
  )
})
