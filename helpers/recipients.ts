// Who can open the sops documents: what stands beside each age file, and what the keys at hand really open.

import type { AgeIdentity } from "./age.ts"
import { openAge, stanzasOf } from "./age.ts"
import type { Mirror } from "./git.ts"
import { contentsOf, type History, isFile } from "./git-history.ts"
import type { SealedDocument } from "./sealed-documents.ts"
import type { SopsDocument } from "./sops.ts"
import { documentOf } from "./sops-history.ts"

/** One age file of a document. */
export interface Reader {
  /** The recipient written beside it, and the one whose key opened that very file. */
  written: string
  openedBy: string | null
  /** How many keys open it: one for each stanza, whoever they are for; null when it is damaged. */
  stanzas: number | null
}

export interface Readers {
  path: string
  keys: Reader[]
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
            stanzas: stanzasIn(armored, path),
          })),
      ),
      others: document.metadata.keyGroups.flatMap(({ others }) => others),
    })),
  )
}

function stanzasIn(armored: string, path: string): number | null {
  try {
    return stanzasOf(armored, path).length
  } catch {
    return null
  }
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
  const files = history.versions.filter((version) => isFile(version) && version.path !== ".sops.yaml")
  for await (const [{ path, commit }, bytes] of contentsOf(secrets, files)) {
    const document = documentOf(bytes, path)
    if (document === undefined) continue
    const set = writtenRecipients(document).join(" ")
    sets.set(set, [...(sets.get(set) ?? []), `${path} at ${commit.slice(0, 12)}`])
  }
  return sets
}
