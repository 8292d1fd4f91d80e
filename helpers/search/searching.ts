// One search for everything: the plan that all grounds share, and what it does not search for.

import type { Secret } from "../secret.ts"
import { type Canaries, newCanaries } from "./canaries.ts"
import { type SearchPlan, searchPlan } from "./engine.ts"
import type { KnownSecrets } from "./known-secrets.ts"
import { type Needle, type NotSearched, needlesOf } from "./needles.ts"

export interface Searching {
  plan: SearchPlan
  needles: Needle[]
  canaries: Canaries
  /** Names of the secrets that git seals and the keys, and of those that must be nowhere. */
  names: { known: string[]; nowhere: string[] }
  /** Values of leaves that hold what must be nowhere, `LEAF holds NAME`. */
  sealed: string[]
  notSearched: NotSearched[]
  /** Versions of documents that could not be opened. */
  unopened: string[]
}

/** Throws when nothing that is known can be searched for: then no search says anything. */
export function searching({ secrets, nowhere, unopened }: KnownSecrets): Searching {
  const canaries = newCanaries()
  const real = needlesOf([...nowhere, ...secrets])
  if (real.needles.length === 0) throw new Error("no secret can be searched for: there is nothing to search with")
  const control = needlesOf(Object.values(canaries))
  const needles = [...control.needles, ...real.needles]
  return {
    plan: searchPlan(needles),
    needles,
    canaries,
    names: { known: secrets.map(({ name }) => name), nowhere: nowhere.map(({ name }) => name) },
    sealed: nowhere.flatMap((one) =>
      secrets.filter((leaf) => holds(leaf, one)).map(({ name }) => `${name} holds ${one.name}`),
    ),
    notSearched: real.notSearched,
    unopened,
  }
}

const holds = (leaf: Secret, one: Secret) => leaf.reveal().includes(one.reveal())
