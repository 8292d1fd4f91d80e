// Freshness that trusts no clock: a nonce from somebody else, which the target itself answers to.

import { randomBytes } from "node:crypto"
import { canonical } from "./canonical.ts"
import type { Entry, Lane } from "./lane.ts"
import type { RunRecord, Subject } from "./ledger.ts"
import { fingerprintOf, verifySignature } from "./ssh-keygen.ts"

/** A nonce, issued in the ledger of `ci`, for one run. */
export interface Challenge {
  kind: "challenge"
  target: string
  /** 64 hex digits. */
  nonce: string
  /** UTC, ISO 8601. */
  issued: string
  expires: string
}

/** How a run met its challenge. */
export interface Echo {
  nonce: string
  /** What the host said and signed with its own SSH host key: canonical JSON of {@link Answer}. */
  said?: string
  /** SSHSIG, base64, for the namespace of {@link echoNamespace}. */
  signature?: string
  /** `TYPE BASE64`, as the target file pins it. */
  hostKey?: string
  /** UTC, by this machine: before it was asked, and once it had answered. */
  sent: string
  answered: string
  /** How far the clock of Incus is from this machine's; without it, why it is not known. */
  incusOffsetMilliseconds?: number
  incusWhy?: string
  /** Why there is no answer. */
  why?: string
}

/** What the host says to a nonce. */
export interface Answer extends Pick<Subject, "bootId" | "machineId" | "systemPath"> {
  nonce: string
  run: string
  /** UTC, by the host. */
  clock: string
}

export const echoNamespace = "dod-echo@cc-ci-verifier"

/** How far the clocks of those that are compared may be apart. */
export const clockToleranceMs = 120_000

/** A new nonce for one run that starts within these hours. */
export function newChallenge(target: string, hours: number, now = new Date()): Challenge {
  const expires = new Date(now.getTime() + hours * 3_600_000).toISOString()
  return { kind: "challenge", target, nonce: randomBytes(32).toString("hex"), issued: now.toISOString(), expires }
}

/** The challenges in the ledger of `ci`, with the entry that each stands in. */
export function challengesIn({ lines, entries }: Lane): { challenge: Challenge; entry: Entry }[] {
  return lines.flatMap((line, index) => {
    const entry = entries[index]
    return line.kind === "challenge" && entry !== undefined ? [{ challenge: line, entry }] : []
  })
}

/** The oldest challenge that no run has used and that still holds, or nothing. */
export function unusedChallenge(lanes: Lane[], now = new Date()): Challenge | undefined {
  const used = new Set(lanes.flatMap(({ runs }) => runs.map(({ start }) => start.challenge?.nonce)))
  return lanes
    .filter(({ name }) => name === "ci")
    .flatMap(challengesIn)
    .map(({ challenge }) => challenge)
    .find(({ nonce, expires }) => !used.has(nonce) && Date.parse(expires) > now.getTime())
}

/** What the host answered, if it was this host, this run and this nonce; else why it does not count. */
export async function answerOf({ start, end }: RunRecord): Promise<{ answer: Answer } | { why: string }> {
  const echo = start.challenge
  if (echo === undefined) return { why: "it met no challenge" }
  const { said, signature, hostKey } = echo
  if (said === undefined || signature === undefined || hostKey === undefined) {
    return { why: `the host did not echo its nonce${echo.why === undefined ? "" : `: ${echo.why}`}` }
  }
  const host = { principal: "host", namespace: echoNamespace }
  const line = `host namespaces="${echoNamespace}" ${hostKey}`
  const verified = await verifySignature({ bytes: said, signature }, host, [line])
  if (!verified.good) return { why: `the echo is not signed by the host: ${verified.why}` }
  const answer = JSON.parse(said) as Answer
  if (canonical(answer) !== said) return { why: "the echo is not in canonical form" }
  if (answer.nonce !== echo.nonce) return { why: "the host echoed another nonce" }
  if (answer.run !== start.run) return { why: "the echo was made for another run" }
  const known = end?.subject.hostKeyFingerprint
  if (known !== undefined && known !== fingerprintOf(hostKey)) return { why: "another host echoed than was looked at" }
  const skew = skewOf(echo, answer)
  return skew === undefined ? { answer } : { why: skew }
}

function skewOf(echo: Echo, { clock }: Answer): string | undefined {
  const [sent, answered, host] = [echo.sent, echo.answered, clock].map(Date.parse) as [number, number, number]
  const incus = echo.incusOffsetMilliseconds
  if (incus === undefined) return `the clock of Incus is not known${echo.incusWhy ? `: ${echo.incusWhy}` : ""}`
  const offset = Math.max(sent - host, host - answered, Math.abs(incus))
  const sane = answered >= sent && offset <= clockToleranceMs
  return sane
    ? undefined
    : `clocks disagree: asked at ${echo.sent}, answered at ${echo.answered}, the host's ${clock}, Incus off by ${incus} ms`
}
