// The install document at the head of the base's branch, and whether the target file fills what it declares.

import { createHash } from "node:crypto"
import type { Sharing } from "../evidence.ts"
import { type InstallDoc, readInstallDoc } from "../install-doc.ts"
import { pinnedBase } from "../pinned.ts"
import type { Target } from "../target.ts"

export interface Documented extends InstallDoc {
  path: string
  /** Of the base repo. */
  commit: string
  /** Hex, of the document's bytes. */
  sha256: string
}

export async function documented({ cleanRoom, documents, ...target }: Target, sharing: Sharing): Promise<Documented> {
  const whole = { cleanRoom, documents, ...target }
  const { base, baseRev } = await sharing.shared("the base repo", () => pinnedBase(whole))
  const bytes = await base.fileAt(baseRev, documents.install)
  if (bytes === undefined) throw new Error(`${documents.install} is not in ${base.url} at ${baseRev}`)
  const read = await readInstallDoc(bytes.toString())
  const filled = cleanRoom.allowed ? Object.keys(cleanRoom.variables) : []
  const unset = read.variables.filter((name) => !filled.includes(name))
  const undeclared = filled.filter((name) => !read.variables.includes(name))
  return {
    ...read,
    defects: [
      ...unset.map((name) => ({ line: 1, what: `it declares ${name}, which cleanRoom.variables does not set` })),
      ...undeclared.map((name) => ({ line: 1, what: `it does not declare ${name}, which cleanRoom.variables sets` })),
      ...read.defects,
    ],
    path: documents.install,
    commit: baseRev,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  }
}
