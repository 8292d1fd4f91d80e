// What an outsider runs: `node verify-evidence.mjs ARCHIVE ALLOWED_SIGNERS`, with nothing installed but node and ssh-keygen.

import { readFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { checkArchive } from "./archive.ts"
import { visible } from "./captured.ts"

/** Checks an archive, prints what was found, and answers with the exit code. */
export async function verifyArchive(archive: string, signers: string, options: { at?: string; every?: boolean }) {
  const at = options.at === undefined ? undefined : new Date(options.at)
  if (at !== undefined && Number.isNaN(at.getTime()))
    throw new Error(`--at ${options.at} is no time; write it like 2026-01-31T12:00:00Z`)
  const [text, trusted] = [await readFile(archive, "utf8"), await readFile(signers, "utf8")]
  const answer = await checkArchive(text, trusted, { at, every: options.every ?? false })
  const { gate, reasons, entries, target } = answer
  for (const { role, all, signed } of entries) console.log(`${role}: ${all} entries, ${signed} signed`)
  const commits = [...new Set(gate.runs.map(({ start }) => start.suite.commit))]
  console.log(`judged by the suite at ${commits.join(", ") || "no commit"}; compare it with the one you trust`)
  if (reasons.length === 0 && gate.open) {
    const limited = gate.limited.length === 0 ? "" : `, limited by ${gate.limited.join(", ")}`
    console.log(`whole; at ${answer.at} the gate of ${target} was open${limited}`)
    return 0
  }
  console.log(
    reasons.length === 0
      ? `whole, as far as it goes; at ${answer.at} the gate of ${target} was shut:`
      : "not to be relied on:",
  )
  for (const reason of [...reasons, ...gate.reasons]) console.log(`  ${visible(reason)}`)
  return 1
}

/** The command line of the program that stands alone. */
export async function main(args: string[]): Promise<number> {
  const usage = "node verify-evidence.mjs ARCHIVE ALLOWED_SIGNERS [--at TIME] [--every]"
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { at: { type: "string" }, every: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    })
    const [archive, signers, ...rest] = positionals
    if (values.help || archive === undefined || signers === undefined || rest.length > 0) {
      console.log(
        `${usage}\n\nChecks an archive of evidence against a file of allowed signers that you got by another way.\n` +
          "Exit 0: it is whole, and the gate was open at that time; 1: not so, with every reason; 2: it could not be checked.",
      )
      return values.help ? 0 : 2
    }
    return await verifyArchive(archive, signers, values)
  } catch (cause) {
    console.error(`error: ${(cause as Error).message}\n${usage}`)
    return 2
  }
}
