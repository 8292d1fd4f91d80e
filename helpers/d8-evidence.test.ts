import { expect, test } from "vitest"
import { d8EvidenceIn } from "./d8-evidence.ts"
import { parseDocument } from "./docs.ts"
import { limitationClaims } from "./limitation-claims.ts"

const hash = "0123456789abcdfghijklmnpqrsvwxyz"
const path = (name: string) => `/nix/store/${hash}-${name}`
const read = (markdown: string) => d8EvidenceIn(parseDocument(markdown, "e.md"), "D8")

test("the evidence names systems and machines where it speaks for itself, in its section", () => {
  const evidence = read(`# E

${path("before")}

## d8

Static half: the closure is byte-identical, \`${path("now-25.05")}\`.

\`\`\`
${path("in-code")}
\`\`\`

> ${path("quoted")}

Dynamic: a rebuild on a fresh VM, 3F2504E0-4F89-41D3-9A0C-0305E82C3301.

### History

${path("old")}

## Other

${path("after")}
`)
  expect(evidence).toMatchObject({
    sections: [5],
    systems: [path("now-25.05"), path("in-code")],
    uuids: ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"],
  })
  expect(evidence.static).toHaveLength(1)
  expect(evidence.dynamic).toHaveLength(1)
})

test.each([
  ["only the static half", "Byte-identical closure.", 1, 0],
  ["only the dynamic half", "A live rebuild.", 0, 1],
  ["a half that is denied", "Byte-identical closure. No live rebuild.", 1, 0],
  ["neither", "It passes.", 0, 0],
])("%s", (_, text, ofStatic, ofDynamic) => {
  const evidence = read(`# D8\n\n${text}`)
  expect([evidence.static.length, evidence.dynamic.length]).toEqual([ofStatic, ofDynamic])
})

test.each<[string, number, number]>([
  ["Known limitation: the throwaway cannot join the tailnet.", 1, 0],
  ["Known limitation of D8: it is bound to the host key.", 1, 1],
  ["There is one accepted limitation of the rebuild. DNS points elsewhere.", 1, 1],
  ["A limitation of the rebuild is the certificate of the operator.", 1, 1],
  ["The clean-room rebuild has no limitation.", 0, 0],
  ["In phase 1 a limitation of the rebuild was accepted.", 0, 0],
  ["Memory is limited to 4 GiB.", 0, 0],
  ["Known limitations: `--squash` does not work here.", 0, 0],
])("%j claims %i limitations, %i for a reason that is none", (text, claimed, blaming) => {
  const claims = limitationClaims([parseDocument(text, "e.md")])
  expect([claims.claimed.length, claims.blaming.length]).toEqual([claimed, blaming])
})
