// The ledger: what every run saw, one line when it starts and one when it ends, each bound to the line before it.

import { createHash } from "node:crypto"
import { mkdir, open, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import type { TaskMeta } from "vitest"
import { syncDirectory } from "./atomic-file.ts"
import { canonical } from "./canonical.ts"
import { hasCode, locked } from "./lock.ts"
import type { Verdict } from "./verdict.ts"

export type Role = "builder" | "adversary" | "ci"
export type Observation = NonNullable<TaskMeta["observations"]>[number]
export type Command = NonNullable<TaskMeta["commands"]>[number]
export type Subject = NonNullable<TaskMeta["subject"]>

export interface CheckRecord {
  id: string
  verdict: Verdict
  /** One line; empty for a pass. */
  why: string
  /** What a check that is `not run` waits for, where it said so. */
  waitsFor?: string
  observations: Observation[]
  commands: Command[]
  assertions: number
  milliseconds: number
}

export interface Start {
  kind: "start"
  run: string
  target: string
  role: Role
  /** UTC, ISO 8601. */
  started: string
  suite: { commit: string; dirty: boolean; lockfileSha256: string; node: string; vitest: string }
  /** What was asked for, and the checks that means: those a run that dies leaves without a verdict. */
  selection: { filters: string[]; pattern: string | null; checks: string[] }
  cold: { cold: boolean; because: string }
}

export interface End {
  kind: "end"
  run: string
  finished: string
  interrupted: boolean
  exitCode: number
  subject: Subject
  checks: CheckRecord[]
  /** What is wrong with the run as a whole; any of these keeps it from being green. */
  problems: string[]
  /** Errors that vitest could tie to no test. */
  unhandled: string[]
}

/** One run as the ledger tells it; without an end it died, or still runs. */
export interface RunRecord {
  start: Start
  end?: End
}

type Line = (Start | End) & { previous: string }

const beginning = "0".repeat(64)

/** Appends one line, once the lines before it are proven whole. */
export async function append(file: string, entry: Start | End): Promise<void> {
  const directory = dirname(file)
  await mkdir(directory, { recursive: true })
  await locked(file, async () => {
    const before = await read(file)
    const lines = parse(before, file)
    runsOf([...lines, { ...entry, previous: "" }], file)
    const line = canonical({ ...entry, previous: headOf(before) })
    const handle = await open(file, "a")
    try {
      await handle.writeFile(`${line}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (before === "") await syncDirectory(directory)
  })
}

/** Every run of a ledger, the one with the newest line last. Throws where the chain is broken. */
export async function readLedger(file: string): Promise<RunRecord[]> {
  await mkdir(dirname(file), { recursive: true })
  const text = await locked(file, () => read(file))
  return runsOf(parse(text, file), file)
}

/** The checks of a run; of one that never ended, those it had chosen. */
export function checksOf(run: RunRecord): CheckRecord[] {
  if (run.end !== undefined) return run.end.checks
  const nothing = { observations: [], commands: [], assertions: 0, milliseconds: 0 }
  const why = "the run died before it ended, or has not ended yet"
  return run.start.selection.checks.map((id) => ({ id, verdict: "error", why, ...nothing }))
}

function parse(text: string, file: string): Line[] {
  if (text === "") return []
  const lines = text.split("\n")
  if (lines.pop() !== "") {
    throw new Error(
      `${file}:${lines.length + 1}: the last line is cut off: its writer died; restore the file or remove it`,
    )
  }
  let previous = beginning
  return lines.map((bytes, index) => {
    const line = parseLine(bytes, `${file}:${index + 1}`)
    if (line.previous !== previous) {
      throw new Error(
        `${file}:${index + 1}: the chain is broken: this line follows ${line.previous}, but the line above is ${previous}; ` +
          "a line was changed, added or removed, so restore the file from git",
      )
    }
    previous = sha256(bytes)
    return line
  })
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
  if (line.kind !== "start" && line.kind !== "end") throw new Error(`${place}: neither the start nor the end of a run`)
  return line
}

function runsOf(lines: Line[], file: string): RunRecord[] {
  const runs = new Map<string, RunRecord>()
  for (const [index, line] of lines.entries()) {
    const place = `${file}:${index + 1}`
    const run = runs.get(line.run)
    if (line.kind === "start") {
      if (run !== undefined) throw new Error(`${place}: run ${line.run} starts a second time`)
      runs.set(line.run, { start: line })
    } else {
      if (run === undefined) throw new Error(`${place}: run ${line.run} ends, but never started`)
      if (run.end !== undefined) throw new Error(`${place}: run ${line.run} ends a second time`)
      runs.delete(line.run)
      runs.set(line.run, { ...run, end: line })
    }
  }
  return [...runs.values()]
}

function headOf(text: string): string {
  const last = text.split("\n").at(-2)
  return last === undefined ? beginning : sha256(last)
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return ""
    throw cause
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
