// A verdict as one letter with a colour and a shape, and as words for whoever sees neither.

import type { CheckRecord } from "../ledger.ts"
import { type Verdict, worst } from "../verdict.ts"
import { type Html, html } from "./html.ts"

/** A verdict, with those apart that nobody can reach before something else is there. */
export type Mark = Verdict | "waits"

const letters: Record<Mark, string> = { pass: "P", fail: "F", error: "E", "not run": "N", waits: "W", limited: "L" }

export const letterOf = (mark: Mark): string => letters[mark]

/** The class that style.ts knows it by. */
export const classOf = (mark: Mark): string => letters[mark].toLowerCase()

export function markOf(check: CheckRecord | undefined): Mark {
  if (check === undefined) return "not run"
  return check.verdict === "not run" && check.waitsFor !== undefined ? "waits" : check.verdict
}

/** The mark of a whole from its parts: what waits is better than what should have run, and worse than what was seen. */
export function worstMark(marks: Mark[]): Mark {
  const verdict = worst(marks.map((mark) => (mark === "waits" ? "not run" : mark)))
  return verdict === "not run" && marks.includes("waits") && !marks.includes("not run") ? "waits" : verdict
}

/** A square with the letter; the words beside or behind it say it once more. */
export function square(mark: Mark, more = ""): Html {
  return html`<span class="mark ${classOf(mark)}${more}" aria-hidden="true">${letterOf(mark)}</span>`
}
