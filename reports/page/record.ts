// What one role last saw of one check, as far as it fits; the ledger has all of it.

import { canonical } from "../canonical.ts"
import type { Known } from "../latest.ts"
import type { CheckRecord, Command, Observation } from "../ledger.ts"
import type { Role } from "../roles.ts"
import { type Html, html, lines } from "./html.ts"
import { daysLeft, type Standing } from "./limitations.ts"
import { classOf, markOf } from "./marks.ts"
import { columns, type Model } from "./model.ts"
import { type Pace, type Past, paceOf } from "./past.ts"
import { count, cut, duration, moment, pretty, shares } from "./pretty.ts"
import { runLine } from "./runs.ts"

/** How many characters a record may show of what. */
export interface Room {
  why: number
  observations: number
  commands: number
}

/** What the records have in common while the page is written. */
export interface Printed {
  model: Model
  room: Room
  /** Commands shown before, with the check that shows them: a look-up that checks share stands once. */
  commands: Map<string, string>
  standing: Standing[]
}

const whole = 400_000
const longestWhy = 1500
const mostWhys = whole / 3

/** The page has room for so much: few records are shown in full, many in part. A verdict's reason comes first. */
export function roomFor({ definition, past }: Model): Room {
  const ids = definition.flatMap(({ checks }) => checks)
  const records = columns.flatMap((role) => ids.flatMap(({ id }) => past(role, id)?.newest.check ?? []))
  const whys = records.reduce((sum, { why }) => sum + Math.min(why.length, longestWhy), 0)
  const each = (whole - Math.min(whys, mostWhys)) / Math.max(1, records.length)
  const within = (least: number, most: number, value: number) => Math.max(least, Math.min(most, Math.floor(value)))
  return {
    why: whys > mostWhys ? Math.floor((longestWhy * mostWhys) / whys) : longestWhy,
    observations: within(300, 12_000, each * 0.7),
    commands: within(200, 4000, each * 0.3),
  }
}

export function record(role: Role, past: Past, printed: Printed): Html {
  const { check, run } = past.newest
  const { model, room, standing } = printed
  const mark = markOf(check)
  const change = model.change(role, check.id)
  const limitation = standing.find(({ granted }) => granted.limitation.id === check.limitation?.id)
  const shown = model.known.get(check.id)?.run === run
  return html`<details class="record"${shown ? html` open` : ""}><summary><b>${role}</b> <span class="verdict ${classOf(mark)}">${mark}</span>${
    change === undefined ? "" : html` <span class="chip ${change}">${change}</span>`
  } <span class="small">${moment(run.start.started)}</span></summary>
<p class="small">${runLine(model, run)}; ${count(check.assertions, "expectation")}; ${pace(check, paceOf(past))}</p>
${check.why === "" ? "" : html`<pre class="why">${lines(cut(check.why, room.why))}</pre>`}${
  limitation === undefined
    ? ""
    : html`<p>Limited by <a href="#limitations">${limitation.granted.limitation.id}</a>, ${daysLeft(limitation)}; without it, ${check.limitation?.verdict}.</p>`
}${observations(check.observations, room.observations)}${commands(past.newest, printed)}</details>
`
}

function pace({ milliseconds }: CheckRecord, { median, runs, suspect }: Pace): Html {
  const beside =
    median === undefined ? "never ran before" : `median of ${count(runs, "run")} before: ${duration(median)}`
  return html`${duration(milliseconds)} (${beside})${suspect ? html` <span class="chip suspect">no-op suspect</span>` : ""}`
}

function observations(all: Observation[], most: number): Html {
  const own = all.filter(({ from }) => from === undefined).map(({ what, seen }) => ({ what, text: pretty(seen) }))
  const looked = [...new Set(all.flatMap(({ from }) => from ?? []))]
  const rests =
    looked.length === 0 ? "" : html`<p class="small">Rests on the shared look-up of ${looked.join(", ")}.</p>`
  // Few facts of a long list are worth more than a few words of every one.
  const fit = Math.max(1, Math.floor(most / 120))
  const shown = own.slice(0, fit)
  const given = shares(
    shown.map(({ what, text }) => what.length + text.length),
    most,
  )
  const rest = own.length - shown.length
  if (own.length === 0) return html`${rests}`
  return html`<dl class="seen">${shown.map(({ what, text }, index) => {
    const room = given[index] ?? 0
    return html`<dt>${cut(what, Math.max(60, room))}</dt><dd><pre>${lines(cut(text, Math.max(0, room - what.length)))}</pre></dd>`
  })}</dl>${rest === 0 ? "" : html`<p class="small">… ${count(rest, "more observation")}, in the ledger</p>`}${rests}`
}

function commands({ check: { id, commands: all }, run }: Known, printed: Printed): Html {
  const fresh: Command[] = []
  const above = new Map<string, number>()
  for (const command of all) {
    const key = `${run.start.run} ${canonical(command)}`
    const before = printed.commands.get(key)
    if (before !== undefined && before !== id) above.set(before, (above.get(before) ?? 0) + 1)
    else fresh.push(command)
    printed.commands.set(key, before ?? id)
  }
  const rows: { command: Command; argv: string }[] = []
  let left = printed.room.commands
  for (const command of fresh) {
    const argv = cut(command.argv.map(argument).join(" "), Math.max(80, Math.floor(printed.room.commands / 3)))
    left -= argv.length + overhead
    if (left < 0 && rows.length > 0) break
    rows.push({ command, argv })
  }
  const rest = fresh.length - rows.length
  return html`${rows.length === 0 ? "" : table(rows)}${rest === 0 ? "" : html`<p class="small">… ${count(rest, "more command")}, in the ledger</p>`}${[
    ...above,
  ].map(
    ([other, number]) =>
      html`<p class="small">${count(number, "command")} more, shown under <a href="#${other}">${other}</a></p>`,
  )}`
}

// What a row of the table costs besides its command.
const overhead = 150

function table(rows: { command: Command; argv: string }[]): Html {
  return html`<table class="commands"><thead><tr><th scope="col">Command</th><th scope="col">Where</th><th scope="col">Exit</th><th scope="col" class="number">Took</th><th scope="col">SHA-256 of its output</th></tr></thead>
<tbody>${rows.map(
    ({ command: { where, exit, milliseconds, outputSha256 }, argv }) =>
      html`<tr><td><code>${argv}</code></td><td>${cut(where, 80)}</td><td>${exit === null ? "none" : exit}</td><td class="number">${duration(milliseconds)}</td><td><code>${cut16(outputSha256)}</code></td></tr>
`,
  )}</tbody></table>`
}

const cut16 = (digest: string) => `${digest.slice(0, 16)}…`

function argument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
