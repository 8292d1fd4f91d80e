// The columns of the heat map: the last runs by time, where the rules changed between them, and the nights without one.

import type { Lane } from "../lane.ts"
import type { RunRecord } from "../ledger.ts"

export interface RunColumn {
  kind: "run"
  run: RunRecord
  /** What of the suite is another than in the run before. */
  rules: string[]
}

export interface GapColumn {
  kind: "gap"
  nights: number
  /** Of the first, UTC. */
  day: string
}

export type Column = RunColumn | GapColumn

const most = 30
const hour = 3_600_000
const night = 24 * hour
// How much later than the night before a run may start.
const late = 2 * hour
const mostGaps = 7

export function columnsOf(lanes: Lane[], now: Date): Column[] {
  const runs = lanes.flatMap((lane) => lane.runs).filter((run) => !Number.isNaN(timeOf(run)))
  const shown = runs.sort((a, b) => timeOf(a) - timeOf(b)).slice(-most)
  const placed = shown.map((run, index): Placed => {
    return { time: timeOf(run), column: { kind: "run", run, rules: rulesChanged(shown[index - 1], run) } }
  })
  const nightly = runs.filter(({ start }) => start.role === "ci").map(timeOf)
  const between = nightly.flatMap((time, index) =>
    missing(nightly[index - 1], time, (nights) => Math.max(1, Math.round(nights) - 1)),
  )
  const due = missing(nightly.at(-1), now.getTime(), (nights) => Math.floor(nights - late / night))
  const gaps = [...between, ...due]
  const since = placed[0]?.time ?? Number.POSITIVE_INFINITY
  return [...placed, ...gaps.filter(({ time }) => time > since)]
    .sort((a, b) => a.time - b.time)
    .map(({ column }) => column)
}

interface Placed {
  time: number
  column: Column
}

/** A column for each night that has no run between two times; of many, the last one stands for the rest. */
function missing(from: number | undefined, to: number, count: (nights: number) => number): Placed[] {
  if (from === undefined || to - from <= night + late) return []
  const nights = count((to - from) / night)
  return Array.from({ length: Math.min(nights, mostGaps) }, (_, index) => {
    const time = from + (index + 1) * night
    const last = index === mostGaps - 1
    const day = new Date(time).toISOString().slice(0, 10)
    return { time: Math.min(time, to - 1), column: { kind: "gap", nights: last ? nights - index : 1, day } }
  })
}

function rulesChanged(before: RunRecord | undefined, { start: { suite } }: RunRecord): string[] {
  if (before === undefined) return []
  const then = before.start.suite
  return [
    ...(then.commit === suite.commit ? [] : [`suite ${then.commit.slice(0, 12)} to ${suite.commit.slice(0, 12)}`]),
    ...(then.definitionSha256 === suite.definitionSha256
      ? []
      : [`definition ${short(then.definitionSha256)} to ${short(suite.definitionSha256)}`]),
  ]
}

const short = (digest: string | undefined) => digest?.slice(0, 12) ?? "unknown"

function timeOf({ start }: RunRecord): number {
  return Date.parse(start.started)
}
