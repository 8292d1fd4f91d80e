import { describe, expect, test } from "vitest"
import { readSigners } from "./allowed-signers.ts"
import { namespaceOf } from "./roles.ts"
import { makeKeys, signerLine } from "./testdata/signing.ts"

const keys = await makeKeys()
const builder = await keys.publicKey("builder")
const adversary = await keys.publicKey("adversary")
const verdict = `namespaces="${namespaceOf.adversary}"`
const read =
  (...lines: string[]) =>
  () =>
    readSigners(`${lines.join("\n")}\n`, "signers")

describe("the file of allowed signers", () => {
  test("is read, with comments, validity and keys of every kind that signs", () => {
    const rotated = `adversary ${verdict},valid-before="20300101Z" ${builder} old laptop`
    const { lines, roles } = readSigners(`# ours\n\n${signerLine("adversary", adversary)} a comment\n${rotated}\n`, "f")
    expect(lines).toEqual([
      `adversary ${verdict} ${adversary}`,
      `adversary ${verdict},valid-before="20300101Z" ${builder}`,
    ])
    expect([...roles]).toEqual(["adversary"])
  })

  test.each([
    ["a pattern for a principal", `* ${verdict} ${adversary}`, "1: a principal is one of"],
    ["a list of principals", `builder,adversary ${verdict} ${adversary}`, "1: a principal is one of"],
    ["a line without namespaces", `adversary ${adversary}`, "1: no line of a signer"],
    ["options without namespaces", `adversary valid-before="20300101Z" ${adversary}`, "1: adversary signs for exactly"],
    ["a pattern of namespaces", `adversary namespaces="*" ${adversary}`, "1: adversary signs for exactly"],
    ["two namespaces", `adversary namespaces="${namespaceOf.adversary},git" ${adversary}`, "1: adversary signs for"],
    ["namespaces twice", `adversary ${verdict},${verdict} ${adversary}`, "1: adversary signs for exactly"],
    ["another role's namespace", `builder ${verdict} ${builder}`, "1: builder signs for exactly"],
    ["an authority", `adversary cert-authority,${verdict} ${adversary}`, "1: cert-authority is not among"],
    ["a local time", `adversary ${verdict},valid-before="20300101" ${adversary}`, "1: valid-before"],
    ["another type than the key's", `adversary ${verdict} ssh-rsa ${adversary.split(" ")[1]}`, "1: no public key"],
    ["a cut key", `adversary ${verdict} ${adversary.slice(0, -5)}`, "1: no public key"],
    ["no line at all", "# nobody", "names no signer"],
  ])("refuses %s", (_, line, message) => {
    expect(read(line)).toThrow(message)
  })

  test("refuses one key in two roles, and names both lines", () => {
    const lines = [signerLine("builder", builder), signerLine("adversary", builder)]
    expect(read(...lines)).toThrow("signers:2: the key of line 1 again")
  })

  test("names every mistake", () => {
    expect(read(`* ${verdict} ${builder}`, "nonsense")).toThrow(/signers:1: .*\nsigners:2: no line of a signer/)
  })
})
