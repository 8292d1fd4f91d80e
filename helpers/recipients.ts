// Who can open the sops documents: what stands beside each age file, and what the keys at hand really open.

import type { AgeIdentity } from "./age.ts"
import { openAge } from "./age.ts"
import type { Mirror } from "./git.ts"
import { blobOf, type History } from "./git-history.ts"
import type { SealedDocument } from "./sealed-documents.ts"
import type { SopsDocument } from "./sops.ts"
import { documentOf } from "./sops-history.ts"

/** A document, with the recipient beside each of its age files and the recipient whose key opened that very file. */
export interface Readers {
  path: string
  keys: { written: string; openedBy: string | null }[]
  /** Keys of other kinds, as `pgp FINGERPRINT`. */
  others: string[]
}

/** Tries each identity on each age file; nothing written beside it is believed. Damaged age files are opened by nobody. */
export async function readersOf(documents: SealedDocument[], identities: AgeIdentity[]): Promise<Readers[]> {
  return Promise.all(
    documents.map(async ({ path, document }) => ({
      path,
      keys: await Promise.all(
        document.metadata.keyGroups
          .flatMap(({ age }) => age)
          .map(async ({ recipient, armored }) => ({
            written: recipient,
            openedBy: await openerOf(armored, identities, path),
          })),
      ),
      others: document.metadata.keyGroups.flatMap(({ others }) => others),
    })),
  )
}

async function openerOf(armored: string, identities: AgeIdentity[], path: string): Promise<string | null> {
  for (const identity of identities) {
    const opened = await openAge(armored, identity, path).catch(() => null)
    if (opened !== null) return identity.recipient
  }
  return null
}

export const writtenRecipients = ({ metadata }: SopsDocument): string[] =>
  [...new Set(metadata.recipients.flat())].sort()

/** Every set of recipients that a document ever had, with the versions that had it, `PATH at COMMIT`. */
export async function formerRecipients(secrets: Mirror, history: History): Promise<Map<string, string[]>> {
  const sets = new Map<string, string[]>()
  for (const { path, blob, mode, commit } of history.versions) {
    if (!mode.startsWith("100") || path === ".sops.yaml") continue
    const document = documentOf(await blobOf(secrets, blob), path)
    if (document === undefined) continue
    const set = writtenRecipients(document).join(" ")
    sets.set(set, [...(sets.get(set) ?? []), `${path} at ${commit.slice(0, 12)}`])
  }
  return sets
}
