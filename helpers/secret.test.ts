import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { format, inspect } from "node:util"
import { expect, test } from "vitest"
import { hmac } from "./hmac.ts"
import { run } from "./run.ts"
import { Secret } from "./secret.ts"

const text = "hunter2-made-up"
const bytes = Buffer.from(text)
const secret = new Secret("drone token", bytes)

/** The text in every form a printer could give bytes. */
const forms = [
  text,
  bytes.toString("hex"),
  bytes.toString("base64"),
  bytes.join(","),
  bytes.join(", "),
  inspect(bytes).slice(8, 40),
]
const shownIn = (printed: string) => forms.filter((form) => printed.includes(form))

test("a secret prints as its name wherever it is put", () => {
  const prints = {
    json: JSON.stringify({ secret, list: [secret] }),
    template: `${secret}`,
    concatenation: `value ${String(secret)}`,
    inspect: inspect({ secret }, { depth: 9, showHidden: true, getters: true }),
    format: format("%s %o %j", secret, secret, secret),
    entries: JSON.stringify(Object.entries(secret)),
    clone: inspect(structuredClone({ ...secret }), { showHidden: true }),
    wholeClone: JSON.stringify(structuredClone(secret)),
    cause: inspect(new Error("no answer", { cause: secret }), { showHidden: true }),
    names: Object.getOwnPropertyNames(secret).join(),
  }
  for (const [where, printed] of Object.entries(prints)) expect(shownIn(printed), where).toEqual([])
  expect(prints.json).toBe('{"secret":"[secret drone token]","list":["[secret drone token]"]}')
  expect(prints.template).toBe("[secret drone token]")
  expect(prints.inspect).toBe("{ secret: [secret drone token] }")
})

test("the forms searched for do find bytes that are shown", () => {
  expect(shownIn(`${bytes}`)).toEqual([text])
  expect(shownIn(inspect(bytes))).toHaveLength(1)
  expect(shownIn(JSON.stringify(bytes))).toHaveLength(1)
})

test("what vitest prints of a failed comparison shows nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "secret-"))
  await writeFile(
    join(folder, "leak.test.ts"),
    `import { Secret } from ${JSON.stringify(join(import.meta.dirname, "secret.ts"))}
     const secret = new Secret("drone token", Buffer.from([${bytes.join()}]))
     const other = new Secret("drone token", Buffer.from("something else"))
     test("toEqual", () => { expect({ secret }).toEqual({ secret: other }) })
     test("toBe", () => { expect(secret).toBe("x") })
     test("toMatchObject", () => { expect([secret]).toMatchObject([{ length: 3 }]) })
     test("thrown", () => { throw Object.assign(new Error("x", { cause: secret }), { secret }) })`,
  )
  const vitest = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs")
  const args = [
    vitest,
    "run",
    "--globals",
    "--root",
    folder,
    "--reporter=verbose",
    "--reporter=json",
    "--reporter=junit",
  ]
  const { stdout, stderr } = await run(process.execPath, args, { answers: [1], cwd: folder })
  await rm(folder, { recursive: true })
  const json = /\{"numTotalTestSuites.*\}/.exec(stdout)?.[0] ?? "{}"
  expect(JSON.parse(json).numFailedTests, "failed tests").toBe(4)
  expect(stdout + stderr).toContain("[secret drone token]")
  expect(shownIn(stdout + stderr)).toEqual([])
})

test("two secrets are equal when their bytes are, and differ when they differ", () => {
  expect(new Secret("a", Buffer.from("one"))).toEqual(new Secret("a", Buffer.from("one")))
  expect(new Secret("a", Buffer.from("one"))).not.toEqual(new Secret("a", Buffer.from("two")))
})

test("its HMAC and its length are those of its bytes", () => {
  const nonce = Buffer.alloc(32, 7)
  expect(secret.hmac(nonce)).toBe(hmac(nonce, bytes))
  expect(secret).toHaveLength(bytes.length)
})

test("it keeps its own copy of the bytes and gives copies away", () => {
  const given = Buffer.from("one")
  const kept = new Secret("a", given)
  given.fill(0)
  kept.reveal().fill(0)
  expect(kept.reveal().toString()).toBe("one")
})
