// Signing as a role: with its own key, which no other role's process may have.

import { access, constants, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Signers } from "./allowed-signers.ts"
import type { Entry } from "./lane.ts"
import { purposeOf, type Role, roles } from "./roles.ts"
import { agentKeys, sign, verifySignature } from "./ssh-keygen.ts"

/** A private key's file (or the handle of one in a token), or the fingerprint of a key that the agent holds. */
export type KeySource = { file: string } | { agent: string }

export interface Signer {
  role: Role
  /** What it signs with, for messages. */
  key: string
  /** SSHSIG, base64. */
  sign(bytes: string): Promise<string>
  /** Why an entry is not this role's, or nothing if it is. */
  refuses(entry: Entry): Promise<string | undefined>
}

/** A role's key cannot be used; the message says which and what to do. */
export class SignerError extends Error {
  override name = "SignerError"
}

/** The signer of a role, or nothing where the target file gives it no key: then its runs are unsigned, and say so. */
export async function signerOf(
  role: Role,
  keys: Partial<Record<Role, KeySource>>,
  signers: Signers,
): Promise<Signer | undefined> {
  const key = keys[role]
  if (key === undefined) return undefined
  const held = await agentKeys()
  for (const other of roles) {
    const theirs = keys[other]
    if (other === role || theirs === undefined || !(await withinReach(theirs, held))) continue
    throw new SignerError(
      `whoever runs this could sign as ${other}, too: ${named(theirs)} is within reach; two keys that one process can ` +
        `use are one role. Keep each key with another user, machine or token, and only run as ${role} where its key is`,
    )
  }
  return {
    role,
    key: named(key),
    sign: "file" in key ? (bytes) => sign(bytes, key.file, purposeOf(role)) : (bytes) => signByAgent(bytes, key.agent),
    refuses: async (entry) => {
      const verified = await verifySignature(entry, purposeOf(role), signers.lines)
      return verified.good ? undefined : verified.why
    },
  }

  async function signByAgent(bytes: string, fingerprint: string): Promise<string> {
    const line = held.get(fingerprint)
    if (line === undefined) {
      throw new SignerError(
        `the agent has no key ${fingerprint}: ssh-add it, and see that SSH_AUTH_SOCK names the agent`,
      )
    }
    const scratch = await mkdtemp(join(tmpdir(), "cc-ci-verifier-key-"))
    try {
      // A public key: ssh-keygen asks the agent for the private one.
      const file = join(scratch, "key.pub")
      await writeFile(file, `${line}\n`)
      return await sign(bytes, file, purposeOf(role))
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }
}

async function withinReach(key: KeySource, held: Map<string, string>): Promise<boolean> {
  if ("agent" in key) return held.has(key.agent)
  return access(key.file, constants.R_OK).then(
    () => true,
    () => false,
  )
}

function named(key: KeySource): string {
  return "agent" in key ? `the agent's key ${key.agent}` : key.file
}
