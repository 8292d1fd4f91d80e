// What one role saw of each check, and what it had seen before.

import type { Lane } from "../lane.ts"
import { type Known, latest } from "../latest.ts"
import { type CheckRecord, checksOf } from "../ledger.ts"
import type { Verdict } from "../verdict.ts"

export interface Past {
  newest: Known
  /** Oldest first. */
  before: Known[]
}

/** By the id of the check. */
export function pastsOf(lane: Lane | undefined): Map<string, Past> {
  const runs = lane?.runs ?? []
  const places = new Map(runs.map((run, place) => [run, place]))
  const pasts = new Map<string, Past>([...latest([runs])].map(([id, newest]) => [id, { newest, before: [] }]))
  for (const [place, run] of runs.entries()) {
    for (const check of checksOf(run)) {
      const past = pasts.get(check.id)
      if (past !== undefined && place < (places.get(past.newest.run) ?? 0)) past.before.push({ check, run })
    }
  }
  return pasts
}

/** What became of a check; Allure's words for it. */
export type Change = "new" | "fixed" | "regressed" | "malfunctioned"

/** Against the last time that something was seen of it. A check that was not run has not changed. */
export function changeOf({ newest, before }: Past): Change | undefined {
  const now = seenOf(newest.check)
  if (now === "not run") return undefined
  const last = before.findLast(({ check }) => seenOf(check) !== "not run")
  if (last === undefined) return "new"
  if (seenOf(last.check) === now) return undefined
  return now === "fail" ? "regressed" : now === "error" ? "malfunctioned" : "fixed"
}

/** What was seen, whether or not a limitation covers it. */
function seenOf({ verdict, limitation }: CheckRecord): Verdict {
  return verdict === "limited" ? (limitation?.verdict ?? "fail") : verdict
}

// Enough for a median, and few enough that a check may become slower or faster over the months.
const remembered = 20

export interface Pace {
  /** Milliseconds; undefined where it never ran before. */
  median: number | undefined
  runs: number
  /** It passed so much faster than before that it may have looked at nothing. */
  suspect: boolean
}

/** How long a check took beside its last runs. */
export function paceOf({ newest, before }: Past): Pace {
  const times = before
    .filter(({ check }) => check.verdict === "pass" || check.verdict === "limited" || check.verdict === "fail")
    .slice(-remembered)
    .map(({ check }) => check.milliseconds)
    .sort((a, b) => a - b)
  const median = times[times.length >> 1]
  const suspect =
    newest.check.verdict === "pass" && median !== undefined && median > 100 && newest.check.milliseconds < median / 10
  return { median, runs: times.length, suspect }
}
