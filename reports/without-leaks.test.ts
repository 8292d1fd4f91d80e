import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { End, Start } from "./ledger.ts"
import { Publication } from "./publication.ts"
import { seeded } from "./redaction/canaries.ts"
import { check, definition, suite } from "./testdata/history.ts"
import { withoutLeaks } from "./without-leaks.ts"

const random = seeded(3)
const secret = Array.from({ length: 32 }, () => Math.floor(random() * 36).toString(36)).join("")
let reports = ""
beforeAll(async () => {
  reports = await mkdtemp(join(tmpdir(), "without-leaks-"))
})
afterAll(() => rm(reports, { recursive: true, force: true }))

const start = (pattern: string | null = null): Start => ({
  ...{ kind: "start", run: "one", target: "lab", role: "builder", started: "2026-01-01T00:00:00.000Z", suite },
  selection: { filters: [], pattern, checks: ["C1.1"] },
  cold: { cold: false, because: "not probed" },
})
const end = (more: Partial<End> = {}): End => ({
  ...{ kind: "end", run: "one", finished: "2026-01-01T00:01:00.000Z", interrupted: false, exitCode: 0 },
  ...{ subject: { baseRev: "ba5e" }, checks: [check("C1.1")], problems: [], unhandled: [] },
  ...more,
})
const observed = (what: string, seen: unknown) => end({ checks: [check("C1.1", { observations: [{ what, seen }] })] })

function knowing(): Publication {
  const publication = new Publication()
  publication.hide({ name: "the token", bytes: Buffer.from(secret) })
  return publication
}
const published = (ending: End, publication = knowing(), beginning = start()) =>
  withoutLeaks(ending, beginning, definition, reports, publication)

test("a run without a secret in it is published as it is", async () => {
  const ending = observed("seen", { paths: 300 })
  expect(await published(ending)).toBe(ending)
})

describe("a run is withheld, and says what would have leaked where, when a secret", () => {
  const base64 = Buffer.from(secret).toString("base64")
  const command = { where: `ssh ${secret}`, argv: ["a"], exit: 0, outputSha256: "0", milliseconds: 1 }
  const anywhere: [string, End][] = [
    ["was seen", observed("seen", secret)],
    ["was seen in base64", observed("seen", `auth ${base64}`)],
    ["is the name of what was seen", observed(secret, 1)],
    ["is a key of it", observed("seen", { [secret]: 1 })],
    ["stands in the reason", end({ checks: [check("C1.1", { verdict: "fail", why: `expected ${secret}` })] })],
    ["stands in where a command ran", end({ checks: [check("C1.1", { commands: [command] })] })],
    ["stands in a problem", end({ problems: [`lost ${secret}`] })],
    ["stands in an error of no test", end({ unhandled: [`lost ${[...secret].reverse().join("")}`] })],
    ["stands in what the run is about", end({ subject: { systemPath: `/nix/store/${secret}` } })],
  ]
  test.each(anywhere)("%s", async (_, ending) => {
    const bare = await published(ending)
    expect(bare.checks).toEqual([
      expect.objectContaining({
        id: "C1.1",
        verdict: "error",
        why: expect.stringMatching(/^withheld: /),
        commands: [],
      }),
    ])
    expect(bare.problems[0]).toMatch(/^redaction-leak: the token in the ledger's entry of its end, /)
    expect({ exitCode: bare.exitCode, unhandled: bare.unhandled }).toEqual({ exitCode: 2, unhandled: [] })
    expect(JSON.stringify(bare)).not.toContain(secret.slice(0, 8))
  })

  test("was printed", async () => {
    const publication = knowing()
    // Only what is known when it is printed can be hidden.
    const late = new Publication()
    late.line(`it is ${secret}`)
    late.hide({ name: "the token", bytes: Buffer.from(secret) })
    expect((await published(end(), publication)).problems).toEqual([])
    expect((await published(end(), late)).problems[0]).toMatch(/^redaction-leak: the token in what was printed, /)
  })

  test("was asked for", async () => {
    expect((await published(end(), knowing(), start(secret))).problems[0]).toMatch(
      /^redaction-leak: the token in the ledger's entry of its start, /,
    )
  })
})

test("what could not be looked through is not published", async () => {
  const publication = knowing()
  publication.leaks = () => Promise.reject(new Error("the proof failed"))
  const bare = await published(end(), publication)
  expect(bare.problems).toEqual(["what is to be published could not be searched for secrets: the proof failed"])
  expect(bare.checks[0]?.verdict).toBe("error")
})

test("a leaf that is public is no secret, by whichever of its names", async () => {
  const publication = new Publication(["domain"])
  publication.hide({ name: "secrets.yaml domain", bytes: Buffer.from(secret) })
  publication.hide({ name: "domain of secrets.yaml at 0123", bytes: Buffer.from(secret) })
  expect(publication.text(secret)).toBe(secret)
  publication.hide({ name: "secrets.yaml domain_key", bytes: Buffer.from(secret) })
  expect(publication.text(secret)).toBe("[REDACTED:secrets.yaml domain_key#1]")
})

test("who may seal is public, though it stands in the file of an age key", () => {
  const recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"
  const publication = new Publication()
  const key = `AGE-SECRET-KEY-1${secret.toUpperCase()}QQ`
  const file = `# created: 2026-01-01T00:00:00Z\n# public key: ${recipient}\n${key}\n`
  publication.hide({ name: "recovery key", bytes: Buffer.from(file) })
  expect(publication.text(`# public key: ${recipient}`)).toBe(`# public key: ${recipient}`)
  expect(publication.text(key)).not.toContain(secret.slice(0, 8).toUpperCase())
})
