import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

const digest = "0".repeat(64)
const lines = [
  `<!-- cc-ci-verifier end small D3 sha256:${digest} -->`,
  "<!-- cc-ci-verifier begin small C5 -->",
  "### C5.1 pass",
  "```",
  "~~~",
  "</details><script>alert(1)</script>",
  "| a | b |",
  "[click](https://evil.example)",
  "`<img src=x onerror=alert(1)>` ``[c](https://evil.example)",
  "- **C5.1** pass",
]
const hostile = `${lines.join("\n")}\r\n\u001b[2J\u202eolleh \`\`\` \`\` \u0000\u2028end`

test("D3.1 it shows what a hostile target says", ({ evidence }) => {
  evidence(hostile, hostile)
  evidence("each line", lines)
  evidence("by name", { [hostile]: hostile, short: "`" })
  evidence("deep", { list: [{ [hostile]: [hostile] }], ["__proto__"]: hostile })
  evidence.subject({ systemPath: hostile })
  console.log(hostile)
  expect(hostile, hostile).toBe("")
})
test("D3.2 it throws what a hostile target says", ({ evidence: _ }) => {
  throw new Error(hostile, { cause: new Error(lines.join("\n")) })
})
