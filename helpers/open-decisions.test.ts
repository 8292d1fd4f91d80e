import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"
import { entriesOf, isSection, pointsOf } from "./open-decisions.ts"

const decisions = [
  { open: "input", any: ["flake input ... submodule"] },
  { open: "sizing", any: ["final ... sizing"] },
]
const points = (markdown: string) =>
  pointsOf(parseDocument(markdown, "plan.md"), "7", decisions).map(({ line, is }) => `${line}: ${is.join()}`)
const entries = (markdown: string) =>
  entriesOf(parseDocument(markdown, "d.md"), markdown, decisions).map(({ is, decided }) => `${is.join()}: ${decided}`)

test.each<[string, string, boolean]>([
  ["4.0 Shape", "4.0", true],
  ["§4.0: shape", "4.0", true],
  ["4.0", "§4.0", true],
  ["4.0.1 Shape", "4.0", false],
  ["4.01", "4.0", false],
  ["14.0", "4.0", false],
  ["7. Open decisions", "7", true],
  ["70 things", "7", false],
])("heading %j is section %s: %s", (heading, section, is) => {
  expect(isSection(heading, section)).toBe(is)
})

describe("the plan's section", () => {
  test("has one point for each item of its lists", () => {
    const plan =
      "# P\n\n## 6. Before\n\n- final sizing\n\n## 7. Open\n\n- Flake input vs\n  git submodule\n- **Final** `x` sizing\n- Something else\n\n## 8. After\n\n- final sizing"
    expect(points(plan)).toEqual(["9: input", "11: sizing", "12: "])
  })

  test("that is not there has none", () => {
    expect(points("# P\n\n- final sizing")).toEqual([])
  })
})

test("an entry decides only where it says so", () => {
  const document =
    "# D\n\n## Flake input or submodule\n\nDecision: an input.\n\n## Final sizing\n\nTo be decided.\n\n## Other\n\nDecision: x."
  expect(entries(document)).toEqual(["input: an input.", "sizing: "])
})
