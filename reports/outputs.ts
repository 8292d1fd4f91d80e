// The ledger in the forms that CI systems read. Each walks the definition, so a check that nobody ran is in it.

import type { Item } from "./definition.ts"
import type { Known } from "./latest.ts"
import type { Verdict } from "./verdict.ts"

interface Row {
  item: Item
  id: string
  sentence: string
  verdict: Verdict
  why: string
  milliseconds: number
  /** Which run says so, for the properties of a report. */
  from: Record<string, string>
}

/** JUnit's XML: a fail is a failure; what could not be looked at and what was not run is an error; limited is skipped. */
export function junit(target: string, definition: Item[], known: Map<string, Known>): string {
  const suites = definition.map((item) => {
    const rows = rowsOf([item], known)
    const head = `<testsuite name="${xml(`${item.id} ${item.title}`)}" ${counts(rows)}>`
    return [`  ${head}`, ...rows.flatMap(testcase), "  </testsuite>"].join("\n")
  })
  const all = rowsOf(definition, known)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(target)}" ${counts(all)}>`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n")
}

function counts(rows: Row[]): string {
  const number = (...verdicts: Verdict[]) => rows.filter(({ verdict }) => verdicts.includes(verdict)).length
  const seconds = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000
  return (
    `tests="${rows.length}" failures="${number("fail")}" errors="${number("error", "not run")}" ` +
    `skipped="${number("limited")}" time="${seconds.toFixed(3)}"`
  )
}

function testcase({ item, id, sentence, verdict, why, milliseconds, from }: Row): string[] {
  const said = `message="${xml(why === "" ? verdict : why)}"`
  const outcome: Record<Verdict, string[]> = {
    pass: [],
    limited: [`      <skipped ${said}/>`],
    fail: [`      <failure type="fail" ${said}/>`],
    error: [`      <error type="error" ${said}/>`],
    "not run": [`      <error type="not run" ${said}/>`],
  }
  const properties = Object.entries({ criterion: id, ...from }).map(
    ([name, value]) => `        <property name="${xml(name)}" value="${xml(value)}"/>`,
  )
  return [
    `    <testcase classname="${xml(item.id)}" name="${xml(`${id} ${sentence}`)}" time="${(milliseconds / 1000).toFixed(3)}">`,
    "      <properties>",
    ...properties,
    "      </properties>",
    ...outcome[verdict],
    "    </testcase>",
  ]
}

/** CTRF's JSON: what could not be looked at and what was not run is `other`, limited is `skipped`. */
export function ctrf(target: string, definition: Item[], known: Map<string, Known>): string {
  const rows = rowsOf(definition, known)
  const status = { pass: "passed", limited: "skipped", fail: "failed", error: "other", "not run": "other" } as const
  const number = (wanted: string) => rows.filter(({ verdict }) => status[verdict] === wanted).length
  const times = [...known.values()].flatMap(({ run }) => [run.start.started, run.end?.finished ?? run.start.started])
  const sorted = times
    .map((time) => Date.parse(time))
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b)
  const report = {
    reportFormat: "CTRF",
    specVersion: "0.0.0",
    results: {
      tool: { name: "cc-ci-verifier" },
      summary: {
        tests: rows.length,
        passed: number("passed"),
        failed: number("failed"),
        pending: 0,
        skipped: number("skipped"),
        other: number("other"),
        start: sorted[0] ?? 0,
        stop: sorted.at(-1) ?? 0,
      },
      tests: rows.map(({ item, id, sentence, verdict, why, milliseconds, from }) => ({
        name: `${id} ${sentence}`,
        status: status[verdict],
        rawStatus: verdict,
        duration: milliseconds,
        suite: `${item.id} ${item.title}`,
        ...(why === "" ? {} : { message: why }),
        extra: { dod: { target, criterion: id, verdict, ...from } },
      })),
    },
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

/** Lines that GitHub and Gitea show beside a job: what is red as errors, what nobody ran as warnings, limited as notices. */
export function annotations(target: string, definition: Item[], known: Map<string, Known>): string {
  const level = { fail: "error", error: "error", "not run": "warning", limited: "notice" } as const
  const lines = rowsOf(definition, known).flatMap(({ id, sentence, verdict, why }) => {
    if (verdict === "pass") return []
    const title = property(`${id} ${verdict} (${target})`)
    return [`::${level[verdict]} title=${title}::${data(why === "" ? sentence : `${sentence}: ${why}`)}`]
  })
  return lines.map((line) => `${line}\n`).join("")
}

function rowsOf(items: Item[], known: Map<string, Known>): Row[] {
  return items.flatMap((item) =>
    item.checks.map(({ id, sentence }): Row => {
      const one = known.get(id)
      if (one === undefined)
        return { item, id, sentence, verdict: "not run", why: "never run", milliseconds: 0, from: {} }
      const { check, run } = one
      const { baseRev } = run.end?.subject ?? {}
      const rev: Record<string, string> = baseRev === undefined ? {} : { baseRev }
      const from = { run: run.start.run, role: run.start.role, started: run.start.started, ...rev }
      return { item, id, sentence, verdict: check.verdict, why: check.why, milliseconds: check.milliseconds, from }
    }),
  )
}

// XML 1.0 knows most control characters in no form at all, escaped or not.
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu
const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

function xml(text: string): string {
  return text
    .replaceAll(forbidden, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? "")
    .replaceAll(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}

// What a runner would take for the end of a line, and so for a command of its own, is spelt out.
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C")
}
