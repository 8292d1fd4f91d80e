// The first thing on the page: whether the gate is open, every reason if not, and until when the answer holds.

import { type Html, html } from "./html.ts"
import type { Model } from "./model.ts"
import { count, cut, moment } from "./pretty.ts"

const longest = 1000

export function gateAnswer({ target, gate, defined, now }: Model): Html {
  const reasons = grouped(gate.reasons, defined)
  return html`<section class="gate ${gate.open ? "open" : "shut"}" id="gate" aria-labelledby="gate-title">
<div class="answer">
${gate.open ? openSign : shutSign}
<div>
<h2 id="gate-title">The gate is <strong>${gate.open ? "OPEN" : "SHUT"}</strong></h2>
<p>${
    gate.open
      ? html`C1 to C7 and D8 of ${target} hold${gate.limited.length === 0 ? "" : `, limited by ${gate.limited.join(", ")}`}.`
      : html`${count(gate.reasons.length, "reason")}. Nothing below may be called done.`
  }</p>
</div>
<div class="time">${freshness(gate.until, now)}</div>
</div>
${gate.open ? "" : html`<ul class="reasons">${reasons.map(reason)}</ul>`}
</section>`
}

function freshness(until: string | undefined, now: Date): Html {
  if (until === undefined || Number.isNaN(Date.parse(until)))
    return html`<p class="small">No verdict has an age yet.</p>`
  const over = Date.parse(until) <= now.getTime()
  return html`<p class="small">${over ? "Too old since" : "Fresh until"} <time id="until" datetime="${until}">${moment(until)}</time></p>
<p id="left" class="left"></p>`
}

interface Reason {
  why: string
  /** The checks and items it is given for; none where it is about something else. */
  ids: string[]
}

/** The reasons in their order; what is said of many checks is said once. */
export function grouped(reasons: string[], defined: ReadonlyMap<string, unknown>): Reason[] {
  const groups = new Map<string, Reason>()
  for (const text of reasons) {
    const [, id = "", why = ""] = /^([A-Z]\d*(?:\.\d+)?)(?:: | )([\s\S]*)$/.exec(text) ?? []
    const known = defined.has(id)
    const key = known ? why : text
    const group = groups.get(key) ?? { why: key, ids: [] }
    groups.set(key, known ? { ...group, ids: [...group.ids, id] } : group)
  }
  return [...groups.values()]
}

function reason({ why, ids }: Reason): Html {
  const links = ids.map((id) => html`<a class="id" href="#${id}">${id}</a> `)
  return html`<li>${ids.length === 1 ? links : ""}<span>${cut(why, longest)}</span>${
    ids.length > 1 ? html`<div class="ids">${links}</div>` : ""
  }</li>`
}

const openSign = html`<svg class="sign" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true"><circle cx="24" cy="24" r="21" fill="none" stroke="currentColor" stroke-width="4"/><path d="M14 25l7 7 13-15" fill="none" stroke="currentColor" stroke-width="4.5" stroke-linecap="round" stroke-linejoin="round"/></svg>`
const shutSign = html`<svg class="sign" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true"><circle cx="24" cy="24" r="23" fill="currentColor"/><rect class="slot" x="11" y="20" width="26" height="8" rx="1.5"/></svg>`
