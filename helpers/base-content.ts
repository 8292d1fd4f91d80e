// What a base repo must not hold: sops documents and their rules, keys, values of secrets, parts of other repos.

import type { Mirror } from "./git.ts"
import { contentsOf, isSubmodule, treeOf } from "./git-history.ts"
import { parseSops } from "./sops.ts"
import type { OpenedSops } from "./sops-open.ts"

export interface BaseContent {
  searched: number
  /** `PATH: what`, never the value. */
  found: string[]
}

/** Searches every file of a commit, whole. Values shorter than eight bytes say nothing about where they come from. */
export async function contentOf(
  repo: Mirror,
  rev: string,
  sops: OpenedSops,
  publicLeaves: string[],
): Promise<BaseContent> {
  const values = sops
    .names()
    .filter((name) => !publicLeaves.includes(name))
    .map((name) => ({ name, bytes: trimmed(sops.leaf(name).reveal()) }))
    .filter(({ bytes }) => bytes.length >= 8)
  const found: string[] = []
  const tree = await treeOf(repo, rev)
  for (const { path, mode } of tree) {
    if (/(^|\/)\.sops\.ya?ml$/.test(path)) found.push(`${path}: rules of sops`)
    if (/(^|\/)\.gitmodules$/.test(path)) found.push(`${path}: submodules`)
    if (isSubmodule({ mode })) found.push(`${path}: a submodule`)
  }
  const files = tree.filter((entry) => !isSubmodule(entry))
  for await (const [{ path }, bytes] of contentsOf(repo, files)) {
    if (isSops(bytes, path)) found.push(`${path}: a sops document`)
    if (/-----BEGIN ([A-Z]+ )*PRIVATE KEY-----|AGE-SECRET-KEY-1/.test(bytes.toString("latin1"))) {
      found.push(`${path}: a private key`)
    }
    found.push(
      ...values.filter((value) => bytes.includes(value.bytes)).map(({ name }) => `${path}: the value of ${name}`),
    )
  }
  return { searched: tree.length, found: found.sort() }
}

const trimmed = (bytes: Buffer) => Buffer.from(bytes.toString("latin1").trim(), "latin1")

function isSops(bytes: Buffer, path: string): boolean {
  if (bytes.includes("ENC[AES256_GCM,")) return true
  try {
    return !parseSops(bytes, path).problems.some(({ kind }) => kind === "no sops metadata")
  } catch {
    return false
  }
}
