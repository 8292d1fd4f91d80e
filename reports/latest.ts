import { type CheckRecord, checksOf, type RunRecord } from "./ledger.ts"

/** The newest thing known about a check, and the run that saw it. */
export interface Known {
  check: CheckRecord
  run: RunRecord
}

/**
 * The newest record of each check, from whichever run. Inside one ledger the order of its lines decides, which no clock
 * can turn round; between ledgers only the clock is left. A check that waits for something has said nothing, and does not
 * take the place of what was seen. A check in no ledger is absent: it was never run.
 */
export function latest(ledgers: RunRecord[][]): Map<string, Known> {
  const newest = new Map<string, Known>()
  for (const ledger of ledgers) {
    const here = new Map<string, Known>()
    for (const known of ledger.flatMap((run) => checksOf(run).map((check) => ({ check, run })))) {
      const other = here.get(known.check.id)
      if (other === undefined || !waits(known) || waits(other)) here.set(known.check.id, known)
    }
    for (const [id, known] of here) {
      const other = newest.get(id)
      const later = other === undefined || lastLine(other.run) < lastLine(known.run)
      if (other === undefined || (waits(other) === waits(known) ? later : waits(other))) newest.set(id, known)
    }
  }
  return newest
}

const waits = ({ check }: Known) => check.waitsFor !== undefined

function lastLine(run: RunRecord): string {
  return run.end?.finished ?? run.start.started
}
