// The bytes of the host's closure, hashed here: from the one reading of the store when C3 reads it too, else by themselves.

import type { Evidence } from "./evidence.ts"
import type { PathInfo } from "./nix-path-info.ts"
import { vouchedBy } from "./nix-tier.ts"
import { type Rehashed, readingOf, rehash } from "./rehash.ts"
import { theStore } from "./search/facts.ts"
import type { Warm } from "./search/warm.ts"
import type { Ssh } from "./ssh.ts"
import type { StoreReading } from "./store-reading.ts"
import type { Target } from "./target.ts"

export interface Asked {
  /** Ids of the checks that this run judges. */
  selected: string[]
  warm: Warm
}

/** Checks that read the whole store. */
const readers = ["C3.11", "C3.13", "C3.14"]

/** Hashes what is to be read of the closure; `how` says what that was. */
export async function closureBytes(
  evidence: Evidence,
  target: Target,
  ssh: Ssh,
  closure: Map<string, PathInfo>,
  nonce: Uint8Array,
  { selected, warm }: Asked,
): Promise<Rehashed & { how: string }> {
  const read = selected.some((id) => readers.includes(id)) ? await storeOf(evidence, target, warm) : undefined
  if (read === undefined) {
    const { paths, how } = readingOf([...closure.values()], vouchedBy(target.flake.publicKeys), target.rehash, nonce)
    return { how, ...(await rehash(ssh, target.host.programs, paths)) }
  }
  const nars = new Map([...read.nars].filter(([path]) => closure.has(path)))
  const absent = [...closure.keys()].filter((path) => !nars.has(path))
  if (absent.length > 0) throw new Error(`${ssh.where}: tar left out ${absent.length} paths, ${absent[0]} first`)
  const bytes = [...nars.values()].reduce((sum, { narSize }) => sum + narSize, 0)
  return { how: "all of it, in the pass that searches the store", nars, bytes }
}

/** Undefined when the store could not be searched: why is for C3 to say, and says nothing about bytes. */
const storeOf = (evidence: Evidence, target: Target, warm: Warm): Promise<StoreReading | undefined> =>
  theStore(evidence, target, warm).then(
    ({ reading }) => reading,
    () => undefined,
  )
