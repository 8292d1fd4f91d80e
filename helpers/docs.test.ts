import { describe, expect, test } from "vitest"
import { parseDocument } from "./docs.ts"

const read = (markdown: string) => parseDocument(markdown, "a.md")
const texts = (markdown: string) => read(markdown).passages.map(({ kind, text }) => `${kind}: ${text}`)

describe("a document is read as a reader sees it", () => {
  test("with a line for each character, however it is wrapped", () => {
    const [passage] = read("\n\none two\nthree  *fo\nur* `five six`\n").passages
    expect(passage?.text).toBe("one two three fo ur five six")
    const lineOf = (word: string) => passage?.lines[passage.text.indexOf(word)]
    expect(["one", "three", "ur", "six"].map(lineOf)).toEqual([3, 4, 5, 5])
    expect(passage?.lines).toHaveLength(passage?.text.length ?? 0)
    expect(passage?.spans.map(({ value, start, end }) => [value, passage.text.slice(start, end)])).toEqual([
      ["five six", "five six"],
    ])
  })

  test.each<[string, string, string[]]>([
    ["a comment", "before <!-- hidden\nmore --> after", ["paragraph: before after"]],
    ["a comment of its own", "<!--\nhidden\n-->", []],
    ["a comment that never ends", "<!-- hidden\n\nstill hidden", []],
    ["what is struck out", "it is ~~gone~~ here", ["paragraph: it is here"]],
    ["tags", "<p>shown <b>as</b> text</p>", ["html: shown as text "]],
    ["a picture", "![what it shows](x.png)", ["paragraph: what it shows"]],
    ["a reference's address", "[shown][ref]\n\n[ref]: https://hidden.example", ["paragraph: shown"]],
    ["entities", "in&shy;feasible &amp; by&nbsp;design", ["paragraph: in\u00ADfeasible & by design"]],
    ["escapes", "infeasible\\\nby design", ["paragraph: infeasible by design"]],
    ["a heading underlined", "Old\n===\n\ntext", ["heading: Old", "paragraph: text"]],
    ["a list in a list", "- one\n  - two\n\n    three", ["paragraph: one", "paragraph: two", "paragraph: three"]],
    ["a footnote", "said[^1]\n\n[^1]: and noted", ["paragraph: said", "paragraph: and noted"]],
    ["a task", "- [x] done", ["paragraph: done"]],
    ["a table", "| a | b |\n| - | - |\n| c | d |", ["row: a | b", "row: c | d"]],
    ["a table without bars at its ends", "a | b\n-|-\nc | d", ["row: a | b", "row: c | d"]],
    ["front matter", "---\ntitle: x\n---\ntext", ["front matter: title: x", "paragraph: text"]],
    ["code by lines, a continued one as one", "```sh\na \\\n  b\nc\n```", ["code: a b", "code: c"]],
    ["indented code", "    a\n    b", ["code: a", "code: b"]],
    ["windows line ends", "one\r\ntwo\r\n", ["paragraph: one two"]],
  ])("%s", (_, markdown, expected) => {
    expect(texts(markdown)).toEqual(expected)
  })

  test("the lines of code are those of the document", () => {
    const { passages, code } = read("# t\n\n```sh operator\nfirst\nsecond\n```\n\n    third\n")
    expect(passages.filter(({ kind }) => kind === "code").map(({ lines }) => lines[0])).toEqual([4, 5, 8])
    expect(code).toEqual([
      { value: "first\nsecond", info: "sh operator", line: 4 },
      { value: "third", info: "", line: 8 },
    ])
  })

  test("passages know the headings they stand under, and quotes are told apart", () => {
    const { passages } = read("# A\n\n## B\n\n> said\n\n# C\n\nown\n")
    const seen = passages.map(({ text, under, quoted }) => [text, under.map((one) => one.text).join("/"), quoted])
    expect(seen).toEqual([
      ["A", "A", false],
      ["B", "A/B", false],
      ["said", "A/B", true],
      ["C", "C", false],
      ["own", "C", false],
    ])
  })
})

describe("what is marked as history", () => {
  const past = (markdown: string) =>
    read(markdown)
      .passages.filter(({ history }) => history !== undefined)
      .map(({ text }) => text)

  test.each<[string, string, string[]]>([
    [
      "a section",
      "# A\n\nnow\n\n## History\n\nthen\n\n### More\n\nthen too\n\n## Now\n\nagain",
      ["History", "then", "More", "then too"],
    ],
    [
      "by a note under its heading",
      "# A\n\n## B\n\n*Historical record only.*\n\nthen\n\n## C\n\nnow",
      ["Historical record only.", "then"],
    ],
    [
      "by a quoted note",
      "# A\n\n> This section is kept for the record.\n\nthen",
      ["This section is kept for the record.", "then"],
    ],
    [
      "a whole document by a note before anything",
      "This document is superseded by plan.md.\n\n# A\n\nthen",
      ["This document is superseded by plan.md.", "A", "then"],
    ],
    ["a whole document by its front matter", "---\nstatus: superseded\n---\n\nthen", ["status: superseded", "then"]],
    ["a column of a table", "| before | now |\n| - | - |\n| then | today |", ["before", "then"]],
    ["nothing, by a note further down", "# A\n\nnow\n\nThis section is historical.", []],
    ["nothing, by a note that is an essay", `# A\n\nHistorical ${"word ".repeat(60)}\n\nnow`, []],
    ["nothing, by the word alone", "# A\n\nHistory matters to us here.\n\nnow", []],
    ["nothing, by a heading in code", "```\n# History\n```\n\nnow", []],
    ["nothing, by front matter of another kind", "---\nstatus: current\n---\n\nnow", []],
  ])("%s", (_, markdown, expected) => {
    expect(past(markdown)).toEqual(expected)
  })
})
