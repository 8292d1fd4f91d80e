// What was observed, as text that a person reads: one fact a line, and no quotes, braces or commas.

import { visible } from "../captured.ts"

/** Plain data as indented lines. What a string holds stays on its line, so that it cannot look like another fact. */
export function pretty(value: unknown): string {
  return typeof value === "string" ? value : linesOf(value).join("\n")
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.length === 0 ? ["none"] : value.flatMap((item) => hung("- ", linesOf(item)))
  if (typeof value !== "object" || value === null) return [visible(String(value))]
  const members = Object.entries(value)
  if (members.length === 0) return ["nothing"]
  return members.flatMap(([key, member]) => {
    const below = linesOf(member)
    const nested = typeof member === "object" && member !== null && below.length > 0 && Object.keys(member).length > 0
    return nested ? [`${visible(key)}:`, ...below.map((line) => `  ${line}`)] : [`${visible(key)}: ${below.join(" ")}`]
  })
}

function hung(mark: string, [first = "", ...rest]: string[]): string[] {
  return [`${mark}${first}`, ...rest.map((line) => `${" ".repeat(mark.length)}${line}`)]
}

/** The beginning of a text, and how much of it is left out. */
export function cut(text: string, most: number): string {
  const rest = text.length - most
  return rest <= 0 ? text : `${text.slice(0, most)} … ${count(rest, "more character")}, in the ledger`
}

/** How many characters of each text to show, so that all together are at most so many and the short ones stay whole. */
export function shares(lengths: number[], most: number): number[] {
  let left = most
  const order = lengths.map((_, index) => index).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0))
  const given = lengths.map(() => 0)
  for (const [done, index] of order.entries()) {
    given[index] = Math.min(lengths[index] ?? 0, Math.floor(left / (order.length - done)))
    left -= given[index] ?? 0
  }
  return given
}

/** `1 run`, `2 runs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`
}

/** A time as the page has it: UTC, to the minute; what is no time stays as it is. */
export function moment(time: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? `${time.slice(0, 10)} ${time.slice(11, 16)} UTC` : time
}

/** Milliseconds in the unit that suits them. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
