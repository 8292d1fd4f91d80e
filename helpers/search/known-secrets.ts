// What is searched for: every value that git ever sealed, the keys that open it, and what must be nowhere.

import type { AgeIdentity } from "../age.ts"
import type { Mirror } from "../git.ts"
import { contentsOf, type History, isFile } from "../git-history.ts"
import type { LockedDocuments } from "../sealed-documents.ts"
import { Secret } from "../secret.ts"
import { documentOf, looksSealed } from "../sops-history.ts"
import { type OpenedSops, openSops } from "../sops-open.ts"
import { readSecretSource, type Target } from "../target.ts"

export interface KnownSecrets {
  /** Values of leaves, newest first, and the keys; each value once. */
  secrets: Secret[]
  /** What must not even be sealed. */
  nowhere: Secret[]
  /** Versions of sops documents that could not be opened, `PATH at COMMIT`, so that nobody can search for their values. */
  unopened: { where: string; why: string }[]
}

/**
 * The values of the locked revision and of every other version in the history. Throws when a document of the locked
 * revision was not opened: a search for less than all proves nothing.
 */
export async function knownSecrets(
  { certificate, secrets: { public: open }, search }: Target,
  { documents }: LockedDocuments,
  mirror: Mirror,
  history: History,
  recovery: AgeIdentity,
  bootstrap: AgeIdentity[],
): Promise<KnownSecrets> {
  const known: KnownSecrets = { secrets: [], nowhere: [], unopened: [] }
  const seen = new Set<string>()
  const add = (name: string, secret: Secret) => {
    if (secret.length === 0 || seen.has(secret.mark)) return
    seen.add(secret.mark)
    known.secrets.push(new Secret(name, secret.reveal()))
  }
  const notSecret = [certificate.certificateKey, ...open]
  const addLeaves = (opened: OpenedSops, suffix: string) => {
    for (const leaf of opened.names()) if (!notSecret.includes(leaf)) add(`${leaf}${suffix}`, opened.leaf(leaf))
  }
  for (const { path, opened, why } of documents) {
    if (opened === undefined) throw new Error(`${path} was not opened, so its values cannot be searched for: ${why}`)
    addLeaves(opened, ` of ${path}`)
  }
  const files = history.versions.filter((version) => isFile(version) && version.path !== ".sops.yaml")
  for await (const [{ path, commit }, bytes] of contentsOf(mirror, files)) {
    const document = documentOf(bytes, path)
    const where = `${path} at ${commit.slice(0, 12)}`
    if (document === undefined) {
      if (looksSealed(bytes)) known.unopened.push({ where, why: "it is of sops and cannot be read" })
      continue
    }
    try {
      addLeaves(await openSops(document, recovery), ` of ${where}`)
    } catch (cause) {
      known.unopened.push({ where, why: (cause as Error).message })
    }
  }
  add("the recovery key", recovery.key)
  for (const { key } of bootstrap) add(bootstrapKeyName, key)
  for (const { name, value } of search.nowhere) {
    const bytes = Buffer.from((await readSecretSource(value)).toString("latin1").trim(), "latin1")
    if (bytes.length === 0) throw new Error(`${name}: the source of it that the target file names is empty`)
    known.nowhere.push(new Secret(name, bytes))
  }
  return known
}

/** What findings call the host's own key, which may lie in one place. */
export const bootstrapKeyName = "the bootstrap key"
