import { describe, expect, test } from "vitest"
import type { Gate } from "./gate.ts"
import { claimIn, signOffLine, withClaim } from "./status-file.ts"

const head = "a".repeat(64)
const gate = {
  subject: { baseRev: "ba5e", secretsRev: "5ec" },
  limited: ["L-1"],
  shared: ["one machine has to do"],
  runs: [{ start: { started: "T2" } }, { start: { started: "T1" } }],
}
const line = signOffLine("lab", gate as unknown as Gate, { name: "adversary", entries: [], lines: [], runs: [] })
const other = line.replace("ba5e", "07e4")

describe("the claim in STATUS.md", () => {
  test("says what it rests on, and reads back", () => {
    expect(line).toBe(
      "Signed off: C1-C7 and D8 of lab were verified cold by the adversary, T1 to T2, limited by L-1, on the Builder's machine; " +
        `base ba5e, secrets 5ec, ledger entry 0 sha256:${"0".repeat(64)}`,
    )
    expect(claimIn(withClaim("# Status\n", line))).toEqual({
      claimed: true,
      baseRev: "ba5e",
      size: 0,
      head: "0".repeat(64),
    })
  })

  test.each([
    ["at the end of a file without it", "# Status\n\nwords\n", `# Status\n\nwords\n\n## DONE\n\n${line}\n`],
    ["at the end of a file without a last line end", "words", `words\n\n## DONE\n\n${line}\n`],
    ["in an empty file", "", `## DONE\n\n${line}\n`],
    ["in place of the one before", `a\n## DONE\n\n${other}\n\nb\r\n`, `a\n## DONE\n\n${line}\n\nb\r\n`],
    [
      "under a heading without one",
      "## DONE\nwords\n## Next\nSigned off: x\n",
      `## DONE\n\n${line}\nwords\n## Next\nSigned off: x\n`,
    ],
  ])("is put %s, and nothing else is touched", (_, before, after) => {
    expect(withClaim(before, line)).toBe(after)
    expect(withClaim(after, line)).toBe(after)
  })

  test.each([
    ["a heading", "## DONE\n", { claimed: true }],
    ["a heading of another level, or with more words", "# Done at last\n", { claimed: true }],
    ["an underlined heading", "DONE\n----\n", { claimed: true }],
    ["a line that says too little", "## DONE\n\nSigned off: by me\n", { claimed: true }],
    [
      "a whole line",
      `## DONE\n\n${line.replace("0".repeat(64), head)}\n`,
      { claimed: true, baseRev: "ba5e", size: 0, head },
    ],
    ["a heading in a fence", "```\n## DONE\n```\n", { claimed: false }],
    ["words", "not DONE yet\n", { claimed: false }],
  ])("is found in %s", (_, text, claim) => {
    expect(claimIn(text)).toEqual(claim)
  })
})
