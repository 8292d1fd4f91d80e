// Limitations as a run meets them: what is granted is given to the specs as plain data, and applied when the run ends.

import type { Lane } from "./lane.ts"
import { latest } from "./latest.ts"
import type { CheckRecord, Subject } from "./ledger.ts"
import { flawsOf, type Granted, type Limitation, limitationsIn, uncovered } from "./limitation.ts"
import { purposeOf } from "./roles.ts"
import { verifySignature } from "./ssh-keygen.ts"
import type { Trust } from "./trust.ts"

/** One limitation that is neither withdrawn nor expired, and all that C5.3 judges it by. */
export interface KnownLimitation extends Omit<Limitation, "kind" | "subject"> {
  subject: Record<string, string>
  /** By the Adversary, with a key that the protected branch lists. */
  signed: boolean
  /** What is wrong with it in itself: too wide, too long, approved by who asked for it. */
  flaws: string[]
  /** Whether the Adversary's newest run of its check needed it. */
  used: boolean
  /** What the check would read without it, in that run; `not run` where there is none. */
  reads: string
}

export interface Limitations {
  known: KnownLimitation[]
  /** Those that a run may apply: signed, and without a flaw. */
  usable: Granted[]
}

/** The limitations that stand in the Adversary's ledger now. Without trust none is signed, and none is usable. */
export async function limitationsOf(lanes: Lane[], trust: Trust | undefined, now = new Date()): Promise<Limitations> {
  const adversary = lanes.find(({ name }) => name === "adversary")
  const standing = (adversary === undefined ? [] : limitationsIn(adversary)).filter(
    ({ limitation, withdrawn }) => withdrawn === undefined && !(Date.parse(limitation.expires) <= now.getTime()),
  )
  const newest = latest([adversary?.runs ?? []])
  const all = await Promise.all(
    standing.map(async (granted) => {
      const { kind: _, ...words } = granted.limitation
      const lines = trust?.signers.lines ?? []
      const signed = trust !== undefined && (await verifySignature(granted.entry, purposeOf("adversary"), lines)).good
      const record = newest.get(words.check)
      const reads = record?.check.limitation?.verdict ?? record?.check.verdict ?? "not run"
      const red = record !== undefined && ["fail", "error"].includes(reads)
      const used = red && uncovered(granted, words.check, record.run.end?.subject ?? {}, now) === undefined
      const known: KnownLimitation = {
        ...words,
        subject: { ...words.subject },
        signed,
        flaws: flawsOf(granted),
        used,
        reads,
      }
      return { known, granted }
    }),
  )
  return {
    known: all.map(({ known }) => known),
    usable: all.filter(({ known }) => known.signed && known.flaws.length === 0).map(({ granted }) => granted),
  }
}

/** The checks with those limited that a limitation covers on this subject; what each would read without it stays. */
export function limit(checks: CheckRecord[], subject: Subject, usable: Granted[], now = new Date()): CheckRecord[] {
  return checks.map((check) => {
    if (check.verdict !== "fail" && check.verdict !== "error") return check
    const by = usable.find((granted) => uncovered(granted, check.id, subject, now) === undefined)?.limitation
    if (by === undefined) return check
    const why = `${by.id} until ${by.expires}, ${by.reason}: ${check.why}`
    return { ...check, verdict: "limited", why, limitation: { id: by.id, verdict: check.verdict } }
  })
}
