// How the units of a new machine come up: watched while it happens, and then what systemd's own journal says happened.

import { setTimeout as sleep } from "node:timers/promises"
import { utf8 } from "../fields.ts"
import type { Allowed } from "../target-clean-room.ts"
import { answer } from "./blank.ts"
import type { Throwaway } from "./throwaway.ts"

type Oneshots = Allowed["oneshots"]

export interface UnitState {
  unit: string
  /** `ACTIVE/SUB`, as systemd has it. */
  state: string
  /** `success`, or why it failed. */
  result: string
  /** From when it began to start until it was up; null while it is not. */
  milliseconds: number | null
  budgetSeconds: number
  /** How often systemd began to start it, and how often that failed, as its journal says. */
  starts: number
  failures: number
  /** How often systemd restarted it by itself. */
  restarts: number
}

export interface Convergence {
  /** Changes of state as they were seen: milliseconds since the watch began. */
  timeline: { at: number; unit: string; state: string }[]
  units: UnitState[]
  /** The declared swarm services, with how many of the tasks they want run: `1/1`; `none` for one that is not there. */
  services: { service: string; running: string }[]
  /** Every unit of the machine that has failed, of cc-ci or not. */
  failed: string[]
  /** How often the units were asked for. */
  looks: number
}

const properties = [
  "Id",
  "ActiveState",
  "SubState",
  "Result",
  "NRestarts",
  "InactiveExitTimestampMonotonic",
  "ActiveEnterTimestampMonotonic",
]

const ask = `
export LC_ALL=C
systemctl show -p ${properties.join(" -p ")} "$@" || exit 3
echo
systemctl list-units --failed --all --no-legend --plain --full | while read -r unit rest; do echo "failed=$unit"; done
`.trim()

// By the ids of messages, which no translation changes: systemd's sd-messages.h.
const history = `
since=$1
shift
for unit; do
  for id in 7d4958e842da4a758f6c1cdc7b36dcc5 be02cf6855d2428ba40df7e9d022f03d; do
    lines=$(journalctl --quiet --no-pager --since="@$since" -o cat _PID=1 UNIT="$unit" MESSAGE_ID="$id") || exit 3
    printf '%s' "$lines" | grep -c '' || :
  done
done
`.trim()

// Swarm starts tasks in its own time: after a restart the units are up before them.
const services = `docker service ls --format '{{.Name}} {{.Replicas}}'`

interface Seen {
  units: Record<string, string>[]
  failed: string[]
}

export interface Watched {
  oneshots: Oneshots
  /** Names of the swarm services that are to run. */
  swarm: string[]
}

/** Begins to watch; `settle` goes on until every unit is up, has failed or is over its budget, whichever comes first. */
export function watch(throwaway: Throwaway, { oneshots, swarm }: Watched, since: number, signal: AbortSignal) {
  const began = performance.now()
  const milliseconds = () => Math.round(performance.now() - began)
  const timeline: Convergence["timeline"] = []
  const states = new Map<string, string>()
  const startedAt = new Map<string, number>()
  let looks = 0
  let latest: Seen = { units: [], failed: [] }

  const look = async (): Promise<void> => {
    latest = await statesOf(throwaway, oneshots)
    looks++
    for (const { Id = "", ActiveState = "", SubState = "" } of latest.units) {
      const state = `${ActiveState}/${SubState}`
      if (states.get(Id) === state) continue
      states.set(Id, state)
      timeline.push({ at: milliseconds(), unit: Id, state })
      if (ActiveState !== "inactive" && !startedAt.has(Id)) startedAt.set(Id, milliseconds())
    }
  }
  /** Whether nothing more is to be waited for, of one unit. */
  const over = ({ Id = "", ActiveState = "" }: Record<string, string>, idle: number) => {
    if (ActiveState === "active" || ActiveState === "failed") return true
    const budget = 1000 * (oneshots.find(({ unit }) => unit === Id)?.seconds ?? 0)
    // What was never started has its budget from when the document had been followed.
    return milliseconds() - (startedAt.get(Id) ?? idle) > budget
  }
  const overBudget = () => latest.units.some((unit) => unit.ActiveState === "activating" && over(unit, 0))
  return {
    look,
    overBudget,
    settle: async (): Promise<Convergence> => {
      const idle = milliseconds()
      for (;;) {
        await look()
        if (latest.units.some(({ ActiveState }) => ActiveState === "failed")) break
        if (latest.units.every((unit) => over(unit, idle))) break
        await sleep(300, undefined, { signal })
      }
      // Where a unit is not up, nothing more is to be waited for.
      const up = latest.units.every(({ ActiveState }) => ActiveState === "active")
      const budget = up ? 1000 * Math.max(...oneshots.map(({ seconds }) => seconds)) : 0
      const running = await settledServices(throwaway, swarm, budget)
      const counts = await historyOf(throwaway, oneshots, since)
      const units = latest.units.map((unit, index) => stateOf(unit, oneshots, counts.slice(2 * index, 2 * index + 2)))
      return { timeline, units, services: running, failed: latest.failed, looks }
    },
  }
}

