// What vitest says about a test, read as one of five verdicts. Whatever is not plainly a pass is none.

import type { TestCase } from "vitest/node"

/** `limited` is what a signed limitation makes of a fail or an error (limited.ts); no test alone reads so. */
export type Verdict = "pass" | "limited" | "fail" | "error" | "not run"

export interface Judgement {
  verdict: Verdict
  /** One line: the finding, or what kept us from looking. */
  why: string
}

/** The part of a vitest test that a verdict rests on. */
export type Tested = Pick<TestCase, "result" | "diagnostic" | "meta" | "options">

interface Thrown {
  name?: string
  message?: string
  code?: unknown
  cause?: unknown
}

/** The worst first: a finding outweighs a look that failed, and that outweighs one never taken. */
const order: Verdict[] = ["fail", "error", "not run", "limited", "pass"]

/** The verdict of a whole from its parts; of nothing, `not run`. */
export function worst(verdicts: Verdict[]): Verdict {
  return order.find((verdict) => verdicts.includes(verdict)) ?? "not run"
}

/** Judges one test as it ended. */
export function judge(test: Tested): Judgement {
  const result = test.result()
  const { waitsFor, assertions } = test.meta()
  if (result.state === "pending") return { verdict: "not run", why: "it never ended" }
  if (result.state === "skipped") {
    const why = waitsFor === undefined ? (result.note ?? "skipped, and nobody says why") : `waits for ${waitsFor}`
    return { verdict: "not run", why: oneLine(why) }
  }
  const bent = softened(test)
  if (bent !== undefined) return { verdict: "error", why: bent }
  if (result.state === "failed") return judgeErrors(result.errors)
  if (!assertions)
    return { verdict: "error", why: "no expectation is recorded: it made none, or did not ask for `evidence`" }
  return { verdict: "pass", why: "" }
}

// Each of these lets vitest report a pass that is none.
function softened(test: Tested): string | undefined {
  const diagnostic = test.diagnostic()
  if (test.options.fails) return "the test is marked `fails`: vitest turned its result around"
  if (diagnostic?.flaky || (diagnostic?.retryCount ?? 0) > 0) return "it took more than one attempt"
  if (retries(test.options.retry) > 0) return "the test allows itself retries; a verdict has one attempt"
  return undefined
}

function retries(retry: TestCase["options"]["retry"]): number {
  return typeof retry === "object" ? (retry.count ?? 0) : (retry ?? 0)
}

// One stray error beside a finding makes the whole an error: what was seen after it, or because of it, proves nothing.
function judgeErrors(errors: readonly Thrown[]): Judgement {
  const stray = errors.filter((error) => !isFinding(error))
  if (errors.length === 0) return { verdict: "error", why: "vitest reports a failure without any error" }
  if (stray.length > 0) return { verdict: "error", why: oneLine(stray.map(told).join("; ")) }
  return { verdict: "fail", why: oneLine(errors.map((error) => error.message ?? "").join("; ")) }
}

// Errors cross a process boundary, so only the name is left of the class. node's own AssertionError (with a code) is a
// library that tripped over itself, and a rejected promise inside `expect` is a look-up that threw: both saw nothing.
function isFinding(error: Thrown): boolean {
  return (
    error.name === "AssertionError" &&
    error.code !== "ERR_ASSERTION" &&
    !(error.message ?? "").startsWith("promise rejected")
  )
}

/** An error in one line, with its name unless that says nothing. */
export function told(error: Thrown): string {
  const message = error.message ?? String(error)
  const named = shortened(error.name === undefined || error.name === "Error" ? message : `${error.name}: ${message}`)
  const cause = typeof error.cause === "object" && error.cause !== null ? told(error.cause) : ""
  return oneLine(cause === "" || named.includes(cause) ? named : `${named.replace(/\.$/, "")}: ${cause}`)
}

// What vitest adds is advice to whoever writes the spec, not to whoever reads the verdict.
function shortened(message: string): string {
  return message.replace(/^((?:Test|Hook) timed out in \d+ ?ms)\.[\s\S]*$/, "$1")
}

/** Any text on one line. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ")
}
