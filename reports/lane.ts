// A role's ledger as it stands in its file, read without believing it: entries, their chain, and the runs they tell of.

import { createHash } from "node:crypto"
import { canonical } from "./canonical.ts"
import type { Challenge } from "./challenge.ts"
import type { End, RunRecord, Start } from "./ledger.ts"
import type { Limitation, Withdrawal } from "./limitation.ts"

/** One entry: its bytes, and where it is signed the signature over exactly these bytes (SSHSIG, base64). */
export interface Entry {
  bytes: string
  signature?: string
  /** Where in its file it stands, from 1. */
  line?: number
}

/** How far a ledger had come: how many entries, and the digest of the newest. */
export interface Checkpoint {
  lane: string
  size: number
  head: string
}

export type Statement = Start | End | Challenge | Limitation | Withdrawal
/** What every entry has, whatever it states. */
export type Line = Statement & { previous: string; observed?: Checkpoint[] }

export interface Lane {
  /** As the file is named: the role. */
  name: string
  entries: Entry[]
  lines: Line[]
  /** The one with the newest line last. */
  runs: RunRecord[]
}

export const beginning = "0".repeat(64)

const signatureLine = /^\{"signature":"([A-Za-z0-9+/]+={0,2})"\}$/

/** Reads the text of a ledger. Throws where the chain is broken; signatures are somebody else's to verify. */
export function parseLane(text: string, name: string, file: string): Lane {
  const entries = entriesOf(text, file)
  const lines: Line[] = []
  let previous = beginning
  for (const entry of entries) {
    const place = `${file}:${entry.line}`
    const line = parseLine(entry.bytes, place)
    if (line.previous !== previous) {
      throw new Error(
        `${place}: the chain is broken: this line follows ${line.previous}, but the one above is ${previous}; ` +
          "a line was changed, added or removed, so restore the file from git",
      )
    }
    previous = digestOf(entry)
    lines.push(line)
  }
  return { name, entries, lines, runs: runsOf(lines, entries, file) }
}

/** Cuts the text of a ledger into entries, without reading what they say. */
export function entriesOf(text: string, file: string): Entry[] {
  if (text === "") return []
  const lines = text.split("\n")
  if (lines.pop() !== "") {
    throw new Error(
      `${file}:${lines.length + 1}: the last line is cut off: its writer died; restore the file or remove it`,
    )
  }
  const entries: Entry[] = []
  for (const [index, line] of lines.entries()) {
    const [, signature] = signatureLine.exec(line) ?? []
    const last = entries.at(-1)
    if (signature === undefined) entries.push({ bytes: line, line: index + 1 })
    else if (last === undefined || last.signature !== undefined) {
      throw new Error(`${file}:${index + 1}: the chain is broken: a signature that follows no entry`)
    } else last.signature = signature
  }
  return entries
}

/** What the next entry is bound to: these bytes and their signature. */
export function digestOf(entry: Entry): string {
  return createHash("sha256").update(textOf(entry).slice(0, -1)).digest("hex")
}

/** An entry as it stands in the file. */
export function textOf({ bytes, signature }: Entry): string {
  return signature === undefined ? `${bytes}\n` : `${bytes}\n{"signature":"${signature}"}\n`
}

/** Where a ledger ends now. */
export function checkpointOf(name: string, entries: Entry[]): Checkpoint {
  const last = entries.at(-1)
  return { lane: name, size: entries.length, head: last === undefined ? beginning : digestOf(last) }
}

function parseLine(bytes: string, place: string): Line {
  let line: Line
  try {
    line = JSON.parse(bytes) as Line
  } catch (cause) {
    throw new Error(`${place}: the chain is broken: not JSON; restore the file from git`, { cause })
  }
  // Bytes that are not the canonical form could hide a doubled key from whoever reads them.
  if (canonical(line) !== bytes) throw new Error(`${place}: the chain is broken: the line is not in canonical form`)
  if (!["start", "end", "challenge", "limitation", "withdrawal"].includes(line.kind)) {
    throw new Error(`${place}: states nothing that is known here, but "${String(line.kind)}"`)
  }
  return line
}

/** The runs that these lines tell of; `entries` are what the lines were read from. */
export function runsOf(lines: Line[], entries: Entry[], file: string): RunRecord[] {
  const runs = new Map<string, RunRecord>()
  for (const [index, line] of lines.entries()) {
    const entry = entries[index] ?? { bytes: "" }
    const place = `${file}:${entry.line ?? "next"}`
    if (line.kind === "start") {
      if (runs.has(line.run)) throw new Error(`${place}: run ${line.run} starts a second time`)
      runs.set(line.run, { start: line, entries: [entry] })
    } else if (line.kind === "end") {
      const run = runs.get(line.run)
      if (run === undefined) throw new Error(`${place}: run ${line.run} ends, but never started`)
      if (run.end !== undefined) throw new Error(`${place}: run ${line.run} ends a second time`)
      runs.delete(line.run)
      runs.set(line.run, { ...run, end: line, entries: [...(run.entries ?? []), entry] })
    }
  }
  return [...runs.values()]
}
