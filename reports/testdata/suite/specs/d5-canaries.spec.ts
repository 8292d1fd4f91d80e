// Emits secrets to every sink that a spec has, in every form: CANARIES names a file of them, `{ NAME: SECRET }`.

import { readFileSync, writeSync } from "node:fs"
import { expect } from "vitest"
import { recordCommand } from "../../../../helpers/commands.ts"
import { test } from "../../../../helpers/evidence.ts"
import { Secret } from "../../../../helpers/secret.ts"
import { forms } from "../../../redaction/canaries.ts"

const file = process.env.CANARIES
const secrets: Record<string, string> = file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"))
const names = Object.keys(secrets)
for (const name of names) new Secret(name, Buffer.from(secrets[name] ?? ""))
const said = Object.entries(forms).flatMap(([form, write]) =>
  names.map((name) => [`${form} of ${name}`, write(secrets[name] ?? "")] as const),
)
const all = said.map(([what, text]) => `${what}: ${text}`).join("\n")

test("D5.1 it shows them", async ({ evidence, annotate }) => {
  for (const [what, text] of said) evidence(what, text)
  for (const [, text] of said) evidence(text, { [text]: [text], url: `https://x.example/?q=${text}` })
  evidence("a header", { authorization: `Bearer ${Object.values(secrets)[0]}` })
  for (const [, text] of said) {
    const answer = { exit: 0, outputSha256: "0".repeat(64), milliseconds: 1 }
    recordCommand({ where: `ssh ${text}`, argv: ["/bin/echo", text], ...answer })
  }
  await annotate(all, "notice")
  expect(names).not.toContain("nobody")
})
test("D5.2 it prints them", ({ evidence: _ }) => {
  console.log(all)
  console.error("%s", all)
  process.stdout.write(`${all}\n`)
  process.stderr.write(all)
  writeSync(2, `${all}\n`)
  // Half of it now, half of it later.
  for (const name of names) {
    const secret = secrets[name] ?? ""
    process.stdout.write(secret.slice(0, 5))
    process.stdout.write(`${secret.slice(5)}\n`)
  }
  expect(names).not.toContain("nobody")
})
test("D5.3 it throws them", ({ evidence: _ }) => {
  throw Object.assign(new Error(all, { cause: new Error(all) }), { all, stack: `${all}\n    at ${all}` })
})
test("D5.4 it compares them", ({ evidence: _ }) => {
  expect(Object.fromEntries(said), all).toEqual({})
})
test("D5.5 it attaches them", async ({ annotate, evidence: _ }) => {
  await annotate("attached", { body: Buffer.from(all).toString("base64"), contentType: "text/plain" })
  expect(names).not.toContain("nobody")
})
test("D5.6 it waits for them", ({ evidence }) => {
  evidence.waitFor(all)
})
test("D5.7 it leaves them behind", ({ evidence: _ }) => {
  void Promise.reject(new Error(all))
  expect(names).not.toContain("nobody")
})
test(`a title with ${all}`, () => {
  expect(names).not.toContain("nobody")
})
