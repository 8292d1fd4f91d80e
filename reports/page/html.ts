// HTML in which whatever was not written here is nothing but text.

import { visible } from "../captured.ts"
import { cut } from "./pretty.ts"

/** Markup that may go into the page as it is; only {@link html} and {@link lines} make it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

// What no part of the page cuts by itself; the longest sentence of the definition is less than half of it.
const longest = 2000

type Value = string | number | Html | undefined | Value[]

/**
 * A template whose values are escaped, in text and between the quotes of an attribute; lists are joined, and what is longer
 * than anything here should be is cut.
 */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.map((part, index) => `${part}${index < values.length ? rendered(values[index]) : ""}`).join(""))
}

/** Text whose line breaks are kept, for a `pre`. */
export function lines(text: string): Html {
  return new Html(text.split("\n").map(escaped).join("\n"))
}

function rendered(value: Value): string {
  if (Array.isArray(value)) return value.map(rendered).join("")
  if (value instanceof Html) return value.text
  return value === undefined ? "" : escaped(cut(String(value), longest))
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")
}
