import { expect, test } from "vitest"
import { grouped } from "./gate-answer.ts"

const defined = new Map(["C1", "C1.1", "C1.2", "C2.1"].map((id) => [id, {}]))

test("what is said of many checks is said once, and no check is lost", () => {
  const reasons = [
    "it is unsigned",
    "C1.1: the adversary never ran it",
    "C2.1: fail in the adversary's run: not so",
    "C1.2: the adversary never ran it",
    "C1 has no checks",
  ]
  expect(grouped(reasons, defined)).toEqual([
    { why: "it is unsigned", ids: [] },
    { why: "the adversary never ran it", ids: ["C1.1", "C1.2"] },
    { why: "fail in the adversary's run: not so", ids: ["C2.1"] },
    { why: "has no checks", ids: ["C1"] },
  ])
})

test("only what the definition has becomes a link", () => {
  expect(grouped(["C9.9: forged", "L-1: it was not used"], defined)).toEqual([
    { why: "C9.9: forged", ids: [] },
    { why: "L-1: it was not used", ids: [] },
  ])
})
