// A limitation: the Adversary's signed word that one check may stay red on one subject for a while.

import type { Subject } from "./ledger.ts"

export interface Limitation {
  kind: "limitation"
  target: string
  /** `L-1`, unique in its ledger. */
  id: string
  /** Exactly one. */
  check: string
  /** What the check was seen on; on anything else the limitation covers nothing. */
  subject: Subject
  /** What holds all the same. */
  stillClaimed: string
  /** How that is tested. */
  stillTested: string
  reason: string
  requestedBy: string
  approvedBy: string
  /** UTC, ISO 8601. */
  issued: string
  expires: string
}

/** Takes a limitation back. */
export interface Withdrawal {
  kind: "withdrawal"
  target: string
  limitation: string
  withdrawn: string
  because: string
}
