// What a run brings besides its checks, gathered before the first of them: who signs, how cold it is, which nonce it meets.

import { dirname } from "node:path"
import type { Target } from "../helpers/target.ts"
import { unusedChallenge } from "./challenge.ts"
import { newestOf, probeCold, whereabouts } from "./cold-probes.ts"
import { echoOf } from "./echo.ts"
import { readLanes } from "./ledger.ts"
import { limitationsOf } from "./limited.ts"
import { ledgerFile } from "./review-file.ts"
import type { Role } from "./roles.ts"
import type { SuiteRun } from "./run-suite.ts"
import { signerOf } from "./signer.ts"
import { credentialsOf, keysOf, trustOf } from "./trust.ts"
import { verifiedOf } from "./verified.ts"

export interface Beginning {
  /** In words, for the line that a run begins with. */
  how: string
  run: Pick<SuiteRun, "signer" | "by" | "cold" | "limitations" | "verified" | "echo">
}

/** Gathers it. Throws where the target file names roles and they cannot be what it says. */
export async function beginningOf(
  target: Target,
  { role, warm, root, reports }: { role: Role; warm: boolean; root: string; reports: string },
): Promise<Beginning> {
  // Before anything of ours is on this machine: what is there now was left by somebody else.
  const lanes = await readLanes(dirname(ledgerFile(reports, target.name, role)))
  const by = await whereabouts()
  const cold = await probeCold({
    ...{ root, warm, by, env: process.env, credentials: credentialsOf(target) },
    builder: newestOf(lanes.find(({ name }) => name === "builder")?.runs ?? []),
    sharedMachine: target.roles?.sharedMachine,
  })
  const trust = await trustOf(target)
  const signer = trust === undefined ? undefined : await signerOf(role, keysOf(target), trust.signers)
  const limitations = await limitationsOf(lanes, trust)
  const verified = await verifiedOf(lanes, trust)
  const challenge = role === "adversary" && signer !== undefined ? unusedChallenge(lanes) : undefined
  const echo = challenge === undefined ? undefined : (run: string) => echoOf(target, challenge.nonce, run)
  return { how: wordsOf(role, signer?.key, challenge?.nonce), run: { signer, by, cold, limitations, verified, echo } }
}

function wordsOf(role: Role, key: string | undefined, nonce: string | undefined): string {
  if (key === undefined) return "unsigned: it opens no gate"
  if (role !== "adversary") return `signing with ${key}`
  const advice = "without a nonce, so that it opens no gate: ci issues one with `npm run done -- challenge`"
  return `signing with ${key}, ${nonce === undefined ? advice : `challenged with ${nonce.slice(0, 12)}`}`
}
