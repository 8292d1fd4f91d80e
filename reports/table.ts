// The last thing a run prints: one line per check, and under a red one what was found.

import { visible } from "./captured.ts"
import type { Item } from "./definition.ts"
import type { End } from "./ledger.ts"
import type { Plan } from "./plan.ts"
import { cut, type Terminal } from "./terminal.ts"
import type { Verdict } from "./verdict.ts"

const idWidth = 7
const verdictWidth = 9
const margin = 2 + idWidth + verdictWidth

/** `places` says where the check of an id is written. */
export function printTable(
  screen: Terminal,
  definition: Item[],
  plan: Plan,
  end: End,
  places: Map<string, string>,
): void {
  const { print, paint, faint, columns } = screen
  const checks = new Map(end.checks.map((check) => [check.id, check]))
  const quiet: string[] = []
  for (const item of definition) {
    const chosen = item.checks.filter(({ id }) => checks.has(id))
    if (chosen.length === 0) {
      quiet.push(
        `${item.id} ${item.title}: not run (${plan.unspecified.has(item.id) ? "no spec yet" : "not selected"})`,
      )
      continue
    }
    const rest = item.checks.length - chosen.length
    print(`\n${item.id} ${item.title}${rest === 0 ? "" : faint(` (${rest} more not selected)`)}`)
    for (const { id, sentence } of chosen) {
      const { verdict = "not run", why = "" } = checks.get(id) ?? {}
      const shown = paint(verdict, verdict.padEnd(verdictWidth))
      print(`  ${id.padEnd(idWidth)}${shown}${cut(sentence, columns - margin)}`)
      const below = (line: string) => print(`${" ".repeat(margin)}${faint(cut(visible(line), columns - margin))}`)
      if (why !== "") below(why)
      if (verdict === "fail" || verdict === "error") below(`see ${whereOf(id, places)}${id} in REVIEW.md`)
    }
  }
  if (quiet.length > 0) print()
  for (const line of quiet) print(faint(line))
  const wrong = [...end.problems, ...end.unhandled]
  if (wrong.length > 0) print()
  for (const problem of wrong) print(`${paint("error", "error")}  ${visible(problem)}`)
}

function whereOf(id: string, places: Map<string, string>): string {
  const place = places.get(id)
  return place === undefined ? "" : `${place}, `
}

const shownWaits = 2

/** The sentence a run ends with. */
export function closing(end: End): string {
  const counts = (["pass", "limited", "fail", "error", "not run"] as Verdict[]).flatMap((verdict) => {
    const number = end.checks.filter((check) => check.verdict === verdict).length
    return number === 0 ? [] : [`${number} ${verdict}`]
  })
  const counted = counts.length === 0 ? "nothing was looked at" : counts.join(", ")
  const wrong = end.problems.length + end.unhandled.length
  const outside = wrong === 0 ? [] : [`${wrong} ${wrong === 1 ? "error" : "errors"} of the run as a whole, see above`]
  return `${[end.interrupted ? `interrupted: ${counted}` : counted, ...outside, ...waits(end)].join("; ")}.`
}

/** Each check said above what it waits for: here what most of them do. */
function waits({ checks }: End): string[] {
  const all = checks.flatMap(({ waitsFor }) => waitsFor ?? [])
  const times = (thing: string) => all.filter((other) => other === thing).length
  const things = [...new Set(all)].sort((a, b) => times(b) - times(a))
  const named = things.length > shownWaits + 1 ? things.slice(0, shownWaits) : things
  const others = all.length - named.reduce((sum, thing) => sum + times(thing), 0)
  return [
    ...named.map((thing) => `${waiting(times(thing))} for ${visible(thing)}`),
    ...(others > 0 ? [`${others} more for other things, see above`] : []),
  ]
}

const waiting = (number: number) => `${number} ${number === 1 ? "check waits" : "checks wait"}`
