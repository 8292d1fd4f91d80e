// Every item and every check: its sentence and verdict at a glance, and what each role saw of it behind that.

import type { Check, Item } from "../definition.ts"
import type { Role } from "../roles.ts"
import { type Html, html } from "./html.ts"
import { daysLeft, standingOf } from "./limitations.ts"
import { classOf, markOf, square, worstMark } from "./marks.ts"
import { columns, type Model } from "./model.ts"
import { type Change, paceOf } from "./past.ts"
import { cut } from "./pretty.ts"
import { type Printed, record, roomFor } from "./record.ts"

const longestWhy = 300

export function drillDown(model: Model): Html {
  const printed: Printed = { model, room: roomFor(model), commands: new Map(), standing: standingOf(model) }
  return html`<section id="checks" aria-labelledby="checks-title">
<div class="head"><h2 id="checks-title">Checks</h2><label class="switch"><input type="checkbox" id="changed-only"> changed only</label></div>
<p class="note nothing">Nothing changed: switch "changed only" off to see every check.</p>
${model.definition.map((item) => one(item, printed))}</section>`
}

function one(item: Item, printed: Printed): Html {
  const { model } = printed
  const mark = worstMark(item.checks.map(({ id }) => markOf(model.known.get(id)?.check)))
  const changed = item.checks.some((check) => changedIn(model, check).length > 0)
  return html`<section class="item${changed ? " changed" : ""}" id="${item.id}" aria-labelledby="${item.id}-title">
<h3 id="${item.id}-title">${square(mark)} <b>${item.id}</b> ${item.title} <span class="verdict ${classOf(mark)}">${mark}</span></h3>
<blockquote>${withCode(item.sentence)}</blockquote>
${item.checks.length === 0 ? html`<p>It has no checks yet.</p>` : item.checks.map((check) => checkOf(check, printed))}</section>
`
}

/** The roles for which a check changed, by change. */
function changedIn(model: Model, { id }: Check): [Change, Role[]][] {
  const roles = new Map<Change, Role[]>()
  for (const role of columns) {
    const change = model.change(role, id)
    if (change !== undefined) roles.set(change, [...(roles.get(change) ?? []), role])
  }
  return [...roles]
}

function checkOf(check: Check, printed: Printed): Html {
  const { model, standing } = printed
  const { id, sentence } = check
  const known = model.known.get(id)?.check
  const mark = markOf(known)
  const changes = changedIn(model, check)
  const pasts = columns.flatMap((role) => {
    const past = model.past(role, id)
    return past === undefined ? [] : [{ role, past }]
  })
  const limitation = standing.find(({ granted }) => granted.limitation.id === known?.limitation?.id)
  return html`<details class="check${changes.length > 0 ? " changed" : ""}" id="${id}">
<summary>${square(mark)}<span class="said"><b>${id}</b> ${withCode(sentence)}${
    known === undefined || known.why === "" ? "" : html`<span class="why">${cut(known.why, longestWhy)}</span>`
  }</span><span class="tags">${changes.map(
    ([change, roles]) =>
      html`<span class="chip ${change}">${change} <span class="by">${roles.join(", ")}</span></span> `,
  )}${pasts.some(({ past }) => paceOf(past).suspect) ? html`<span class="chip suspect">no-op suspect</span> ` : ""}${
    limitation === undefined ? "" : html`<span class="chip limited">${daysLeft(limitation)}</span> `
  }<span class="verdict ${classOf(mark)}">${mark}</span></span></summary>
<div class="body">
${pasts.length === 0 ? html`<p>Nobody ever ran it.</p>` : pasts.map(({ role, past }) => record(role, past, printed))}<p class="rerun"><span class="small">Look again:</span> <code class="command">npm run verify -- -t "${id} " --target FILE</code></p>
</div>
</details>
`
}

/** The document's own code spans. */
function withCode(text: string): Html[] {
  const parts = text.split("`")
  if (parts.length % 2 === 0) return [html`${text}`]
  return parts.map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`))
}
