// The secrets repo, every version of every file: what is no sops document, and what in one is not sealed.

import { parse } from "yaml"
import type { AgeIdentity } from "./age.ts"
import type { Mirror } from "./git.ts"
import { contentsOf, type History, isFile, isSubmodule, type Version } from "./git-history.ts"
import { parseSops, type SopsDocument } from "./sops.ts"
import { openSops, SopsIdentityError, SopsMacError, SopsValueError } from "./sops-open.ts"

export interface SealedHistory {
  /** Versions of sops documents, `PATH at COMMIT`. */
  documents: string[]
  /** Versions that are neither sops documents nor the rules, and why. */
  strangers: string[]
  /** What in a sops document is not sealed, not strict or not authenticated; never the value. */
  unsealed: string[]
}

const rules = ".sops.yaml"

/** Looks at every version; opens each document with the recovery key to verify its MAC. Throws when the key opens one not. */
export async function sealedHistory(repo: Mirror, history: History, identity: AgeIdentity): Promise<SealedHistory> {
  const sealed: SealedHistory = { documents: [], strangers: [], unsealed: [] }
  const placeOf = ({ path, commit }: Version) => `${path} at ${commit.slice(0, 12)}`
  for (const version of history.versions.filter((version) => !isFile(version))) {
    sealed.strangers.push(`${placeOf(version)}: a ${isSubmodule(version) ? "submodule" : "symbolic link"}`)
  }
  const files = history.versions.filter((version) => isFile(version) && version.path !== rules)
  for await (const [version, bytes] of contentsOf(repo, files)) {
    const where = placeOf(version)
    const document = documentOf(bytes, version.path)
    if (document === undefined) {
      sealed.strangers.push(`${where}: no sops document`)
      continue
    }
    sealed.documents.push(where)
    if (version.mode === "100755") sealed.strangers.push(`${where}: executable`)
    if (!(await isRuled(repo, version))) sealed.strangers.push(`${where}: no creation rule matches it`)
    sealed.unsealed.push(...(await unsealedIn(document, identity)).map((what) => `${where}: ${what}`))
  }
  return sealed
}

/** Whether bytes look as if sops had made them, in any of its formats, whatever a strict reader says of them. */
export const looksSealed = (bytes: Buffer): boolean =>
  bytes.includes("ENC[AES256_GCM,") || /^\s*"?sops(?:_\w+|"?\s*:|\])/m.test(bytes.toString("latin1"))

/** A sops document, or undefined for anything else. */
export function documentOf(bytes: Buffer, path: string): SopsDocument | undefined {
  try {
    const document = parseSops(bytes, path)
    return document.problems.some(({ kind }) => kind === "no sops metadata") ? undefined : document
  } catch {
    return undefined
  }
}

/** Whether a creation rule of the same commit matches the path; without a pattern a rule matches everything. */
async function isRuled(repo: Mirror, { path, commit }: Version): Promise<boolean> {
  const bytes = await repo.fileAt(commit, rules)
  const found =
    bytes === undefined ? undefined : (parse(bytes.toString()) as { creation_rules?: { path_regex?: string }[] })
  return (found?.creation_rules ?? []).some(
    ({ path_regex }) => path_regex === undefined || new RegExp(path_regex).test(path),
  )
}

async function unsealedIn(document: SopsDocument, identity: AgeIdentity): Promise<string[]> {
  const problems = document.problems.map(
    ({ kind, path, line }) => `${kind} at ${path || "the top"}${line === undefined ? "" : `, line ${line}`}`,
  )
  const clear = document.leaves
    .filter(({ value, selected }) => value.kind === "clear" && !selected)
    .map(({ path, line }) => `left readable by its rules: ${path.join("/")}, line ${line}`)
  const found = [...problems, ...clear]
  try {
    const { unopenedComments } = await openSops(document, identity)
    return [...found, ...unopenedComments.map((line) => `comment that is not sealed with the data key, line ${line}`)]
  } catch (error) {
    if (error instanceof SopsMacError) return [...found, "the MAC is not that of its values"]
    if (error instanceof SopsValueError) return [...found, "a value that was not sealed for its place"]
    // A file that is too strange to be opened has been found wanting already.
    if (error instanceof SopsIdentityError || problems.length === 0) throw error
    return found
  }
}
