// The last thing a run prints: one line per check, and under a red one what was found.

import { visible } from "./captured.ts"
import type { Item } from "./definition.ts"
import type { End } from "./ledger.ts"
import type { Plan } from "./plan.ts"
import { cut, type Terminal } from "./terminal.ts"
import type { Verdict } from "./verdict.ts"

const idWidth = 7
const verdictWidth = 9

export function printTable(screen: Terminal, definition: Item[], plan: Plan, end: End): void {
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
      print(`  ${id.padEnd(idWidth)}${shown}${cut(sentence, columns - idWidth - verdictWidth - 2)}`)
      if (why !== "") print(`  ${" ".repeat(idWidth + verdictWidth)}${faint(cut(visible(why), columns - 20))}`)
    }
  }
  if (quiet.length > 0) print()
  for (const line of quiet) print(faint(line))
  for (const problem of [...end.problems, ...end.unhandled]) print(`\n${paint("error", "error")}  ${visible(problem)}`)
}

/** The sentence a run ends with. */
export function closing(end: End, waiting: Map<string, string>): string {
  const counts = (["pass", "limited", "fail", "error", "not run"] as Verdict[]).flatMap((verdict) => {
    const number = end.checks.filter((check) => check.verdict === verdict).length
    return number === 0 ? [] : [`${number} ${verdict}`]
  })
  const counted = counts.length === 0 ? "nothing was looked at" : counts.join(", ")
  return `${[end.interrupted ? `interrupted: ${counted}` : counted, ...waits(waiting)].join("; ")}.`
}

function waits(waiting: Map<string, string>): string[] {
  const what = [...new Set(waiting.values())]
  return what.map((thing) => {
    const number = [...waiting.values()].filter((other) => other === thing).length
    return `${number} ${number === 1 ? "check waits" : "checks wait"} for ${visible(thing)}`
  })
}
