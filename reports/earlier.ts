// What earlier runs said, for a check that rests on another one's evidence: handed to the specs when a run begins.

import { type Known, latest } from "./latest.ts"
import { readLedgers } from "./review-file.ts"

export interface Earlier {
  verdict: string
  /** UTC, ISO 8601: when the run that said so began. Age counts from there. */
  started: string
  role: string
  subject: Record<string, string>
  /** What the check saw, by name. */
  observations: Record<string, unknown>
}

/** The newest record of every check, in whichever ledger of the target. */
export async function earlierOf(reports: string, target: string): Promise<Record<string, Earlier>> {
  const known = latest(await readLedgers(reports, target))
  return Object.fromEntries([...known].map(([id, one]) => [id, earlier(one)]))
}

/** A record as the specs are given it. */
export function earlier({ check, run }: Known): Earlier {
  const { started, role } = run.start
  const observations = Object.fromEntries(check.observations.map(({ what, seen }) => [what, seen]))
  return { verdict: check.verdict, started, role, subject: { ...run.end?.subject }, observations }
}
