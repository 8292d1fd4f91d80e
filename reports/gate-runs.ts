// One run of the Adversary, as far as the gate can rely on it.

import { type Answer, answerOf, challengesIn, clockToleranceMs } from "./challenge.ts"
import { warmth } from "./cold.ts"
import type { Lane } from "./lane.ts"
import type { RunRecord, Suite } from "./ledger.ts"
import { purposeOf } from "./roles.ts"
import { verifySignature } from "./ssh-keygen.ts"
import type { Trust } from "./trust.ts"

export const freshHours = 24

export interface Question {
  lanes: Lane[]
  trust: Trust
  /** The suite that asks: verdicts by other rules do not count. */
  suite: Suite
  /** Fingerprint of the host key that the target file pins; an archive has no target file. */
  hostKey?: string
  now: Date
}

/** Why a run opens nothing, and what the host said of itself when it began. */
export async function runReasons(run: RunRecord, asked: Question): Promise<{ reasons: string[]; answer?: Answer }> {
  const answered = await answerOf(run)
  const reasons = [
    ...(await signatureReasons(run, asked)),
    ...endReasons(run),
    ...warmth(run.start.cold).map((why) => `it was not cold: ${why}`),
    ...suiteReasons(run.start.suite, asked.suite),
    ...timeReasons(run, asked.now),
    ...("why" in answered ? [answered.why] : subjectReasons(run, answered.answer)),
    ...(await challengeReasons(run, asked)),
  ]
  return "why" in answered ? { reasons } : { reasons, answer: answered.answer }
}

/** Why a run is not known to be the Adversary's; empty where every entry of it carries its signature. */
export async function signatureReasons(
  { entries = [] }: RunRecord,
  { trust, now }: Pick<Question, "trust" | "now">,
): Promise<string[]> {
  if (entries.length === 0 || entries.some(({ signature }) => signature === undefined)) return ["it is unsigned"]
  const purpose = purposeOf("adversary")
  const all = await Promise.all(entries.map((entry) => verifySignature(entry, purpose, trust.signers.lines, now)))
  return [...new Set(all.flatMap((one) => (one.good ? [] : [`its signature is not the adversary's: ${one.why}`])))]
}

function endReasons({ end }: RunRecord): string[] {
  if (end === undefined) return ["it never ended"]
  return [
    ...(end.interrupted ? ["it was interrupted"] : []),
    ...[...end.problems, ...end.unhandled].map((problem) => `something was wrong with it as a whole: ${problem}`),
  ]
}

function suiteReasons(suite: Suite, mine: Suite): string[] {
  const fields = ["commit", "lockfileSha256", "definitionSha256"] as const
  return [
    ...(suite.dirty ? ["its suite had uncommitted changes"] : []),
    ...fields
      .filter((field) => suite[field] !== mine[field])
      .map((field) => `its suite was another: ${field} ${suite[field] ?? "unknown"}, not ${mine[field]}`),
  ]
}

function timeReasons({ start, end }: RunRecord, now: Date): string[] {
  const [started, finished] = [Date.parse(start.started), Date.parse(end?.finished ?? start.started)]
  const hours = (now.getTime() - started) / 3_600_000
  return [
    ...(hours > freshHours ? [`it is ${hours.toFixed(1)} h old; ${freshHours} h are allowed, from its start`] : []),
    ...(finished > now.getTime() + clockToleranceMs ? [`it is from the future: it ended at ${end?.finished}`] : []),
    ...(finished >= started ? [] : ["it ended before it started"]),
  ]
}

function subjectReasons({ end }: RunRecord, answer: Answer): string[] {
  return (["bootId", "machineId", "systemPath"] as const)
    .filter((field) => end?.subject[field] !== undefined && end.subject[field] !== answer[field])
    .map((field) => `the host that echoed had ${field} ${answer[field]}, the one looked at ${end?.subject[field]}`)
}

async function challengeReasons({ start }: RunRecord, { lanes, trust, now }: Question): Promise<string[]> {
  const nonce = start.challenge?.nonce
  if (nonce === undefined) return []
  const users = lanes.flatMap(({ runs }) => runs).filter((run) => run.start.challenge?.nonce === nonce)
  const issued = lanes
    .filter(({ name }) => name === "ci")
    .flatMap(challengesIn)
    .find(({ challenge }) => challenge.nonce === nonce)
  if (issued === undefined) return ["nobody issued its nonce"]
  const { challenge, entry } = issued
  const verified = await verifySignature(entry, purposeOf("ci"), trust.signers.lines, now)
  const started = Date.parse(start.started)
  return [
    ...(verified.good ? [] : [`its nonce was not issued by ci: ${verified.why}`]),
    ...(users.length === 1 ? [] : [`its nonce was used by ${users.length} runs`]),
    ...(Date.parse(challenge.issued) > started + clockToleranceMs ? ["it started before its nonce was issued"] : []),
    ...(Date.parse(challenge.expires) < started ? ["its nonce had expired before it started"] : []),
  ]
}
