// What changed since the same role last saw the same check, and the switch that hides what did not.

import type { Role } from "../roles.ts"
import { type Html, html } from "./html.ts"
import { columns, type Model } from "./model.ts"
import type { Change } from "./past.ts"
import { count } from "./pretty.ts"

const order: readonly Change[] = ["regressed", "malfunctioned", "fixed", "new"]
const many = 24

/** How the newest result of each check differs, by role: the ids of each change, in the order of the definition. */
export function changesOf(model: Model, role: Role): { change: Change; ids: string[] }[] {
  const ids = model.definition.flatMap(({ checks }) => checks.map(({ id }) => id))
  return order
    .map((change) => ({ change, ids: ids.filter((id) => model.change(role, id) === change) }))
    .filter((one) => one.ids.length > 0)
}

export function changes(model: Model): Html {
  const all = columns.map((role) => ({ role, changed: changesOf(model, role) }))
  const some = all.filter(({ changed }) => changed.length > 0)
  return html`<section id="changes" aria-labelledby="changes-title">
<h2 id="changes-title">What changed</h2>
<p class="note">Each check against the last time that the same role could see it.</p>
${
  some.length === 0
    ? html`<p>Nothing.</p>`
    : html`<dl class="changes">${some.map(
        ({ role, changed }) => html`<dt>${role}</dt><dd>${changed.map(({ change, ids }) => group(change, ids))}</dd>`,
      )}</dl>`
}
</section>`
}

function group(change: Change, ids: string[]): Html {
  const links = ids.map((id) => html`<a class="id" href="#${id}">${id}</a> `)
  const chip = html`<span class="chip ${change}">${change}</span>`
  if (ids.length <= many) return html`<div>${chip} ${links}</div>`
  return html`<details class="more"><summary>${chip} ${count(ids.length, "check")}</summary><div class="ids">${links}</div></details>`
}
