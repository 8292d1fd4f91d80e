// How far a path of the cold build is proven; docs/byte-identical.md says what each tier means.

import type { PathInfo } from "./nix-path-info.ts"
import { verifies } from "./nix-signature.ts"

export type Tier = "rebuilt" | "signature verified" | "content-addressed" | "not proven"

/** Whether a key of the target file signed this hash, size and references. */
export const vouchedBy = (publicKeys: string[]) => (info: PathInfo) =>
  info.signatures.some((signature) => verifies(info, signature, publicKeys))

/** The tier of a path of a store that was empty before the build. */
export function tierOf(info: PathInfo, publicKeys: string[]): Tier {
  if (info.ultimate) return "rebuilt"
  if (vouchedBy(publicKeys)(info)) return "signature verified"
  return info.ca === undefined ? "not proven" : "content-addressed"
}

/** How many paths there are of each tier. */
export function tiersOf(closure: Iterable<PathInfo>, publicKeys: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const info of closure) {
    const tier = tierOf(info, publicKeys)
    counts[tier] = (counts[tier] ?? 0) + 1
  }
  return counts
}
