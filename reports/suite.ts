import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import { version } from "vitest/node"
import type { Suite } from "./ledger.ts"

/** Which suite judges: a verdict holds for the rules it was reached by. */
export async function suiteAt(root: string): Promise<Suite> {
  const git = async (...args: string[]) => (await execa("git", args, { cwd: root })).stdout
  const sha256Of = async (file: string) =>
    createHash("sha256")
      .update(await readFile(join(root, file)))
      .digest("hex")
  return {
    commit: await git("rev-parse", "HEAD"),
    dirty: (await git("status", "--porcelain")) !== "",
    lockfileSha256: await sha256Of("package-lock.json"),
    definitionSha256: await sha256Of("docs/definition-of-done.md"),
    node: process.version,
    vitest: version,
  }
}
