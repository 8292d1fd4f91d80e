import { expect, test } from "vitest"
import type { Item } from "./definition.ts"
import { latest } from "./latest.ts"
import type { RunRecord } from "./ledger.ts"
import { annotations, ctrf, junit } from "./outputs.ts"
import { check, suite } from "./testdata/history.ts"

const hostile = 'a & b <c> "d"\n::error::forged\u0000]]>\u001b[31m 100%'
const definition: Item[] = [
  {
    id: "C1",
    title: "First <one>",
    sentence: "s",
    checks: ["C1.1", "C1.2", "C1.3"].map((id) => ({ id, sentence: `${id} holds` })),
  },
  {
    id: "C2",
    title: "Second",
    sentence: "s",
    checks: ["C2.1", "C2.2", "C2.3"].map((id) => ({ id, sentence: `${id} & holds` })),
  },
]
const run: RunRecord = {
  start: {
    kind: "start",
    run: "r1",
    target: "lab",
    role: "ci",
    started: "2026-01-02T03:04:05.000Z",
    suite,
    selection: { filters: [], pattern: null, checks: [] },
    cold: { cold: false, because: "" },
  },
  end: {
    kind: "end",
    run: "r1",
    finished: "2026-01-02T03:05:05.000Z",
    interrupted: false,
    exitCode: 1,
    subject: { baseRev: "ba5e" },
    problems: [],
    unhandled: [],
    checks: [
      check("C1.1", { milliseconds: 1500 }),
      check("C1.2", { verdict: "fail", why: hostile }),
      check("C1.3", { verdict: "error", why: "no route" }),
      check("C2.1", { verdict: "not run", why: "waits" }),
      check("C2.2", { verdict: "limited", why: "L-1 until then: fail", limitation: { id: "L-1", verdict: "fail" } }),
    ],
  },
}
const known = latest([[run]])

test("JUnit: a fail is a failure, an error and what was not run an error, limited skipped, and no check is missing", () => {
  const text = junit("lab", definition, known)
  expect(text).toContain('<testsuites name="lab" tests="6" failures="1" errors="3" skipped="1" time="1.504">')
  expect(text).toContain('<testsuite name="C2 Second" tests="3" failures="0" errors="2" skipped="1" time="0.002">')
  const cases = [...text.matchAll(/<testcase classname="(C\d)" name="(C\d\.\d) .*?<\/testcase>/gs)]
  const outcome = (one: string) => /<(failure|error|skipped) /.exec(one)?.[1] ?? "passed"
  expect(cases.map(([all, , id]) => `${id} ${outcome(all)}`)).toEqual([
    "C1.1 passed",
    "C1.2 failure",
    "C1.3 error",
    "C2.1 error",
    "C2.2 skipped",
    "C2.3 error",
  ])
  expect(text).toContain('<error type="not run" message="never run"/>')
  expect(text).toContain('<property name="baseRev" value="ba5e"/>')
})

test("JUnit is XML whatever the target said", () => {
  const text = junit("lab", definition, known)
  expect(text).toContain('message="a &amp; b &lt;c&gt; &quot;d&quot;&#10;::error::forged\\u{0}]]&gt;\\u{1b}[31m 100%"')
  expect(text).not.toMatch(/[^\n\u0020-\u{10FFFF}]/u)
})

test("CTRF counts every check once, and calls other what is no verdict", () => {
  const { results } = JSON.parse(ctrf("lab", definition, known))
  expect(results.summary).toEqual({
    tests: 6,
    passed: 1,
    failed: 1,
    pending: 0,
    skipped: 1,
    other: 3,
    start: Date.parse("2026-01-02T03:04:05.000Z"),
    stop: Date.parse("2026-01-02T03:05:05.000Z"),
  })
  expect(results.tests[1]).toMatchObject({
    name: "C1.2 C1.2 holds",
    status: "failed",
    message: hostile,
    suite: "C1 First <one>",
  })
  expect(results.tests[5]).toMatchObject({
    status: "other",
    rawStatus: "not run",
    extra: { dod: { criterion: "C2.3" } },
  })
})

test("annotations are one line each, and what the target said is no command", () => {
  const lines = annotations("lab", definition, known).trimEnd().split("\n")
  expect(lines.map((line) => line.split("::")[1])).toEqual([
    "error title=C1.2 fail (lab)",
    "error title=C1.3 error (lab)",
    "warning title=C2.1 not run (lab)",
    "notice title=C2.2 limited (lab)",
    "warning title=C2.3 not run (lab)",
  ])
  expect(lines[0]).toMatch(/^::error title=C1\.2 fail \(lab\)::C1\.2 holds: a & b <c> "d"%0A::error::forged.*100%25$/)
})
