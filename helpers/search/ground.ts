// One ground that is searched: what was looked at there, what was found, and whether the search there can find anything.

import { type Allowance, applied } from "../allowances.ts"
import { missedIn, type Planted } from "./canaries.ts"
import type { SearchPlan } from "./engine.ts"
import { type Finding, type NotScanned, Report } from "./report.ts"
import type { Searching } from "./searching.ts"

export interface Ground {
  name: string
  report: Report
  /** Counts and names of what was searched, for the evidence. */
  looked: unknown
  canaries: { planted: number; missed: string[] }
  /** What was not searched since an earlier search found it clean, and is the same by its hash. */
  known?: number
}

interface Search {
  search(plan: SearchPlan, report: Report): Promise<unknown>
  /** Plants canaries and searches them by the same code. */
  control(plan: SearchPlan, report: Report): Promise<Planted[]>
}

/** Searches, the canaries first. */
export async function ground(name: string, { plan }: Searching, { search, control }: Search): Promise<Ground> {
  const own = new Report()
  const planted = await control(plan, own)
  const missed = missedIn(own, planted)
  const report = new Report()
  const looked = await search(plan, report)
  return { name, report, looked, canaries: { planted: planted.length, missed } }
}

/** Findings of these secrets, `WHERE at OFFSET: FORM of SECRET`, where `counts` says so. */
export function findingsIn(grounds: Ground[], secrets: string[], counts: (finding: Finding) => boolean = () => true) {
  const wanted = new Set(secrets)
  return grounds
    .flatMap(({ report }) => report.findings)
    .filter((finding) => wanted.has(finding.secret) && counts(finding))
    .map(
      ({ where, offset, form, secret, times }) =>
        `${where} at ${offset}: ${form} of ${secret}${times > 1 ? `, ${times} times` : ""}`,
    )
    .sort()
}

/** What a ground was, for the evidence. */
export function shownGround({ name, report, looked, canaries }: Ground) {
  const { files, bytes, unpacked, lookalikes } = report
  return { ground: name, looked, files, bytes, unpacked, lookalikes, canaries: canaries.planted }
}

type Counts = (entry: NotScanned) => boolean

/** What could not be scanned, apart from what the target file allows; and how often each allowance was used. */
export function unscannedIn(grounds: Ground[], allowed: Allowance[], counts: Counts = () => true) {
  const entries = grounds.flatMap(({ report }) => report.notScanned).filter(counts)
  const { left, used } = applied([...new Set(entries.map(({ where }) => where))], allowed)
  const lines = entries.filter(({ where }) => left.includes(where)).map(({ where, reason }) => `${where}: ${reason}`)
  const lost = grounds.filter(({ report }) => report.notScannedNotKept + report.findingsNotKept > 0)
  return { left: [...lines, ...lost.map(({ name }) => `${name}: more entries than can be kept`)].sort(), used }
}

/**
 * Throws unless everything that counts was looked at by a search that finds its canaries: a ground without findings is
 * only clean when it was searched, whole.
 */
export function wholly(grounds: Ground[], allowed: Allowance[], counts?: Counts): void {
  const missed = grounds.flatMap(({ name, canaries }) => canaries.missed.map((one) => `${name}: missed ${one}`))
  const empty = grounds
    .filter(({ report, known = 0 }) => report.files + known === 0)
    .map(({ name }) => `${name}: nothing was searched`)
  const { left } = unscannedIn(grounds, allowed, counts)
  const troubles = [...missed, ...empty, ...left]
  if (troubles.length === 0) return
  const more = troubles.length > 20 ? `\nand ${troubles.length - 20} more` : ""
  throw new Error(`not everything was searched:\n${troubles.slice(0, 20).join("\n")}${more}`)
}
