import { expect, test } from "vitest"
import { html, lines } from "./html.ts"

test("a value is text, whatever it says; markup made here is not", () => {
  const value = `<b title="x" id='y'>&amp;</b>`
  const escaped = "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;"
  expect(html`<p title="${value}">${value}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`)
  expect(html`<ul>${["<", html`<li>`, undefined, 3]}</ul>`.text).toBe("<ul>&lt;<li>3</ul>")
})

test("what does not show is written out, and only a block keeps its line breaks", () => {
  expect(html`${"a\n\u202eb\u0000"}`.text).toBe("a\\n\\u{202e}b\\u{0000}")
  expect(lines("a\n\u200b<").text).toBe("a\n\\u{200b}&lt;")
})

test("what nothing cut by itself is cut, and says so", () => {
  expect(html`${"x".repeat(2500)}`.text).toBe(`${"x".repeat(2000)} … 500 more characters, in the ledger`)
})
