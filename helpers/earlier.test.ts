import { expect, test } from "vitest"
import { aboutAnother, type Earlier, saidByAdversary, saidOf, settle } from "./earlier.ts"

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

const verified = (verdict: string, unsigned: string[] = []) => ({
  ...earlier(verdict, "2026-01-02T06:00:00Z"),
  role: "adversary",
  unsigned,
})

test("what the Builder says in this run is not said by the Adversary", () => {
  settle("A2.1", { verdict: "pass", observations: {} })
  expect(saidByAdversary(["A2.1"], {}, false, now)).toEqual({ said: [], unknown: ["A2.1"] })
  expect(saidByAdversary(["A2.1"], { "A2.1": verified("fail", ["it is unsigned"]) }, false, now).said).toMatchObject([
    { verdict: "fail", when: "2026-01-02T06:00:00Z", hours: 6, unsigned: ["it is unsigned"] },
  ])
})

test("in the Adversary's own run, what it says now comes before what its ledger says", () => {
  settle("A3.1", { verdict: "pass", observations: {} })
  const known = { "A3.1": verified("fail"), "A3.2": verified("pass") }
  expect(saidByAdversary(["A3.1", "A3.2"], known, true, now).said).toMatchObject([
    { verdict: "pass", when: "this run", unsigned: [] },
    { verdict: "pass", when: "2026-01-02T06:00:00Z" },
  ])
})

test("what was said of another system, or of nobody knows which, is about another", () => {
  const live = { systemPath: "/nix/store/x", bootId: "b" }
  settle("A4.1", { verdict: "pass", observations: {} })
  const { said } = saidOf(["A4.1", "A4.2"], { "A4.2": earlier("pass", "2026-01-02T06:00:00Z") }, now)
  expect(aboutAnother(said, { systemPath: "/nix/store/x" })).toEqual([])
  expect(aboutAnother(said, { systemPath: "/nix/store/y" })).toEqual([
    "A4.2: systemPath /nix/store/x, now /nix/store/y",
  ])
  expect(aboutAnother(said, live)).toEqual(["A4.2: bootId not learned, now b"])
})
