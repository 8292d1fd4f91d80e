// What the last run said, read back from its ledger: for a caller that started it and wants more than an exit code.

import { type CheckRecord, readLedger } from "./ledger.ts"

export interface Outcome {
  /** UTC, ISO 8601: a caller makes sure that it is the run it started. */
  started: string
  exitCode: number
  /** Whatever was wrong with the run as a whole; where this is not empty, the verdicts alone are not the answer. */
  problems: string[]
  verdicts: Map<string, Pick<CheckRecord, "verdict" | "why" | "waitsFor">>
}

/** The newest run of a ledger that ended, or nothing. */
export async function latestVerdicts(ledger: string): Promise<Outcome | undefined> {
  const run = (await readLedger(ledger)).findLast(({ end }) => end !== undefined)
  if (run?.end === undefined) return undefined
  const { exitCode, interrupted, problems, unhandled, checks } = run.end
  const verdicts = checks.map(({ id, verdict, why, waitsFor }) => {
    return [id, { verdict, why, ...(waitsFor === undefined ? {} : { waitsFor }) }] as const
  })
  return {
    started: run.start.started,
    exitCode,
    problems: [...(interrupted ? ["interrupted"] : []), ...problems, ...unhandled],
    verdicts: new Map(verdicts),
  }
}
