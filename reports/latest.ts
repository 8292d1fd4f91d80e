import { type CheckRecord, checksOf, type RunRecord } from "./ledger.ts"

/** The newest thing known about a check, and the run that saw it. */
export interface Known {
  check: CheckRecord
  run: RunRecord
}

/**
 * The newest record of each check, from whichever run. Inside one ledger the order of its lines decides, which no clock
 * can turn round; between ledgers only the clock is left. A check in no ledger is absent: it was never run.
 */
export function latest(ledgers: RunRecord[][]): Map<string, Known> {
  const newest = new Map<string, Known>()
  for (const ledger of ledgers) {
    const here = new Map(ledger.flatMap((run) => checksOf(run).map((check) => [check.id, { check, run }] as const)))
    for (const [id, known] of here) {
      const other = newest.get(id)
      if (other === undefined || lastLine(other.run) < lastLine(known.run)) newest.set(id, known)
    }
  }
  return newest
}

function lastLine(run: RunRecord): string {
  return run.end?.finished ?? run.start.started
}
