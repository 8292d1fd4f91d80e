// The last runs of every role side by side. Nights without a run are columns, too, and a bar stands where the rules changed.

import type { Check, Item } from "../definition.ts"
import { type CheckRecord, checksOf } from "../ledger.ts"
import { wrongWith } from "./alert.ts"
import { type Column, columnsOf } from "./columns.ts"
import { type Html, html } from "./html.ts"
import { classOf, letterOf, type Mark, markOf, worstMark } from "./marks.ts"
import type { Model } from "./model.ts"
import { count, moment } from "./pretty.ts"

interface Drawn {
  column: Column
  records: Map<string, CheckRecord>
}

export function heatMap(model: Model): Html {
  const drawn = columnsOf(model.lanes, model.now).map((column) => ({
    column,
    records: new Map(column.kind === "gap" ? [] : checksOf(column.run).map((check) => [check.id, check])),
  }))
  const runs = drawn.filter(({ column }) => column.kind === "run").length
  return html`<section id="history" aria-labelledby="history-title">
<h2 id="history-title">The last ${count(runs, "run")}</h2>
${
  runs === 0
    ? html`<p>Nobody ran anything yet.</p>`
    : html`<p class="note">By time; A is the adversary, B the builder, C is ci, and ! a run with errors of its own. Left of a bar other rules judged: green there is not comparable. A dotted column is a night without a run of ci.</p>
<div class="scroll" role="region" aria-label="Heat map of the last runs" tabindex="0">
<table class="heat">
<caption class="hidden">The verdict of each item and check in each of the last runs</caption>
<thead><tr><th scope="col"><span class="hidden">Item</span></th>${drawn.map(({ column }) => head(column))}</tr></thead>
${model.definition.map((item) => body(item, drawn))}</table>
</div>
${rules(drawn)}`
}
</section>`
}

function head(column: Column): Html {
  if (column.kind === "gap") {
    const words = column.nights === 1 ? "no run of ci in the night of" : `no run of ci in ${column.nights} nights from`
    return html`<th scope="col" class="gap"><span class="hidden">${words} ${column.day}</span><span aria-hidden="true">${column.nights === 1 ? "" : `+${column.nights}`}</span></th>`
  }
  const { start } = column.run
  const wrong = wrongWith(column.run)
  const words = `${start.role}${wrong.length === 0 ? "" : ", with errors of its own"}${column.rules.length === 0 ? "" : ", by other rules than the run before"}`
  return html`<th scope="col"${bar(column)}><span class="when">${moment(start.started).slice(5, 16)}</span><span class="who" aria-hidden="true">${start.role.slice(0, 1).toUpperCase()}${wrong.length === 0 ? "" : "!"}</span><span class="hidden">${words}</span></th>`
}

function bar(column: Column): Html {
  return column.kind === "run" && column.rules.length > 0 ? html` class="bar"` : html``
}

function body(item: Item, drawn: Drawn[]): Html {
  const whole = drawn.map(({ column, records }) => {
    const seen = item.checks.flatMap(({ id }) => records.get(id) ?? [])
    return cell(column, seen.length === 0 ? undefined : worstMark(seen.map(markOf)))
  })
  const label = item.checks.length === 0 ? "" : html`<input type="checkbox" aria-label="Show the checks of ${item.id}">`
  return html`<tbody><tr class="whole"><th scope="row"><label>${label}<b>${item.id}</b> <span class="title">${item.title}</span></label></th>${whole}</tr>
${item.checks.map((check) => checkRow(check, drawn))}</tbody>
`
}

function checkRow({ id }: Check, drawn: Drawn[]): Html {
  const cells = drawn.map(({ column, records }) => {
    const record = records.get(id)
    return cell(column, record === undefined ? undefined : markOf(record))
  })
  return html`<tr class="one"><th scope="row"><a href="#${id}">${id}</a></th>${cells}</tr>
`
}

function cell(column: Column, mark: Mark | undefined): Html {
  if (column.kind === "gap") return html`<td class="gap"></td>`
  const edge = column.rules.length > 0 ? " bar" : ""
  if (mark === undefined) return html`<td${edge === "" ? "" : html` class="bar"`}></td>`
  return html`<td class="${classOf(mark)}${edge}" aria-label="${mark}">${letterOf(mark)}</td>`
}

function rules(drawn: Drawn[]): Html {
  const changed = drawn.flatMap(({ column }) => (column.kind === "run" && column.rules.length > 0 ? [column] : []))
  if (changed.length === 0) return html``
  return html`<details class="more"><summary>The rules changed ${count(changed.length, "time")}</summary><ul>${changed.map(
    ({ run, rules }) =>
      html`<li>before the run of ${run.start.role}, ${moment(run.start.started)}: ${rules.join(", ")}</li>`,
  )}</ul></details>`
}