function stateOf(unit: Record<string, string>, oneshots: Oneshots, [starts = 0, failures = 0]: number[]): UnitState {
  const { Id = "", ActiveState = "", SubState = "", Result = "", NRestarts = "0" } = unit
  const [from, to] = [unit.InactiveExitTimestampMonotonic, unit.ActiveEnterTimestampMonotonic].map(Number)
  const milliseconds = ActiveState === "active" && from && to ? Math.round((to - from) / 1000) : null
  const budgetSeconds = oneshots.find((one) => one.unit === Id)?.seconds ?? 0
  return {
    unit: Id,
    state: `${ActiveState}/${SubState}`,
    result: Result,
    milliseconds,
    budgetSeconds,
    starts,
    failures,
    restarts: Number(NRestarts),
  }
}

async function statesOf(throwaway: Throwaway, oneshots: Oneshots): Promise<Seen> {
  const names = oneshots.map(({ unit }) => unit)
  const ran = await throwaway.exec(["/bin/sh", "-lc", ask, "sh", ...names], { timeoutMs: 30_000 })
  const text = utf8(throwaway.name, answer(throwaway, ran, "asking systemd for its units").stdout)
  const blocks = text.split("\n\n").map((block) => block.trim().split("\n").filter(Boolean))
  const units = blocks
    .map((lines) =>
      Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])),
    )
    .filter(({ Id }) => Id !== undefined)
  const missing = names.filter((name) => !units.some(({ Id }) => Id === name))
  if (missing.length > 0) throw new Error(`${throwaway.name}: systemd says nothing of ${missing.join(", ")}`)
  const failed = text.split("\n").flatMap((line) => (line.startsWith("failed=") ? [line.slice(7)] : []))
  return { units: names.map((name) => units.find(({ Id }) => Id === name) ?? {}), failed }
}

/** Waits until every service has all its tasks running, as long as the units may take; says how it is then. */
async function settledServices(
  throwaway: Throwaway,
  names: string[],
  budget: number,
): Promise<Convergence["services"]> {
  const until = Date.now() + budget
  for (;;) {
    const ran = await throwaway.exec(["/bin/sh", "-lc", services], { timeoutMs: 30_000 })
    // Where the swarm did not come up there is nothing to ask.
    const lines = ran.exitCode === 0 ? utf8(throwaway.name, ran.stdout).trim().split("\n") : []
    const known = new Map(lines.map((line): [string, string] => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]))
    const found = names.map((service) => ({ service, running: known.get(service) ?? "none" }))
    if (found.every(({ running }) => isWhole(running)) || Date.now() > until) return found
    await sleep(300)
  }
}

/** `3/3`, and not `0/0`. */
export const isWhole = (running: string): boolean => /^([1-9]\d*)\/\1$/.test(running)

async function historyOf(throwaway: Throwaway, oneshots: Oneshots, since: number): Promise<number[]> {
  const argv = ["/bin/sh", "-lc", history, "sh", String(since), ...oneshots.map(({ unit }) => unit)]
  const ran = answer(throwaway, await throwaway.exec(argv), "asking the journal for the units' history")
  const counts = utf8(throwaway.name, ran.stdout).trim().split(/\s+/).map(Number)
  if (counts.length !== 2 * oneshots.length || counts.some(Number.isNaN))
    throw new Error(`${throwaway.name}: the journal's history of ${oneshots.length} units is not whole`)
  return counts
}

/** Seconds since 1970, as the machine's own clock has it: what its journal is asked by. */
export async function clockOf(throwaway: Throwaway): Promise<number> {
  const ran = answer(throwaway, await throwaway.exec(["/bin/sh", "-lc", "date +%s"]), "asking for its clock")
  return Number(utf8(throwaway.name, ran.stdout))
}
