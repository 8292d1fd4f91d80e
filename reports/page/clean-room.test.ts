import { expect, test } from "vitest"
import { cleanRoomOf } from "./clean-room.ts"
import { check, lanesOf } from "./testdata/ledgers.ts"

const step = { step: "booting it", whose: "the machine's", milliseconds: 5 }
const unit = { unit: "a.service", state: "active/exited", milliseconds: null, budgetSeconds: 60 }
const room = (steps: unknown, units: unknown = []) => [
  check("C4.10", { observations: [{ what: "steps", seen: steps }] }),
  check("C4.5", { observations: [{ what: "units", seen: units }] }),
]

test("the newest run that kept the steps of a clean room is shown, whoever ran", () => {
  const lanes = lanesOf([
    { role: "adversary", ago: 40, checks: room([{ ...step, step: "old" }]) },
    { role: "builder", ago: 30, checks: room([step], [unit]) },
    { role: "ci", ago: 5, checks: [check("C4.10", { verdict: "not run", observations: [] })] },
  ])
  expect(cleanRoomOf({ lanes })).toMatchObject({ role: "builder", steps: [step], units: [unit] })
})

test("what has not the form of a step or a unit is left out; another item's steps are none", () => {
  const odd = [null, "x", { ...step, milliseconds: -1 }, { ...step, milliseconds: "5" }, { step: 1 }, step]
  expect(
    cleanRoomOf({ lanes: lanesOf([{ role: "ci", ago: 5, checks: room(odd, [{ unit: {} }, unit]) }]) }),
  ).toMatchObject({
    steps: [step],
    units: [unit],
  })
  const elsewhere = [check("C1.1", { observations: [{ what: "steps", seen: [step] }] })]
  expect(cleanRoomOf({ lanes: lanesOf([{ role: "ci", ago: 5, checks: elsewhere }]) })).toBeUndefined()
  expect(cleanRoomOf({ lanes: lanesOf([{ role: "ci", ago: 5, checks: room({ length: 1 }) }]) })).toBeUndefined()
})
