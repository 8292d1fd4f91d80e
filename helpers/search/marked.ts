// What a machine says of itself, many answers in one: each begins with a mark that nobody can have foreseen.

import { randomBytes } from "node:crypto"
import type { SearchPlan } from "./engine.ts"
import { FileSearch } from "./file-search.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"

/** A line of its own before each answer: the mark, and what answers. */
export const newMark = (): string => randomBytes(24).toString("hex")

/**
 * Searches each answer under its name; returns how many there were of each kind, the first word of a name. Throws when
 * the stream does not begin with an answer or does not end with the one named `end`.
 */
export async function searchMarked(
  plan: SearchPlan,
  report: Report,
  mark: string,
  chunks: AsyncIterable<Buffer>,
  prefix = "",
): Promise<Map<string, number>> {
  const kinds = new Map<string, number>()
  const border = Buffer.from(`\n${mark} `)
  let held: Buffer = Buffer.alloc(0)
  let file: FileSearch | undefined
  let last = ""
  const begin = (name: Buffer) => {
    file?.end()
    last = name.toString("latin1")
    const [kind = ""] = last.split(" ")
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    file = last === "end" ? undefined : new FileSearch(plan, Place.named(plan, `${prefix}${name}`, report), report)
  }
  const more = (bytes: Buffer) => {
    if (bytes.length === 0) return
    if (file === undefined) throw new Error("bytes that no answer begins")
    file.push(bytes)
  }
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    for (let at = held.indexOf(border); at >= 0; at = held.indexOf(border)) {
      const lineEnd = held.indexOf(10, at + border.length)
      if (lineEnd < 0) break
      more(held.subarray(0, at))
      begin(held.subarray(at + border.length, lineEnd))
      held = held.subarray(lineEnd + 1)
    }
    // What may be the beginning of a border stays.
    const open = held.indexOf(border)
    const keep = open >= 0 ? held.length - open : Math.min(held.length, border.length - 1)
    more(held.subarray(0, held.length - keep))
    held = held.subarray(held.length - keep)
  }
  more(held)
  if (last !== "end") throw new Error("the answers do not come to an end")
  return kinds
}
