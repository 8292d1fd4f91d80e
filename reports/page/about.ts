// What the page is about, and how to check what it says: the page itself proves nothing.

import { checkpointOf } from "../lane.ts"
import { type Html, html } from "./html.ts"
import type { Model } from "./model.ts"
import { moment } from "./pretty.ts"

export function verification({ now }: Model): Html {
  return html`<section id="verify" aria-labelledby="verify-title">
<h2 id="verify-title">This page is not evidence</h2>
<p class="note">It shows what the ledgers said at ${moment(now.toISOString())}. Anybody can have written it. Verify with:</p>
<pre class="command" tabindex="0">npm run evidence -- bundle --target FILE --to archive.json
npm run evidence -- verify archive.json --trust allowed_signers --every</pre>
<p class="note">The archive must have <a href="#subject">what was verified</a> in it, and each ledger begin with the entries whose number and digest stand there.</p>
</section>`
}

/** What the verdicts are about, and by which rules. */
export function subject({ gate, subject: newest, suite, lanes }: Model): Html {
  const seen = Object.entries({ ...newest, ...gate.subject })
  return html`<section id="subject" aria-labelledby="subject-title">
<h2 id="subject-title">What was verified</h2>
<dl class="facts">${seen.map(([field, value]) => html`<dt>${field}</dt><dd><code>${String(value)}</code></dd>`)}${
    seen.length === 0 ? html`<dt>subject</dt><dd>nobody learned it</dd>` : ""
  }<dt>suite</dt><dd><code>${suite.commit}</code>${suite.dirty ? " with uncommitted changes" : ""}</dd>
<dt>definition</dt><dd><code>${suite.definitionSha256 ?? "not known"}</code></dd>
<dt>lockfile</dt><dd><code>${suite.lockfileSha256}</code></dd>
${lanes.map(({ name, entries }) => {
  const { size, head } = checkpointOf(name, entries)
  return html`<dt>ledger of ${name}, ${size === 1 ? "1 entry" : `${size} entries`}</dt><dd><code>${head}</code></dd>`
})}${lanes.length === 0 ? html`<dt>ledgers</dt><dd>none</dd>` : ""}</dl>
</section>`
}
