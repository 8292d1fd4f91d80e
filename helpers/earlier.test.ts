import { expect, test } from "vitest"
import { type Earlier, saidOf, settle } from "./earlier.ts"

const now = new Date("2026-01-02T12:00:00Z")
const earlier = (verdict: string, started: string): Earlier => ({
  verdict,
  started,
  role: "ci",
  subject: { systemPath: "/nix/store/x" },
  observations: { cold: { storeWasEmpty: true } },
})

test("an earlier run says what it said, and how long ago", () => {
  const { said, unknown } = saidOf(["A1.1", "A1.2"], { "A1.1": earlier("pass", "2026-01-01T06:00:00Z") }, now)
  expect(said).toMatchObject([
    { id: "A1.1", verdict: "pass", hours: 30, observations: { cold: { storeWasEmpty: true } } },
  ])
  expect(unknown).toEqual(["A1.2"])
})

test("a check that was not run says nothing", () => {
  expect(saidOf(["A1.1"], { "A1.1": earlier("not run", "2026-01-02T06:00:00Z") }, now)).toEqual({
    said: [],
    unknown: ["A1.1"],
  })
})

test("from a check that could not be looked at nothing follows", () => {
  const blind = { "A1.1": earlier("error", "2026-01-02T06:00:00Z") }
  expect(() => saidOf(["A1.1"], blind, now)).toThrow("could not be looked at: A1.1 (2026-01-02T06:00:00Z)")
})

test("this run comes before any earlier one", () => {
  settle("A1.9", { verdict: "fail", observations: {} })
  const { said } = saidOf(["A1.9"], { "A1.9": earlier("pass", "2026-01-02T06:00:00Z") }, now)
  expect(said).toMatchObject([{ verdict: "fail", when: "this run", hours: 0 }])
})
