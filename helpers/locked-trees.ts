// Every input a flake locks, its bytes recomputed where we can have them, and what was relied on where we cannot.

import type { FlakeNode } from "./flake.ts"
import { type Mirror, mirror } from "./git.ts"
import { narOfGitTree } from "./nar.ts"
import { parseHash, sri } from "./nix-hash.ts"

export interface LockedTree {
  /** The inputs that are this node, from the root. */
  input: string
  locked: Record<string, unknown>
  /** How it was checked: recomputed from git here, or not proven at all. */
  tier: "recomputed" | "not proven"
  /** `the same`, or what is not so, or why it could not be had. */
  says: string
}

/** Hashes the tree of each git input at its locked revision, from a fresh copy of the repo or one that is already here. */
export async function lockedTrees(nodes: FlakeNode[], here: Map<string, Mirror>): Promise<LockedTree[]> {
  const trees: LockedTree[] = []
  for (const { paths, locked } of nodes)
    trees.push({ input: paths.join(", "), locked, ...(await checked(locked, here)) })
  return trees
}

async function checked(
  locked: FlakeNode["locked"],
  here: Map<string, Mirror>,
): Promise<Pick<LockedTree, "tier" | "says">> {
  const { type, url, rev, narHash } = locked
  if (type !== "git" || typeof url !== "string" || typeof rev !== "string" || typeof narHash !== "string") {
    return { tier: "not proven", says: `not a git input with revision and narHash, but ${String(type)}` }
  }
  if (locked.submodules === true || locked.lfs === true || typeof locked.dir === "string") {
    return { tier: "not proven", says: "submodules, lfs and dir are not recomputed here" }
  }
  const copy = here.get(url) ?? (await mirror({ url }, "input"))
  const { narHash: actual } = await narOfGitTree(copy.directory, rev)
  const claimed = parseHash(narHash)
  return {
    tier: "recomputed",
    says: actual.equals(claimed) ? "the same" : `narHash is ${sri(actual)}, the lock says ${sri(claimed)}`,
  }
}
