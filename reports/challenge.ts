// Freshness that trusts no clock: a nonce from somebody else, which the target itself answers to.

import type { Subject } from "./ledger.ts"

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
  /** How far Incus' clock is from this machine's, where it was asked. */
  incusOffsetMilliseconds?: number
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
