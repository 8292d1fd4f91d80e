// One row for each item, one column for each role: who saw what, how cold, and on which target.

import { warmth } from "../cold.ts"
import type { Item } from "../definition.ts"
import type { Known } from "../latest.ts"
import type { Role } from "../roles.ts"
import { type Html, html } from "./html.ts"
import { classOf, letterOf, type Mark, markOf, square, worstMark } from "./marks.ts"
import { columns, isOther, type Model } from "./model.ts"

export interface Cell {
  mark: Mark
  /** How many of the item's checks pass. */
  passes: number
  checks: number
  /** A run that it comes from was not cold: drawn hollow. */
  warm: boolean
  /** A run that it comes from looked at another target than the Adversary's newest: drawn hatched. */
  other: boolean
}

/** What a role last saw of an item; nothing where it never looked. */
export function cellOf(model: Model, item: Item, role: Role): Cell | undefined {
  const seen = item.checks.map(({ id }) => model.past(role, id)?.newest)
  const known = seen.filter((one): one is Known => one !== undefined)
  if (known.length === 0) return undefined
  const marks = seen.map((one) => markOf(one?.check))
  const runs = [...new Set(known.map(({ run }) => run))]
  return {
    mark: worstMark(marks),
    passes: marks.filter((mark) => mark === "pass").length,
    checks: item.checks.length,
    warm: runs.some(({ start }) => warmth(start.cold).length > 0),
    other: runs.some((run) => isOther(run, model.subject)),
  }
}

export function matrix(model: Model): Html {
  return html`<section id="items" aria-labelledby="items-title">
<h2 id="items-title">Items</h2>
<div class="scroll" role="region" aria-label="Matrix of items and roles" tabindex="0">
<table class="matrix">
<caption class="hidden">What each role last saw of each item of the Definition of Done</caption>
<thead><tr><th scope="col">Item</th>${columns.map((role) => html`<th scope="col">${role}</th>`)}<th scope="col" class="wide">Not passing</th></tr></thead>
<tbody>
${model.definition.map((item) => row(model, item))}</tbody>
</table>
</div>
${legend}
</section>`
}

function row(model: Model, item: Item): Html {
  const red = item.checks.filter(({ id }) => markOf(model.known.get(id)?.check) !== "pass")
  const links = red.map(({ id }) => {
    const mark = markOf(model.known.get(id)?.check)
    return html`<a class="id ${classOf(mark)}" href="#${id}">${id}<span class="hidden"> ${mark}</span></a> `
  })
  return html`<tr><th scope="row"><a href="#${item.id}"><b>${item.id}</b> ${item.title}</a></th>${columns.map(
    (role) => html`<td>${cell(cellOf(model, item, role), item, role)}</td>`,
  )}<td class="wide">${red.length === item.checks.length && red.length > 1 ? html`all ${red.length}` : links}</td></tr>
`
}

function cell(seen: Cell | undefined, { id }: Item, role: Role): Html {
  if (seen === undefined) {
    return html`<a class="cell" href="#${id}"><span class="mark none" aria-hidden="true">–</span><span class="hidden">${id}, ${role}: never looked</span></a>`
  }
  const { mark, passes, checks, warm, other } = seen
  const shape = `${warm ? " hollow" : ""}${other ? " hatched" : ""}`
  const words = `${id}, ${role}: ${mark}, ${passes} of ${checks} pass, ${warm ? "warm" : "cold"}${other ? ", another target than the adversary's newest run" : ""}`
  return html`<a class="cell" href="#${id}">${square(mark, shape)}<span class="of" aria-hidden="true">${passes}/${checks}</span><span class="hidden">${words}</span></a>`
}

const legend = html`<ul class="legend" aria-label="Legend">${(
  ["pass", "fail", "error", "not run", "waits", "limited"] as const
).map(
  (mark) => html`<li>${square(mark)} ${mark}</li>`,
)}<li><span class="mark p hollow" aria-hidden="true">${letterOf("pass")}</span> hollow: warm</li><li><span class="mark p hatched" aria-hidden="true">${letterOf("pass")}</span> hatched: another target</li></ul>`
