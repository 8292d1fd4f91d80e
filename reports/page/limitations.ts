// What may stay red for a while, by the Adversary's word. It is never folded into what passes.

import { flawsOf, type Granted, limitationsIn } from "../limitation.ts"
import { type Html, html } from "./html.ts"
import type { Model } from "./model.ts"
import { count, cut, moment } from "./pretty.ts"

const day = 86_400_000
const longest = 600

export interface Standing {
  granted: Granted
  /** Whole days left, counted down; 0 on the last. */
  days: number
  state: "in use" | "not used" | "expired" | "withdrawn"
}

/** Those of the Adversary's ledger, the ones that stand first. */
export function standingOf(model: Model): Standing[] {
  const lane = model.lane("adversary")
  const all = (lane === undefined ? [] : limitationsIn(lane)).map((granted): Standing => {
    const { id, check, expires } = granted.limitation
    const left = Date.parse(expires) - model.now.getTime()
    const record = model.past("adversary", check)?.newest.check
    const used = record?.verdict === "limited" && record.limitation?.id === id
    const state = granted.withdrawn !== undefined ? "withdrawn" : !(left > 0) ? "expired" : used ? "in use" : "not used"
    return { granted, days: Math.max(0, Math.floor(left / day)) || 0, state }
  })
  return [...all.filter(stands), ...all.filter((one) => !stands(one))]
}

const stands = ({ state }: Standing) => state === "in use" || state === "not used"

/** `3 days left`, for whoever reads about a limited check. */
export function daysLeft(standing: Standing): string {
  if (!stands(standing)) return standing.state
  return standing.days === 0 ? "its last day" : `${count(standing.days, "day")} left`
}

export function limitations(model: Model): Html {
  const all = standingOf(model)
  return html`<section id="limitations" aria-labelledby="limitations-title">
<h2 id="limitations-title">Limitations</h2>
${all.length === 0 ? html`<p>None was ever granted.</p>` : all.map(card)}</section>`
}

function card(standing: Standing): Html {
  const { granted, state } = standing
  const { id, check, reason, stillClaimed, stillTested, requestedBy, approvedBy, issued, expires } = granted.limitation
  const facts: [string, string][] = [
    ["because", reason],
    ["still claimed", stillClaimed],
    ["still tested", stillTested],
    ["asked for by", requestedBy],
    ["granted by", `${approvedBy}, ${moment(issued)}`],
    ["expires", moment(expires)],
    ...(granted.withdrawn === undefined
      ? []
      : [["withdrawn", `${moment(granted.withdrawn.withdrawn)}: ${granted.withdrawn.because}`] as [string, string]]),
    ...flawsOf(granted).map((flaw): [string, string] => ["flaw", flaw]),
  ]
  return html`<article class="limitation ${stands(standing) ? "" : "over"}">
<h3>${id} <a class="id" href="#${check}">${check}</a> <span class="chip ${state === "in use" ? "limited" : ""}">${state}</span>${stands(standing) ? html` <span class="days">${daysLeft(standing)}</span>` : ""}</h3>
<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${cut(value, longest)}</dd>`)}</dl>
</article>
`
}
