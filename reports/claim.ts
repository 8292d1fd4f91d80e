// A branch whose STATUS.md claims DONE: whether the claim is the gate's, and the branch is what was verified.

import { execa } from "execa"
import type { Gate } from "./gate.ts"
import { digestOf, type Lane } from "./lane.ts"
import { claimIn } from "./status-file.ts"

/** What the commit that claims may touch: the claim and its evidence. */
export const claimMayTouch = /^(.*\/)?(STATUS\.md|REVIEW\.md|evidence\/.+)$/

/** Why the claim in a text does not stand, beyond the gate's own reasons. `touched` is what changed since the verified rev. */
export function claimReasons(text: string, gate: Gate, adversary: Lane | undefined, touched: string[]): string[] {
  const { baseRev, size, head } = claimIn(text)
  if (baseRev === undefined || size === undefined || head === undefined) {
    return ["DONE is claimed without the sign-off line that `npm run done -- --write` puts under it"]
  }
  const entry = adversary?.entries[size - 1]
  const strangers = touched.filter((path) => !claimMayTouch.test(path))
  return [
    ...(entry !== undefined && digestOf(entry) === head
      ? []
      : [`the sign-off line names entry ${size} of the adversary's ledger by a digest that it does not have`]),
    ...(baseRev === gate.subject.baseRev
      ? []
      : [`the sign-off line is for base ${baseRev}, verified was ${gate.subject.baseRev}`]),
    ...(strangers.length === 0
      ? []
      : [`the branch changed more than its claim since ${baseRev} was verified: ${strangers.join(", ")}`]),
  ]
}

/** The paths that differ between a rev and what is checked out in a repo, committed or not. */
export async function touchedSince(rev: string, directory: string): Promise<string[]> {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(rev)) throw new Error(`the sign-off line names no base rev, but ${rev}`)
  const git = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await execa("git", args, { cwd: directory, reject: false })
    if (exitCode !== 0)
      throw new Error(`git ${args.join(" ")} in ${directory}: ${stderr.trim()}; fetch the whole history`)
    return stdout.split("\0").filter((path) => path !== "")
  }
  const changed = await git("diff", "--name-only", "--no-renames", "-z", rev, "--")
  return [...new Set([...changed, ...(await git("ls-files", "--others", "--exclude-standard", "--full-name", "-z"))])]
}
