// The runs that anything on the page comes from: signed or not, cold or why not, and what the host answered.

import { warmth } from "../cold.ts"
import type { RunRecord } from "../ledger.ts"
import { wrongWith } from "./alert.ts"
import { type Html, html } from "./html.ts"
import { isOther, isSigned, type Model } from "./model.ts"
import { count, cut, duration, moment } from "./pretty.ts"

const longest = 400

export function runs(model: Model): Html {
  return html`<section id="runs" aria-labelledby="runs-title">
<h2 id="runs-title">Runs</h2>
<p class="note">Those that the newest results come from. Whether a signature is any good is for the gate to say, which knows whom to trust.</p>
${model.runs.map((run, index) => card(model, run, index))}</section>`
}

/** One line about a run, for whoever reads a record of it. */
export function runLine(model: Model, run: RunRecord): Html {
  return html`<a href="#run-${model.runs.indexOf(run) + 1}">run of ${moment(run.start.started)}</a>, ${traits(run).join(", ")}`
}

function traits(run: RunRecord): string[] {
  return [
    isSigned(run) ? "signed" : "unsigned",
    warmth(run.start.cold).length === 0 ? "cold" : "not cold",
    echoOf(run).startsWith("the host answered") ? "nonce echoed" : "nonce not echoed",
  ]
}

function echoOf({ start: { challenge } }: RunRecord): string {
  if (challenge === undefined) return "it met no challenge"
  const answered = challenge.said !== undefined && challenge.signature !== undefined
  if (answered) return `the host answered ${challenge.nonce.slice(0, 16)}… at ${moment(challenge.answered)}`
  return `the host did not echo ${challenge.nonce.slice(0, 16)}…: ${challenge.why ?? "nobody says why"}`
}

function card(model: Model, run: RunRecord, index: number): Html {
  const { start, end } = run
  const warm = warmth(start.cold)
  const wrong = wrongWith(run)
  const took = end === undefined ? undefined : Date.parse(end.finished) - Date.parse(start.started)
  const facts: [string, Html | string][] = [
    ["run", start.run],
    [
      "ended",
      end === undefined
        ? "never"
        : `${moment(end.finished)}${took === undefined || Number.isNaN(took) ? "" : `, after ${duration(took)}`}, exit ${end.exitCode}`,
    ],
    ["signed", isSigned(run) ? "every entry has a signature" : "no"],
    [
      "cold",
      warm.length === 0
        ? "every probe got what it wanted"
        : html`<ul>${warm.map((why) => html`<li>${cut(why, longest)}</li>`)}</ul>`,
    ],
    ["nonce", echoOf(run)],
    [
      "suite",
      `${start.suite.commit}${start.suite.dirty ? ", with uncommitted changes" : ""}, Node ${start.suite.node}, vitest ${start.suite.vitest}`,
    ],
    ["definition", start.suite.definitionSha256 ?? "not recorded"],
    ["lockfile", start.suite.lockfileSha256],
    ...Object.entries(end?.subject ?? {}).map(([field, value]): [string, string] => [field, String(value)]),
    ...(wrong.length === 0
      ? []
      : [
          ["wrong with it", html`<ul>${wrong.map((one) => html`<li>${cut(one, longest)}</li>`)}</ul>`] as [
            string,
            Html,
          ],
        ]),
  ]
  return html`<details class="run" id="run-${index + 1}"><summary><b>${start.role}</b> ${moment(start.started)} <span class="small">${[
    ...traits(run),
    end === undefined ? "never ended" : count(end.checks.length, "check"),
    ...(isOther(run, model.subject) ? ["another target"] : []),
    ...(wrong.length === 0 ? [] : ["errors of its own"]),
  ].join(" · ")}</span></summary>
<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${typeof value === "string" ? cut(value, longest) : value}</dd>`)}</dl>
</details>
`
}
