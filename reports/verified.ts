// What the Adversary said, and whether its signature is under it: for the check that asks who verified.

import { type Earlier, earlier } from "./earlier.ts"
import { signatureReasons } from "./gate-runs.ts"
import type { Lane } from "./lane.ts"
import { latest } from "./latest.ts"
import type { RunRecord } from "./ledger.ts"
import type { Trust } from "./trust.ts"

export interface Verified extends Earlier {
  /** Why its run does not count as the Adversary's; empty where it is signed by a key that the protected branch lists. */
  unsigned: string[]
}

/** The newest record of every check in the Adversary's ledger. Without trust nobody's signature counts. */
export async function verifiedOf(
  lanes: Lane[],
  trust: Trust | undefined,
  now = new Date(),
): Promise<Record<string, Verified>> {
  const runs = lanes.find(({ name }) => name === "adversary")?.runs ?? []
  const reasons = new Map<RunRecord, Promise<string[]>>()
  const reasonsOf = (run: RunRecord) => {
    const known = reasons.get(run) ?? unsigned(run, trust, now)
    reasons.set(run, known)
    return known
  }
  const all = [...latest([runs])].map(
    async ([id, known]) => [id, { ...earlier(known), unsigned: await reasonsOf(known.run) }] as const,
  )
  return Object.fromEntries(await Promise.all(all))
}

async function unsigned(run: RunRecord, trust: Trust | undefined, now: Date): Promise<string[]> {
  if (trust === undefined) return ["the target file names nobody whose signature counts (roles)"]
  return signatureReasons(run, { trust, now })
}
