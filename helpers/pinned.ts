// What git pins: the base at its branch, the secrets at the revision the base locks, and the sops document in it, opened.

import { type AgeIdentity, identitiesIn } from "./age.ts"
import { type LockedInput, lockedInput } from "./flake.ts"
import { type Mirror, mirror } from "./git.ts"
import { Secret } from "./secret.ts"
import { parseSops } from "./sops.ts"
import { type OpenedSops, openSops } from "./sops-open.ts"
import { readSecretSource, type Target } from "./target.ts"

export interface PinnedBase {
  base: Mirror
  /** The commit the base's branch is at. */
  baseRev: string
}

export interface PinnedSecrets {
  secrets: Mirror
  locked: LockedInput & { rev: string }
  /** The sops document at the locked revision, opened with the recovery key. */
  sops: OpenedSops
}

/** The recovery key: exactly one identity. */
export async function recoveryIdentity({ sops }: Target): Promise<AgeIdentity> {
  const [identity, ...more] = identitiesIn(new Secret("recovery key", await readSecretSource(sops.recoveryKey)))
  if (identity === undefined || more.length > 0) throw new Error("the recovery key's file holds several identities")
  return identity
}

/** A fresh copy of the secrets repo. */
export const secretsMirror = (target: Target): Promise<Mirror> =>
  mirror(target.repos.secrets, "secrets", target.resolve)

/** A fresh copy of the base, and where its branch is. */
export async function pinnedBase(target: Target): Promise<PinnedBase> {
  const base = await mirror(target.repos.base, "base", target.resolve)
  return { base, baseRev: await base.revOf(target.repos.base.branch) }
}

/** The secrets input as flake.lock pins it. Throws when there is no such input, or no revision. */
export async function lockedRev(
  { flake: { input } }: Target,
  { base, baseRev }: PinnedBase,
): Promise<LockedInput & { rev: string }> {
  const locked = await lockedInput(base, baseRev, input)
  const rev = locked?.rev
  if (locked === undefined || rev === undefined) {
    throw new Error(`flake.lock at ${baseRev} of ${base.url} pins no revision of the input ${input}`)
  }
  return { ...locked, rev }
}

/**
 * The secrets at the revision that flake.lock pins, opened with the recovery key, MAC verified. Throws when there is no
 * such input or revision, when the key does not open the document, and when it is not whole.
 */
export async function pinnedSecrets(
  target: Target,
  { base, baseRev }: PinnedBase,
  copy?: Mirror,
): Promise<PinnedSecrets> {
  const locked = await lockedRev(target, { base, baseRev })
  const { rev } = locked
  const secrets = copy ?? (await secretsMirror(target))
  const bytes = await secrets.fileAt(rev, target.sops.file)
  if (bytes === undefined) throw new Error(`${target.sops.file} is not in ${secrets.url} at the locked revision ${rev}`)
  const identity = await recoveryIdentity(target)
  return { secrets, locked, sops: await openSops(parseSops(bytes, target.sops.file), identity) }
}
