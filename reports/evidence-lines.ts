// What a check saw, as Markdown that a person reads before signing.

import { canonical } from "./canonical.ts"
import { code, quoted, visible } from "./captured.ts"
import type { Command, Observation } from "./ledger.ts"

// Longer values get lines of their own.
const wide = 100
// Nobody reads the thousandth store path; the ledger has them all.
const most = 40

/** One observation as a list entry. */
export function observationLines({ what, seen }: Observation, indent: number): string[] {
  const margin = " ".repeat(indent)
  return valueLines(`${margin}- ${label(what)}:`, seen, indent)
}

/** One command as a list entry: what was run, where, and what came back. */
export function commandLine({ where, argv, exit, outputSha256 }: Command, indent: number): string[] {
  const margin = " ".repeat(indent)
  const answer = `${code(where)}, ${exit === null ? "no exit code" : `exit ${exit}`}, output sha256 ${code(outputSha256)}`
  const line = argv.map(argument).join(" ")
  if (line.length <= wide && !line.includes("\n")) return [`${margin}- ${code(line)} on ${answer}`]
  return [`${margin}- on ${answer}:`, ...quoted(line, indent)]
}

/** A value after its head: on the same line where it fits, else one part a line below. */
export function valueLines(head: string, value: unknown, indent: number): string[] {
  if (Array.isArray(value)) return listLines(head, value, indent)
  if (isFlat(value)) return recordLines(head, value, indent)
  const text = typeof value === "string" ? value : canonical(value)
  if (text.length <= wide && !text.includes("\n")) return [`${head} ${code(text)}`]
  return [head, ...quoted(typeof value === "string" ? text : JSON.stringify(value, null, 2), indent)]
}

function listLines(head: string, list: unknown[], indent: number): string[] {
  if (list.length === 0) return [`${head} none`]
  const margin = " ".repeat(indent + 2)
  const rest = list.length - most
  const shown = list.slice(0, most).flatMap((item) => valueLines(`${margin}-`, item, indent + 2))
  return [head, ...shown, ...(rest > 0 ? [`${margin}- and ${rest} more, all in the ledger`] : [])]
}

function recordLines(head: string, record: Record<string, unknown>, indent: number): string[] {
  const margin = " ".repeat(indent + 2)
  const compact = canonical(record)
  if (compact.length <= wide) return [`${head} ${code(compact)}`]
  const lines = Object.entries(record).flatMap(([key, value]) =>
    valueLines(`${margin}- ${label(key)}:`, value, indent + 2),
  )
  return [head, ...lines]
}

function isFlat(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((member) => typeof member !== "object" || member === null || Array.isArray(member))
  )
}

// What could become a link or any other markup is code.
function label(text: string): string {
  return /^[\p{L}\p{N}][\p{L}\p{N} ,;'()/-]*$/u.test(text) && visible(text) === text ? text : code(text)
}

function argument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
