// The ledgers as a whole, before any verdict is read from them: nothing cut, nothing changed, nothing forged on top.

import { digestOf, type Lane, textOf } from "./lane.ts"
import { purposeOf, type Role, roles } from "./roles.ts"
import { verifySignature } from "./ssh-keygen.ts"
import type { Trust } from "./trust.ts"

/** What is wrong with the ledgers of a target. Where this is not empty, no verdict in them counts. */
export async function laneReasons(target: string, lanes: Lane[], trust: Trust, at: Date): Promise<string[]> {
  const signed = await Promise.all(lanes.map((lane) => forged(lane, trust, at)))
  return [
    ...lanes.flatMap((lane) => misplaced(lane, target)),
    ...signed.flat(),
    ...cutOf(lanes),
    ...rewritten(lanes, trust),
  ]
}

// A signature vouches for its entry and, through the chain, for all before it: a signer signs on top of nothing whose
// newest signature is not its own. So the newest one speaks for the ledger.
async function forged({ name, entries }: Lane, trust: Trust, at: Date): Promise<string[]> {
  const newest = entries.findLast(({ signature }) => signature !== undefined)
  if (newest === undefined) return []
  const verified = await verifySignature(newest, purposeOf(name as Role), trust.signers.lines, at)
  return verified.good ? [] : [`the newest signature in the ledger of ${name} is not by ${name}: ${verified.why}`]
}

function misplaced({ name, lines }: Lane, target: string): string[] {
  if (!roles.some((role) => role === name)) return [`${name} is no role, but has a ledger`]
  const wrong = lines.flatMap((line, index) => {
    const place = `entry ${index + 1} in the ledger of ${name}`
    const about = line.kind === "end" ? target : line.target
    if (about !== target) return [`${place} is about ${about}`]
    if (line.kind === "start" && line.role !== name) return [`${place} is a run of the ${line.role}`]
    if (line.kind === "challenge" && name !== "ci") return [`${place} is a challenge; only ci issues them`]
    const granting = line.kind === "limitation" || line.kind === "withdrawal"
    return granting && name !== "adversary" ? [`${place} is a ${line.kind}; only the adversary grants them`] : []
  })
  return wrong
}

/** Every ledger says how far the others had come; one that is shorter now, or other, was cut or rewritten. */
function cutOf(lanes: Lane[]): string[] {
  const known = new Map(lanes.map((lane) => [lane.name, lane]))
  const digests = new Map<string, string>()
  const reasons = new Set<string>()
  for (const { name, lines } of lanes) {
    for (const { lane, size, head } of lines.flatMap(({ observed = [] }) => observed)) {
      const { entries } = known.get(lane) ?? { entries: [] }
      const entry = entries[size - 1]
      if (size === 0) continue
      if (entry === undefined) {
        reasons.add(`the ledger of ${lane} was cut: it has ${entries.length} entries, and ${name} saw ${size}`)
        continue
      }
      const key = `${lane} ${size}`
      const digest = digests.get(key) ?? digestOf(entry)
      digests.set(key, digest)
      if (digest !== head)
        reasons.add(`the ledger of ${lane} was rewritten: entry ${size} is not the one that ${name} saw`)
    }
  }
  return [...reasons]
}

function rewritten(lanes: Lane[], { ledgers, from }: Trust): string[] {
  return [...ledgers].flatMap(([role, text]) => {
    const now =
      lanes
        .find(({ name }) => name === role)
        ?.entries.map(textOf)
        .join("") ?? ""
    return now.startsWith(text)
      ? []
      : [`the ledger of ${role} is not a continuation of the one beside ${from}: cut or rewritten`]
  })
}
