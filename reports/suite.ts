import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import { version } from "vitest/node"
import type { Start } from "./ledger.ts"

/** Which suite judges: a verdict holds for the rules it was reached by. */
export async function suiteAt(root: string): Promise<Start["suite"]> {
  const git = async (...args: string[]) => (await execa("git", args, { cwd: root })).stdout
  const lockfile = await readFile(join(root, "package-lock.json"))
  return {
    commit: await git("rev-parse", "HEAD"),
    dirty: (await git("status", "--porcelain")) !== "",
    lockfileSha256: createHash("sha256").update(lockfile).digest("hex"),
    node: process.version,
    vitest: version,
  }
}
