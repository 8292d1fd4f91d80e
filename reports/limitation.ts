// A limitation: the Adversary's signed word that one check may stay red on one subject for a while.

import type { Entry, Lane } from "./lane.ts"
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

/** A limitation, the entry it stands in, and what took it back. */
export interface Granted {
  limitation: Limitation
  entry: Entry
  withdrawn?: Withdrawal
}

const longestMs = 14 * 24 * 3_600_000

/** The limitations in the Adversary's ledger, as written; nothing is verified yet. */
export function limitationsIn({ lines, entries }: Lane): Granted[] {
  const granted = new Map<string, Granted>()
  for (const [index, line] of lines.entries()) {
    const entry = entries[index]
    if (entry === undefined) continue
    if (line.kind === "limitation" && !granted.has(line.id)) granted.set(line.id, { limitation: line, entry })
    const before = line.kind === "withdrawal" ? granted.get(line.limitation) : undefined
    if (line.kind === "withdrawal" && before !== undefined) before.withdrawn = line
  }
  return [...granted.values()]
}

/** What is wrong with a limitation in itself, whatever it is used for. */
export function flawsOf({ limitation }: Granted): string[] {
  const { check, stillClaimed, stillTested, reason, requestedBy, approvedBy, issued, expires, subject } = limitation
  const days = (Date.parse(expires) - Date.parse(issued)) / 86_400_000
  const silent = Object.entries({ stillClaimed, stillTested, reason, requestedBy }).filter(([, text]) => !text?.trim())
  return [
    ...(/^[A-Z]\d*\.[1-9]\d*$/.test(check) ? [] : [`it is for ${check}, which is not exactly one check`]),
    ...(subject.baseRev && subject.hostKeyFingerprint ? [] : ["it names no subject: base rev and host key"]),
    ...silent.map(([name]) => `it says nothing of ${name}`),
    ...(approvedBy === "adversary" ? [] : [`it is approved by ${approvedBy}, not by the adversary`]),
    ...(requestedBy.trim().toLowerCase() === approvedBy ? ["whoever requested it approved it"] : []),
    ...(days > 0 && days * 86_400_000 <= longestMs ? [] : [`it lasts ${days.toFixed(1)} days; at most 14 are allowed`]),
  ]
}

/** Why a limitation does not cover a check on a subject at a time, or nothing where it does. */
export function uncovered(granted: Granted, check: string, subject: Subject, at: Date): string | undefined {
  const { limitation, withdrawn } = granted
  const [flaw] = flawsOf(granted)
  if (flaw !== undefined) return flaw
  if (limitation.check !== check) return `it is for ${limitation.check}`
  if (withdrawn !== undefined) return `it was withdrawn: ${withdrawn.because}`
  if (Date.parse(limitation.expires) <= at.getTime()) return `it expired at ${limitation.expires}`
  if (Date.parse(limitation.issued) > at.getTime() + 120_000) return `it is from the future: ${limitation.issued}`
  const seen = subject as Record<string, string | undefined>
  const other = Object.entries(limitation.subject).find(([field, value]) => seen[field] !== value)
  return other === undefined ? undefined : `it is for another subject: ${other[0]} ${other[1]}`
}
