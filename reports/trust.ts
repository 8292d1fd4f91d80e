// What whoever judges trusts: the signers, and the ledgers as they were, on a branch that the judged cannot change.

import { mirror } from "../helpers/git.ts"
import type { Target } from "../helpers/target.ts"
import { sourcesIn } from "../helpers/target-files.ts"
import { readSigners, type Signers } from "./allowed-signers.ts"
import { type Role, roles } from "./roles.ts"
import type { KeySource } from "./signer.ts"

export interface Trust {
  signers: Signers
  /** For whoever reads what was trusted: URL, branch, commit, path. */
  from: string
  /** The text of each role's ledger as the branch has it, if ledgers are kept there. */
  ledgers: Map<string, string>
}

/** Reads signers and ledgers from the protected branch that the target file names. Throws where they cannot be read. */
export async function trustOf({ roles: signing, resolve }: Target): Promise<Trust | undefined> {
  if (signing === undefined) return undefined
  const { url, branch, allowedSigners, ledgers } = signing.trust
  const copy = await mirror(signing.trust, "trust", resolve)
  const rev = await copy.revOf(branch)
  const place = `${allowedSigners} on ${branch} of ${url}`
  const text = await copy.fileAt(rev, allowedSigners)
  if (text === undefined) throw new Error(`there is no ${place}: commit it there, a line for each role that signs`)
  const kept = new Map<string, string>()
  for (const role of ledgers === undefined ? [] : roles) {
    const ledger = await copy.fileAt(rev, `${ledgers}/${role}.jsonl`)
    if (ledger !== undefined) kept.set(role, ledger.toString())
  }
  return { signers: readSigners(text.toString(), place), from: `${place} (${rev})`, ledgers: kept }
}

/** The key of each role that the target file gives one. */
export function keysOf({ roles: signing }: Target): Partial<Record<Role, KeySource>> {
  const named = roles.flatMap((role) => {
    const key = signing?.[role]?.key
    return key === undefined ? [] : [[role, key] as const]
  })
  return Object.fromEntries(named)
}

/** The environment variables that the target file names as holding a credential. */
export function credentialsOf(target: Target): string[] {
  return [...sourcesIn(target)].flatMap(({ source }) => ("env" in source ? [source.env] : []))
}
