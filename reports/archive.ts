// An archive of evidence: one file that says all of it, and is checked without the machine it was made on.

import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { readSigners } from "./allowed-signers.ts"
import { parseDefinition } from "./definition.ts"
import { type Gate, gateOf } from "./gate.ts"
import { type Lane, parseLane, textOf } from "./lane.ts"
import { latest } from "./latest.ts"
import { readLanes, type Suite } from "./ledger.ts"
import { renderReview } from "./review.ts"
import { reviewReasons } from "./review-file.ts"
import { purposeOf, type Role, roles } from "./roles.ts"
import { verifySignature } from "./ssh-keygen.ts"

const format = "cc-ci-verifier evidence 1"

export interface Archive {
  format: typeof format
  target: string
  /** UTC; nobody signs it. */
  made: string
  /** The suite that made it; the runs say by which they judged. */
  suite: Suite
  /** The text of docs/definition-of-done.md, which the runs' entries have the digest of. */
  definition: string
  /** The text of REVIEW.md. */
  review: string
  /** The text of each role's ledger. */
  ledgers: Record<string, string>
}

export interface ArchiveAnswer {
  /** What is wrong with the archive in itself; where this is not empty, it proves nothing. */
  reasons: string[]
  gate: Gate
  /** UTC: the time the gate was asked for. */
  at: string
  target: string
  /** Entries of each ledger, and how many of them are signed. */
  entries: { role: string; all: number; signed: number }[]
}

/** The archive of a target's evidence, as the text of one JSON file. */
export async function makeArchive(reports: string, target: string, definition: string, suite: Suite): Promise<string> {
  const lanes = await readLanes(join(reports, "evidence", target))
  if (lanes.length === 0) throw new Error(`there is no evidence of ${target} in ${reports}`)
  const archive: Archive = {
    format,
    target,
    made: new Date().toISOString(),
    suite,
    definition,
    review: await readFile(join(reports, "REVIEW.md"), "utf8"),
    ledgers: Object.fromEntries(lanes.map(({ name, entries }) => [name, entries.map(textOf).join("")])),
  }
  // Not in normal form: a document's bytes are what was signed and shown.
  return `${JSON.stringify(archive, null, 1)}\n`
}

/**
 * Checks an archive against a file of allowed signers that came by another way. The gate is asked for the time of the
 * Adversary's newest run, unless told: its answer of then is what the archive is kept for. `every` verifies each signature
 * there is, and not only those that something rests on.
 */
export async function checkArchive(
  text: string,
  signers: string,
  { at, every = false }: { at?: Date | undefined; every?: boolean } = {},
): Promise<ArchiveAnswer> {
  const archive = parseArchive(text)
  const { target, ledgers } = archive
  const trust = { signers: readSigners(signers, "the trust file"), from: "the trust file", ledgers: new Map() }
  const lanes = Object.entries(ledgers).map(([name, ledger]) => parseLane(ledger, name, `ledger ${name}`))
  const now = at ?? newestIn(lanes)
  const definition = parseDefinition(archive.definition, "the archive's definition")
  const definitionSha256 = createHash("sha256").update(archive.definition).digest("hex")
  const gate = await gateOf(target, definition, { lanes, trust, suite: { ...archive.suite, definitionSha256 }, now })
  const bodies = renderReview(target, definition, latest(lanes.map(({ runs }) => runs)))
  const signatures = every ? await everySignature(lanes, trust.signers.lines, now) : []
  return {
    reasons: [...reviewReasons(archive.review, bodies, "REVIEW.md"), ...signatures],
    gate,
    at: now.toISOString(),
    target,
    entries: lanes.map(({ name, entries }) => ({
      role: name,
      all: entries.length,
      signed: entries.filter(({ signature }) => signature !== undefined).length,
    })),
  }
}

function parseArchive(text: string): Archive {
  let archive: Archive
  try {
    archive = JSON.parse(text) as Archive
    // A key that stands twice would be read by one program in one way, by another in another.
    if (`${JSON.stringify(archive, null, 1)}\n` !== text) throw new Error("it is not as it was written")
  } catch (cause) {
    throw new Error(`this is no archive of evidence: ${(cause as Error).message}`, { cause })
  }
  if (archive.format !== format) throw new Error(`this is no archive of evidence: its format is not "${format}"`)
  const texts = [archive.target, archive.definition, archive.review, ...Object.values(archive.ledgers ?? {})]
  if (texts.some((one) => typeof one !== "string") || typeof archive.suite !== "object") {
    throw new Error("this is no archive of evidence: a part of it is missing")
  }
  return archive
}

function newestIn(lanes: Lane[]): Date {
  const runs = lanes.filter(({ name }) => name === "adversary").flatMap((lane) => lane.runs)
  const times = runs
    .map(({ start, end }) => Date.parse(end?.finished ?? start.started))
    .filter((time) => !Number.isNaN(time))
  return times.length === 0 ? new Date() : new Date(Math.max(...times))
}

async function everySignature(lanes: Lane[], signers: string[], at: Date): Promise<string[]> {
  const reasons: string[] = []
  for (const { name, entries } of lanes) {
    if (!roles.some((role) => role === name)) continue
    for (const entry of entries.filter(({ signature }) => signature !== undefined)) {
      const verified = await verifySignature(entry, purposeOf(name as Role), signers, at)
      if (!verified.good) reasons.push(`ledger ${name}:${entry.line}: its signature is not by ${name}: ${verified.why}`)
    }
  }
  return reasons
}
