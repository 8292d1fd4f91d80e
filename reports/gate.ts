// The gate: whether what the ledgers and signatures say means that the Definition of Done holds. Every reason, not the first.

import { allowancesOf } from "./cold.ts"
import type { Item } from "./definition.ts"
import { laneReasons } from "./gate-lanes.ts"
import { freshHours, type Question, runReasons } from "./gate-runs.ts"
import { type Known, latest } from "./latest.ts"
import type { RunRecord, Subject } from "./ledger.ts"
import { flawsOf, type Granted, limitationsIn, uncovered } from "./limitation.ts"
import { purposeOf } from "./roles.ts"
import { verifySignature } from "./ssh-keygen.ts"
import { mergeSubjects } from "./subject.ts"

/** The items that must hold before phase 1c may be called done. */
export const gated = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "D8"]

export interface Gate {
  open: boolean
  /** Why it is shut; empty exactly if it is open. */
  reasons: string[]
  subject: Subject
  /** UTC: when the oldest of the runs behind it will be too old. */
  until: string | undefined
  /** The Adversary's runs that the verdicts come from. */
  runs: RunRecord[]
  /** The limitations in use, by id. */
  limited: string[]
  /** Why the Builder's machine was good enough for the Adversary, where the target file says that it is. */
  shared: string[]
}

/** Asks the ledgers of a target. What is not signed can shut the gate, and never open it. */
export async function gateOf(target: string, definition: Item[], asked: Question): Promise<Gate> {
  const adversary = asked.lanes.find(({ name }) => name === "adversary")
  const known = latest([adversary?.runs ?? []])
  const items = gated.map((id) => definition.find((item) => item.id === id) ?? { id, checks: [] })
  const ids = items.flatMap(({ checks }) => checks.map(({ id }) => id))
  const behind = [...new Set(ids.flatMap((id) => known.get(id)?.run ?? []))]
  const answers = await Promise.all(behind.map(async (run) => ({ run, ...(await runReasons(run, asked)) })))
  const seen = answers.map(({ run, answer }) => {
    const { nonce: _, run: __, clock: ___, ...host } = answer ?? { nonce: "", run: "", clock: "" }
    return { id: nameOf(run), subject: { ...host, ...run.end?.subject } }
  })
  const { subject, changed } = mergeSubjects(seen)
  const granted = adversary === undefined ? [] : limitationsIn(adversary)
  const reasons = [
    ...(await laneReasons(target, asked.lanes, asked.trust, asked.now)),
    ...(asked.suite.dirty ? ["the suite that is asked has uncommitted changes"] : []),
    ...items.filter(({ checks }) => checks.length === 0).map(({ id }) => `${id} has no checks`),
    ...ids.flatMap((id) => checkReasons(id, known.get(id), asked)),
    ...answers.flatMap(({ run, reasons }) => reasons.map((why) => `${nameOf(run)}: ${why}`)),
    ...changed.map((what) => what.replace("the target changed mid-run", "not one subject")),
    ...(behind.length === 0 ? [] : [...unknownSubject(subject), ...otherHost(subject, asked.hostKey)]),
    ...(await limitationReasons(granted, known, asked)),
  ]
  const starts = behind.map(({ start }) => Date.parse(start.started)).filter((time) => !Number.isNaN(time))
  return {
    open: reasons.length === 0,
    reasons: [...new Set(reasons)],
    subject,
    until: starts.length === 0 ? undefined : new Date(Math.min(...starts) + freshHours * 3_600_000).toISOString(),
    runs: behind,
    limited: [...new Set(ids.flatMap((id) => known.get(id)?.check.limitation?.id ?? []))],
    shared: [...new Set(behind.flatMap(({ start }) => allowancesOf(start.cold)))],
  }
}

function nameOf({ start }: RunRecord): string {
  return `the ${start.role}'s run of ${start.started}`
}

function checkReasons(id: string, known: Known | undefined, { lanes }: Question): string[] {
  if (known === undefined) return [`${id}: the adversary never ran it`]
  const { check, run } = known
  const holds = check.verdict === "pass" || check.verdict === "limited"
  if (!holds) return [`${id}: ${check.verdict} in ${nameOf(run)}${check.why === "" ? "" : `: ${check.why}`}`]
  const others = lanes.filter(({ name }) => name !== "adversary")
  const against = others.flatMap(({ runs }) => {
    const other = latest([runs]).get(id)
    if (other === undefined || !["fail", "error"].includes(other.check.verdict)) return []
    const newest = other.run.end?.finished ?? other.run.start.started
    return newest >= run.start.started
      ? [`${id}: ${other.check.verdict} in ${nameOf(other.run)}, newer than its pass`]
      : []
  })
  return [
    ...(check.assertions > 0 || check.verdict === "limited" ? [] : [`${id}: passed without an expectation`]),
    ...against,
  ]
}

function unknownSubject(subject: Subject): string[] {
  const needed = ["baseRev", "secretsRev", "systemPath", "hostKeyFingerprint", "machineId", "bootId"] as const
  const missing = needed.filter((field) => subject[field] === undefined)
  return missing.length === 0
    ? []
    : [`not one subject: nobody learned, or two runs saw differently, ${missing.join(", ")}`]
}

function otherHost({ hostKeyFingerprint }: Subject, pinned: string | undefined): string[] {
  const same = pinned === undefined || hostKeyFingerprint === undefined || pinned === hostKeyFingerprint
  return same ? [] : [`another host: its key is ${hostKeyFingerprint}, the target file pins ${pinned}`]
}

async function limitationReasons(granted: Granted[], known: Map<string, Known>, asked: Question): Promise<string[]> {
  const reasons: string[] = []
  for (const { check, run } of known.values()) {
    if (check.verdict !== "limited") continue
    const own = granted.find(({ limitation }) => limitation.id === check.limitation?.id)
    const why =
      own === undefined
        ? "nobody granted it"
        : (uncovered(own, check.id, run.end?.subject ?? {}, asked.now) ?? (await unsigned(own, asked)))
    if (why !== undefined) reasons.push(`${check.id}: limited by ${check.limitation?.id ?? "nothing"}, but ${why}`)
  }
  for (const one of granted) {
    const { id, check, expires } = one.limitation
    if (one.withdrawn !== undefined || Date.parse(expires) <= asked.now.getTime()) continue
    reasons.push(...flawsOf(one).map((flaw) => `${id}: ${flaw}`))
    const record = known.get(check)?.check
    if (record?.limitation?.id === id) continue
    reasons.push(
      `${id}: it was not used, for ${check} ${record === undefined ? "was not run" : `reads ${record.verdict}`}: withdraw it`,
    )
  }
  return reasons
}

async function unsigned({ entry }: Granted, { trust, now }: Question): Promise<string | undefined> {
  const verified = await verifySignature(entry, purposeOf("adversary"), trust.signers.lines, now)
  return verified.good ? undefined : `it is not signed by the adversary: ${verified.why}`
}
