import { PassThrough } from "node:stream"
import { stripVTControlCharacters } from "node:util"
import { describe, expect, test } from "vitest"
import type { End } from "./ledger.ts"
import { closing, printTable } from "./table.ts"
import { terminal } from "./terminal.ts"

const long = `private keys found: expected [ '${"f6c0258:tls/lab.key ".repeat(20)}' ] to deeply equal []`
const nothing = { observations: [], commands: [], assertions: 1, milliseconds: 2 }
const end: End = {
  kind: "end",
  run: "one",
  finished: "2026-01-02T03:05:05.006Z",
  interrupted: false,
  exitCode: 1,
  subject: {},
  checks: [
    { id: "C2.1", verdict: "pass", why: "", ...nothing },
    { id: "C2.2", verdict: "fail", why: long, ...nothing },
    { id: "C2.3", verdict: "error", why: "no route to \u001b[31mhost", ...nothing },
    { id: "C2.4", verdict: "not run", why: "waits for a clean room", waitsFor: "a clean room", ...nothing },
    { id: "C2.5", verdict: "not run", why: "waits for a clean room", waitsFor: "a clean room", ...nothing },
  ],
  problems: ["specs/c2.spec.ts: could not load"],
  unhandled: [],
}
const sentences = ["it is so", "no commit holds a private key", "it answers", "one", "two", "three"]
const definition = [
  {
    id: "C2",
    title: "Certificate in git",
    sentence: "",
    checks: sentences.map((sentence, index) => ({ id: `C2.${index + 1}`, sentence })),
  },
  { id: "C3", title: "Host", sentence: "", checks: [{ id: "C3.1", sentence: "it is up" }] },
  { id: "C4", title: "Later", sentence: "", checks: [] },
]
const plan = { selected: [], tested: new Set<string>(), unspecified: new Set(["C4"]), pattern: undefined }
const places = new Map([["C2.2", "specs/c2.spec.ts:12"]])

function shown(env: NodeJS.ProcessEnv, tty: { isTTY?: boolean; columns?: number }): string {
  const stream = Object.assign(new PassThrough(), tty)
  printTable(terminal(stream as unknown as NodeJS.WriteStream, env), definition, plan, end, places)
  return String(stream.read())
}

describe("the table a run ends with", () => {
  test("has a line per check and, below a red one, what was found and where to read more", () => {
    expect(shown({}, {})).toBe(`
C2 Certificate in git (1 more not selected)
  C2.1   pass     it is so
  C2.2   fail     no commit holds a private key
                  ${long.slice(0, 101)}…
                  see specs/c2.spec.ts:12, C2.2 in REVIEW.md
  C2.3   error    it answers
                  no route to \\u{001b}[31mhost
                  see C2.3 in REVIEW.md
  C2.4   not run  one
                  waits for a clean room
  C2.5   not run  two
                  waits for a clean room

C3 Host: not run (not selected)
C4 Later: not run (no spec yet)

error  specs/c2.spec.ts: could not load
`)
  })

  test("fits a narrow terminal, in colour", () => {
    const lines = shown({}, { isTTY: true, columns: 70 }).split("\n")
    expect(lines[3]).toBe("\r\u001b[K  C2.2   \u001b[31mfail     \u001b[0mno commit holds a private key")
    const widths = lines.map((line) => stripVTControlCharacters(line).replace("\r", "").length)
    expect(Math.max(...widths)).toBe(70)
  })

  test.each([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["a terminal without colours", { TERM: "dumb" }],
  ])("has no colour for %s", (_, env) => {
    expect(shown(env, { isTTY: true, columns: 100 })).not.toContain("\u001b[3")
  })
})

describe("the closing sentence", () => {
  test("counts the verdicts, the errors of the run and what is waited for", () => {
    expect(closing(end)).toBe(
      "1 pass, 1 fail, 1 error, 2 not run; 1 error of the run as a whole, see above; 2 checks wait for a clean room.",
    )
  })

  test("names what most checks wait for, and counts the others", () => {
    const ends = (...things: string[]) => {
      const checks = things.map((waitsFor, at) => ({
        ...{ id: `C1.${at}`, verdict: "not run" as const, why: `waits for ${waitsFor}`, waitsFor, ...nothing },
      }))
      return closing({ ...end, checks, problems: [] })
        .split("; ")
        .slice(1)
    }
    expect(ends("a", "b", "b", "c", "c", "c", "d")).toEqual([
      "3 checks wait for c",
      "2 checks wait for b",
      "2 more for other things, see above.",
    ])
    expect(ends("a", "b", "b", "c")).toEqual(["2 checks wait for b", "1 check waits for a", "1 check waits for c."])
  })

  test("says so when the run was interrupted, or looked at nothing", () => {
    expect(closing({ ...end, checks: [], problems: [], interrupted: true })).toBe("interrupted: nothing was looked at.")
  })
})
