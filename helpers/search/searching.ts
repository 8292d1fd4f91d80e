// One search for everything: the plan that all grounds share, and what it does not search for.

import type { Secret } from "../secret.ts"
import { type Canaries, newCanaries } from "./canaries.ts"
import { Scan, type SearchPlan, searchPlan } from "./engine.ts"
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
  unopened: KnownSecrets["unopened"]
}

/** Throws when nothing that is known can be searched for: then no search says anything. */
export function searching({ secrets, nowhere, unopened }: KnownSecrets): Searching {
  const canaries = newCanaries()
  const real = needlesOf([...nowhere, ...secrets])
  if (real.needles.length === 0) throw new Error("no secret can be searched for: there is nothing to search with")
  const unsearchable = nowhere.filter(({ name }) => !real.needles.some(({ secret }) => secret === name))
  if (unsearchable.length > 0) {
    const names = unsearchable.map(({ name }) => name).join(", ")
    throw new Error(`${names}: too short or too common to be searched for; is it the right value?`)
  }
  const control = needlesOf(Object.values(canaries))
  const needles = [...control.needles, ...real.needles]
  return {
    plan: searchPlan(needles),
    needles,
    canaries,
    names: { known: secrets.map(({ name }) => name), nowhere: nowhere.map(({ name }) => name) },
    sealed: secrets.flatMap((leaf) => heldBy(leaf, nowhere, real.needles)),
    notSearched: real.notSearched,
    unopened,
  }
}

/** What of these a leaf's value holds, in any form. */
function heldBy(leaf: Secret, nowhere: Secret[], needles: Needle[]): string[] {
  const names = new Set(nowhere.map(({ name }) => name))
  const found = new Set<string>()
  const scan = new Scan(searchPlan(needles.filter(({ secret }) => names.has(secret))), ({ needle }) => {
    found.add(`${leaf.name} holds ${needle.secret}`)
  })
  scan.push(leaf.reveal())
  scan.end()
  return [...found]
}
