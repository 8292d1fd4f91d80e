import { expect, test } from "vitest"
import { cut, duration, moment, pretty, shares } from "./pretty.ts"

test("an observation is one fact a line", () => {
  const seen = {
    unit: "proxy",
    tries: 3,
    empty: [],
    none: {},
    gone: null,
    of: { paths: ["/a", "/b"], units: [{ a: 1, b: [2] }] },
  }
  expect(pretty(seen).split("\n")).toEqual([
    "unit: proxy",
    "tries: 3",
    "empty: none",
    "none: nothing",
    "gone: null",
    "of:",
    "  paths:",
    "    - /a",
    "    - /b",
    "  units:",
    "    - a: 1",
    "      b:",
    "        - 2",
  ])
})

test("a string inside cannot look like a fact of its own, and one alone keeps its lines", () => {
  expect(pretty(["a\nverdict: pass"])).toBe("- a\\nverdict: pass")
  expect(pretty("one\ntwo")).toBe("one\ntwo")
})

test("short texts stay whole, and long ones share what is left", () => {
  expect(shares([10, 500, 900], 410)).toEqual([10, 200, 200])
  expect(shares([10, 20], 410)).toEqual([10, 20])
  expect(shares([], 10)).toEqual([])
})

test("what is cut says how much", () => {
  expect(cut("abcdef", 5)).toBe("abcde … 1 more character, in the ledger")
  expect(cut("abcde", 5)).toBe("abcde")
})

test("times and durations as a person says them", () => {
  expect(moment("2026-03-20T07:30:59.123Z")).toBe("2026-03-20 07:30 UTC")
  expect(moment("soon")).toBe("soon")
  expect([999, 1500, 59_990, 60_000, 119_700, 3_600_000, 3_599_900, 7_260_000].map(duration)).toEqual([
    "999 ms",
    "1.5 s",
    "60.0 s",
    "1 min 0 s",
    "2 min 0 s",
    "1 h 0 min",
    "1 h 0 min",
    "2 h 1 min",
  ])
})
