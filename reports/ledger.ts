// The ledger: what every run saw, one entry when it starts and one when it ends, each bound to the entry before it.

import { mkdir, open, readdir, readFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { TaskMeta } from "vitest"
import { syncDirectory } from "./atomic-file.ts"
import { canonical } from "./canonical.ts"
import type { Echo } from "./challenge.ts"
import type { Cold } from "./cold.ts"
import { checkpointOf, type Entry, type Lane, parseLane, runsOf, type Statement, textOf } from "./lane.ts"
import { hasCode, locked } from "./lock.ts"
import type { Role } from "./roles.ts"
import { type Signer, SignerError } from "./signer.ts"
import type { Verdict } from "./verdict.ts"

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
  /** Of a `limited` check: which limitation covers it, and what its verdict would be without. */
  limitation?: { id: string; verdict: Verdict }
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
  suite: Suite
  /** What was asked for, and the checks that means: those a run that dies leaves without a verdict. */
  selection: { filters: string[]; pattern: string | null; checks: string[] }
  cold: Cold
  /** Where it runs, so that a later run can show that it runs elsewhere. */
  by?: By
  /** The nonce it was challenged with, and what the target answered to it. */
  challenge?: Echo
}

/** The rules that judge. */
export interface Suite {
  commit: string
  dirty: boolean
  lockfileSha256: string
  /** Of docs/definition-of-done.md; runs from before it was recorded lack it. */
  definitionSha256?: string
  node: string
  vitest: string
}

export interface By {
  bootId: string
  /** SHA-256 of the machine's id, which is not to leave the machine, with the user's number. */
  user: string
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
  /** The entries that say so, for whoever verifies signatures. */
  entries?: Entry[]
}

/**
 * Appends one entry, once those before it are proven whole, with what the other ledgers of the target have come to. With a
 * signer it is signed; a signer puts its name under nothing but a ledger whose newest signature is its own.
 */
export async function append(file: string, statement: Statement, signer?: Signer): Promise<void> {
  const directory = dirname(file)
  await mkdir(directory, { recursive: true })
  const name = laneName(file)
  const observed = (await readLanes(directory))
    .filter((lane) => lane.name !== name)
    .map((lane) => checkpointOf(lane.name, lane.entries))
  await locked(file, async () => {
    const before = await read(file)
    const { lines, entries } = parseLane(before, name, file)
    runsOf([...lines, { ...statement, previous: "" }], entries, file)
    const { head } = checkpointOf(name, entries)
    const bytes = canonical({ ...statement, ...(observed.length === 0 ? {} : { observed }), previous: head })
    const entry = signer === undefined ? { bytes } : await signedEntry(bytes, entries, signer, file)
    const handle = await open(file, "a")
    try {
      await handle.writeFile(textOf(entry))
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (before === "") await syncDirectory(directory)
  })
}

async function signedEntry(bytes: string, before: Entry[], signer: Signer, file: string): Promise<Entry> {
  const newest = before.findLast(({ signature }) => signature !== undefined)
  const why = newest === undefined ? undefined : await signer.refuses(newest)
  if (why !== undefined) {
    throw new Error(
      `${file}: its newest signature is not by the ${signer.role}: ${why}; who signs continues nobody else's ledger. If the ` +
        "key was replaced, keep that ledger and begin another: --out DIR",
    )
  }
  const entry = { bytes, signature: await signer.sign(bytes) }
  const own = await signer.refuses(entry)
  if (own !== undefined) {
    throw new SignerError(
      `${signer.key} is no key of the ${signer.role} among the allowed signers: ${own}; nothing was written`,
    )
  }
  return entry
}

/** Every run of a ledger, the one with the newest line last. Throws where the chain is broken. */
export async function readLedger(file: string): Promise<RunRecord[]> {
  return (await readLane(file)).runs
}

/** A whole ledger. One that does not exist is empty. */
export async function readLane(file: string): Promise<Lane> {
  await mkdir(dirname(file), { recursive: true })
  return parseLane(await locked(file, () => read(file)), laneName(file), file)
}

/** Every ledger in a directory, by name; a directory that does not exist has none. */
export async function readLanes(directory: string): Promise<Lane[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    if (hasCode(cause, "ENOENT")) return []
    throw cause
  })
  const files = names.filter((name) => name.endsWith(".jsonl")).sort()
  return Promise.all(files.map((name) => readLane(join(directory, name))))
}

/** The checks of a run; of one that never ended, those it had chosen. */
export function checksOf(run: RunRecord): CheckRecord[] {
  if (run.end !== undefined) return run.end.checks
  const nothing = { observations: [], commands: [], assertions: 0, milliseconds: 0 }
  const why = "the run died before it ended, or has not ended yet"
  return run.start.selection.checks.map((id) => ({ id, verdict: "error", why, ...nothing }))
}

function laneName(file: string): string {
  return basename(file, ".jsonl")
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return ""
    throw cause
  }
}
