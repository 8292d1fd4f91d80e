// Everything that more than one part of the page shows, worked out once.

import type { Check, Item } from "../definition.ts"
import type { Lane } from "../lane.ts"
import { type Known, latest } from "../latest.ts"
import type { RunRecord, Subject } from "../ledger.ts"
import type { Role } from "../roles.ts"
import type { Asked } from "./asked.ts"
import { type Change, changeOf, type Past, pastsOf } from "./past.ts"

/** The order of the columns: who certifies comes in the middle of who builds and who repeats. */
export const columns: readonly Role[] = ["builder", "adversary", "ci"]

export interface Model extends Asked {
  lane(role: Role): Lane | undefined
  /** The newest record of each check, whoever saw it, as REVIEW.md has it. */
  known: Map<string, Known>
  past(role: Role, id: string): Past | undefined
  change(role: Role, id: string): Change | undefined
  /** The item or check that an id names, where the definition has it. */
  defined: Map<string, Item | Check>
  /** What the Adversary's newest run was about. */
  subject: Subject
  /** The runs that anything shown comes from: newest first, and the newest of each role among them. */
  runs: RunRecord[]
}

export function modelOf(asked: Asked): Model {
  const lane = (role: Role) => asked.lanes.find(({ name }) => name === role)
  const pasts = new Map(columns.map((role) => [role, pastsOf(lane(role))]))
  const past = (role: Role, id: string) => pasts.get(role)?.get(id)
  const changes = new Map(
    [...pasts].map(([role, seen]) => [role, new Map([...seen].map(([id, one]) => [id, changeOf(one)]))]),
  )
  const ids = asked.definition.flatMap(({ checks }) => checks.map(({ id }) => id))
  const behind = columns.flatMap((role) => ids.flatMap((id) => past(role, id)?.newest.run ?? []))
  const newest = columns.flatMap((role) => lane(role)?.runs.at(-1) ?? [])
  return {
    ...asked,
    lane,
    known: latest(columns.map((role) => lane(role)?.runs ?? [])),
    past,
    change: (role, id) => changes.get(role)?.get(id),
    defined: new Map(asked.definition.flatMap((item) => [item, ...item.checks]).map((one) => [one.id, one])),
    subject: lane("adversary")?.runs.findLast(({ end }) => end !== undefined)?.end?.subject ?? {},
    runs: [...new Set([...newest, ...behind])].sort((a, b) => (a.start.started < b.start.started ? 1 : -1)),
  }
}

/** Whether a run looked at another target than this one. A boot alone makes no other of it. */
export function isOther(run: RunRecord, subject: Subject): boolean {
  const seen = (run.end?.subject ?? {}) as Record<string, string | undefined>
  return Object.entries(subject).some(
    ([field, value]) => field !== "bootId" && seen[field] !== undefined && seen[field] !== value,
  )
}

/** Signed from its first entry to its last; whether by whom it should be, only the gate says. */
export function isSigned({ entries = [] }: RunRecord): boolean {
  return entries.length > 0 && entries.every(({ signature }) => signature !== undefined)
}
