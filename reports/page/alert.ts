// What went wrong beside every check: no verdict shows it, so it stands in red of its own.

import type { RunRecord } from "../ledger.ts"
import { type Html, html } from "./html.ts"
import type { Model } from "./model.ts"
import { cut, moment } from "./pretty.ts"

const longest = 1500

export function alertCard({ runs }: Model): Html {
  const wrong = runs.flatMap((run) => {
    const found = wrongWith(run)
    return found.length === 0 ? [] : [{ run, found }]
  })
  if (wrong.length === 0) return html``
  return html`<section class="alert" aria-labelledby="alert-title">
<h2 id="alert-title">Errors that belong to no check</h2>
${wrong.map(
  ({ run, found }) => html`<h3>${run.start.role}, ${moment(run.start.started)}</h3>
<ul>${found.map((one) => html`<li>${cut(one, longest)}</li>`)}</ul>
`,
)}</section>`
}

/** What is wrong with a run as a whole. */
export function wrongWith({ end }: RunRecord): string[] {
  if (end === undefined) return ["it died before it ended, or has not ended yet"]
  return [
    ...(end.interrupted ? ["it was interrupted"] : []),
    ...end.problems,
    ...end.unhandled.map((error) => `unhandled: ${error}`),
  ]
}
