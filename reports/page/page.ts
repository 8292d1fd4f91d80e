// The evidence of one target as one HTML file, which asks nobody for anything and proves nothing by itself.

import { createHash } from "node:crypto"
import { subject, verification } from "./about.ts"
import { alertCard } from "./alert.ts"
import type { Asked } from "./asked.ts"
import { changes } from "./changes.ts"
import { cleanRoom } from "./clean-room.ts"
import { drillDown } from "./drill-down.ts"
import { gateAnswer } from "./gate-answer.ts"
import { heatMap } from "./heat-map.ts"
import { Html, html } from "./html.ts"
import { limitations } from "./limitations.ts"
import { matrix } from "./matrix.ts"
import { modelOf } from "./model.ts"
import { moment } from "./pretty.ts"
import { runs } from "./runs.ts"
import { script } from "./script.ts"
import { style } from "./style.ts"

const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const policy = [
  "default-src 'none'",
  `style-src ${digest(style)}`,
  `script-src ${digest(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ")

const parts = [
  ["items", "Items"],
  ["changes", "Changes"],
  ["history", "History"],
  ["checks", "Checks"],
  ["clean-room", "Clean room"],
  ["limitations", "Limitations"],
  ["runs", "Runs"],
  ["verify", "Verify"],
] as const

/** The text of the page; the same for the same evidence and time. */
export function page(asked: Asked): string {
  const model = modelOf(asked)
  const { target, now } = asked
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${target}: gate ${asked.gate.open ? "open" : "shut"}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#gate">Skip to the gate</a>
<header>
<h1>Evidence of ${target}</h1>
<p>Asked at <time datetime="${now.toISOString()}">${moment(now.toISOString())}</time>. This page is not evidence; verify with <code>npm run evidence -- verify ARCHIVE --trust FILE</code>, <a href="#verify">as it says below</a>.</p>
<nav aria-label="Parts of this page"><ul>${parts.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${gateAnswer(model)}
${alertCard(model)}
<div class="beside">
<div>
${matrix(model)}
${changes(model)}
</div>
${subject(model)}
</div>
${heatMap(model)}
${drillDown(model)}
${cleanRoom(model)}
${limitations(model)}
${runs(model)}
${verification(model)}
</main>
<script>${new Html(script)}</script>
</body>
</html>
`.text
}
