// Every sops document at the revision that the base locks, opened with the recovery key and nothing else.

import type { AgeIdentity } from "./age.ts"
import type { Mirror } from "./git.ts"
import { contentsOf, isFile, treeOf } from "./git-history.ts"
import { lockedRev, type PinnedBase } from "./pinned.ts"
import type { Secret } from "./secret.ts"
import type { SopsDocument } from "./sops.ts"
import { documentOf, looksSealed } from "./sops-history.ts"
import { type OpenedSops, openSops } from "./sops-open.ts"
import type { Target } from "./target.ts"

export interface SealedDocument {
  /** Path in the secrets repo. */
  path: string
  document: SopsDocument
  /** Undefined when the key does not open it, or sops would refuse what it opens. */
  opened?: OpenedSops
  /** Why it was not opened; never a value. */
  why?: string
}

export interface LockedDocuments {
  /** 40 hex digits. */
  rev: string
  lockSha256: string
  documents: SealedDocument[]
}

/** Looks at every file of the locked revision; throws when the lock pins none, or the repo does not have it. */
export async function lockedDocuments(
  target: Target,
  base: PinnedBase,
  secrets: Mirror,
  identity: AgeIdentity,
): Promise<LockedDocuments> {
  const { rev, lockSha256 } = await lockedRev(target, base)
  const documents: SealedDocument[] = []
  const files = (await treeOf(secrets, rev)).filter((entry) => isFile(entry) && entry.path !== ".sops.yaml")
  for await (const [{ path }, bytes] of contentsOf(secrets, files)) {
    const document = documentOf(bytes, path)
    if (document === undefined) {
      if (looksSealed(bytes))
        throw new Error(`${path} at ${rev} is of sops and cannot be read, so nobody knows what it seals`)
      continue
    }
    try {
      documents.push({ path, document, opened: await openSops(document, identity) })
    } catch (cause) {
      documents.push({ path, document, why: (cause as Error).message })
    }
  }
  return { rev, lockSha256, documents }
}

/** The leaves of a document, none when git has no such document. Throws when it was not opened. */
export function leavesOf({ rev, documents }: LockedDocuments, path: string): string[] {
  const found = documents.find((one) => one.path === path)
  if (found !== undefined && found.opened === undefined) {
    throw new Error(`${path} at ${rev} was not opened: ${found.why}`)
  }
  return found?.opened?.names() ?? []
}

/**
 * The value that git has for a leaf of a document; undefined when it has no such document or leaf. Throws when the
 * document was not opened.
 */
export function leafInGit({ rev, documents }: LockedDocuments, path: string, leaf: string): Secret | undefined {
  const found = documents.find((one) => one.path === path)
  if (found === undefined) return undefined
  if (found.opened === undefined) throw new Error(`${path} at ${rev} was not opened: ${found.why}`)
  // sops-nix takes the whole of a document under no key; of a binary one that is its only value.
  const names = found.opened.names()
  if (leaf === "" && names.join() !== "data")
    throw new Error(`${path}: a whole document of several values is not compared`)
  const name = leaf === "" ? "data" : leaf
  return names.includes(name) ? found.opened.leaf(name) : undefined
}
