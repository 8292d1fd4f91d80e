import { describe, expect, test } from "vitest"
import { decisionsIn } from "./decisions.ts"

const GiB = 2 ** 30
const under = (body: string) => decisionsIn(`# Decisions\n\n## Sizing\n\n${body}\n`, "Sizing")
const decided = (body: string) => under(body).map(({ decided }) => decided)
const sizes = (body: string) => under(body).flatMap(({ sizes }) => sizes)

test("an entry is what its heading records, up to the end of the first sentence", () => {
  const found = under("Context: it had 6 GB.\n\nDecision: keep 4 GiB. The builds fit in 3 GiB.\n\nStatus: final.")
  expect(found).toEqual([{ line: 3, decided: "keep 4 GiB.", sizes: [4 * GiB] }])
})

test.each([
  ["the heading in another letter case", "## sIZING\n\nDecision: x.", ["x."]],
  ["emphasis and code in the heading", "## *Siz*`ing`\n\nDecision: x.", ["x."]],
  ["a heading underlined", "Sizing\n------\n\nDecision: x.", ["x."]],
  ["two entries of one heading", "## Sizing\n\nDecision: x.\n\n# Sizing\n\nDecision: y.", ["x.", "y."]],
  ["sections below it", "## Sizing\n\n### Outcome\n\nDecision: x.", ["x."]],
  ["a section beside it", "## Sizing\n\nOpen.\n\n## Other\n\nDecision: x.", [""]],
  ["a section above it", "### Sizing\n\n# Other\n\nDecision: x.", [""]],
  ["a heading that only contains it", "## Sizing of disks\n\nDecision: x.", []],
  ["its name in a paragraph or in code", "Sizing\n\n```\n## Sizing\n```\n\nDecision: x.", []],
  ["nothing at all", "", []],
])("entries in %s", (_, markdown, expected) => {
  expect(decisionsIn(markdown, "Sizing").map(({ decided }) => decided)).toEqual(expected)
})

describe("what is decided", () => {
  test.each([
    ["is read over broken lines", "Decision: the host\nkeeps 4 GiB. Because.", "the host keeps 4 GiB."],
    ["is read behind other lines of its paragraph", "Date: today\nDecision: x.", "x."],
    ["is read behind a hard break", "Date: today  \nDecision: x.\\\nMore.", "x."],
    ["is read under a bold label", "**Decision:** keep *4* `GiB`.", "keep 4 GiB."],
    ["is read in a list", "- Context: y\n- Decision: x\n- Status: z", "x"],
    ["is read in a quote", "> Decision: x.", "x."],
    ["ends with its paragraph where no stop ends it", "Decision: x\n\nStatus: z.", "x"],
    ["is whole with a stop within a word", "Decision: nix 2.18 on 4.5 GiB!", "nix 2.18 on 4.5 GiB!"],
    ["is the first of several", "Decision: x.\n\nDecision: y.", "x."],
  ])("%s", (_, body, expected) => {
    expect(decided(body)).toEqual([expected])
  })

  test.each([
    ["no decision", "To be decided."],
    ["a decision that is still empty", "Decision:\n\nStatus: 4 GiB is proposed."],
    ["a decision in code", "```\nDecision: 4 GiB.\n```"],
    ["a decision in a comment", "<!-- Decision: 4 GiB. -->"],
    ["a decision in a comment within a paragraph", "Open. <!--\nDecision: 4 GiB.\n-->"],
    ["the word within a sentence", "The Decision: later."],
    ["the word in another letter case", "decision: 4 GiB."],
  ])("is nothing where there is %s", (_, body) => {
    expect(under(body)).toEqual([{ line: 3, decided: "", sizes: [] }])
  })
})

describe("a size", () => {
  test.each([
    ["4 GiB", 4 * GiB],
    ["4GB", 4 * GiB],
    ["4gb", 4 * GiB],
    ["(4 GiB)", 4 * GiB],
    ["4096 MiB", 4 * GiB],
    ["4194304 kB", 4 * GiB],
    ["1 TB", 1024 * GiB],
    ["4.5 GB", 4.5 * GiB],
  ])("written %s is %d bytes", (text, bytes) => {
    expect(sizes(`Decision: it keeps ${text}.`)).toEqual([bytes])
  })

  test("is every one that the sentence names, in its order, and none behind it", () => {
    expect(sizes("Decision: 4 GiB, after 6 GiB, for 512 MB more. Not 8 GiB.")).toEqual([4 * GiB, 6 * GiB, GiB / 2])
  })

  test.each(["4", "4 Gi", "4 GiBs", "four GB", "v4 GB", "x4GB", "12,000 MB", "4 %", "4 GHz", "1.2.3 GB"])(
    "is not %s",
    (text) => {
      expect(sizes(`Decision: it keeps ${text} now.`)).toEqual([])
    },
  )
})
