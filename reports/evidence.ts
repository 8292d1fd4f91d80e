// `npm run evidence`: what is in the ledgers, in other forms, and whether those forms are true to it.

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Target } from "../helpers/target.ts"
import { makeArchive } from "./archive.ts"
import { UsageError } from "./arguments.ts"
import { replaceFile } from "./atomic-file.ts"
import { type Item, readDefinition } from "./definition.ts"
import { gateOf } from "./gate.ts"
import { latest } from "./latest.ts"
import { readLanes } from "./ledger.ts"
import { annotations, ctrf, junit } from "./outputs.ts"
import { unanswered } from "./page/asked.ts"
import { page } from "./page/page.ts"
import { optionsIn, pathOf, program, targetOf } from "./program.ts"
import { checkReview, readLedgers, updateReview } from "./review-file.ts"
import { fingerprintOf } from "./ssh-keygen.ts"
import { suiteAt } from "./suite.ts"
import { trustOf } from "./trust.ts"
import { standaloneVerifier } from "./verifier.ts"
import { verifyArchive } from "./verify-archive.ts"

const help = `
Puts the evidence of a target into other forms, and checks those. It looks at no host.

  npm run evidence -- render --target FILE            write the blocks of REVIEW.md anew, from the ledgers
  npm run evidence -- render --check --target FILE    refuse a REVIEW.md that is not what the ledgers say
  npm run evidence -- junit --target FILE             JUnit's XML; also ctrf (JSON), and annotations for GitHub and Gitea
  npm run evidence -- page --target FILE              one HTML file to read: gate, matrix, history, what each check saw
  npm run evidence -- bundle --to FILE --target FILE  everything in one file, to be kept and given away
  npm run evidence -- verify ARCHIVE --trust FILE     check such a file: offline, with node and ssh-keygen alone
  npm run evidence -- verifier --to FILE.mjs          the same check as one script, for whoever has not got this suite

  --target FILE  whose evidence; or the environment variable TARGET
  --out DIR      where REVIEW.md and evidence/ are, instead of the directory the target file names
  --to FILE      where it is written, instead of the terminal
  --trust FILE   ssh-keygen's allowed_signers file, which you got by another way than the archive
  --at TIME      ask the gate for this time (2026-01-31T12:00:00Z) instead of when the newest verdict was reached
  --every        verify each signature in the archive, not only those that something rests on
  --help         this

Exit codes
  0  it is written; it is true to the ledgers; the archive is whole, and its gate was open
  1  it is not so, for the reasons printed
  2  it could not be done or checked
`

const root = fileURLToPath(new URL("..", import.meta.url))
const document = join(root, "docs", "definition-of-done.md")
const forms = { junit, ctrf, annotations }

const options = {
  target: { type: "string" },
  out: { type: "string" },
  to: { type: "string" },
  trust: { type: "string" },
  at: { type: "string" },
  check: { type: "boolean" },
  every: { type: "boolean" },
} as const
const takes: Record<string, string[]> = {
  render: ["target", "out", "check"],
  junit: ["target", "out", "to"],
  ctrf: ["target", "out", "to"],
  annotations: ["target", "out", "to"],
  page: ["target", "out", "to"],
  bundle: ["target", "out", "to"],
  verify: ["trust", "at", "every"],
  verifier: ["to"],
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = optionsIn(args, options)
  const [command = "", operand, ...rest] = positionals
  const known = takes[command]
  if (known === undefined)
    throw new UsageError(command === "" ? "nothing was asked for" : `nothing here is called ${command}`)
  const foreign = Object.keys(values).find((option) => !known.includes(option))
  if (foreign !== undefined) throw new UsageError(`${command} takes no --${foreign}`)
  if (rest.length > 0 || (operand !== undefined) !== (command === "verify")) {
    throw new UsageError(command === "verify" ? "verify needs one archive" : `${command} takes no ${operand}`)
  }

  if (command === "verify") {
    if (values.trust === undefined) throw new UsageError("--trust FILE says whose signatures count; the archive cannot")
    const { at, every } = values
    const more = { ...(at === undefined ? {} : { at }), ...(every === undefined ? {} : { every }) }
    return verifyArchive(pathOf(operand ?? ""), pathOf(values.trust), more)
  }
  if (command === "verifier") return put(await standaloneVerifier(), values.to)

  const { target } = await targetOf(values.target)
  const reports = values.out === undefined ? target.reports.directory : pathOf(values.out)
  const definition = await readDefinition(document)
  if (command === "bundle") {
    return put(
      await makeArchive(reports, target.name, await readFile(document, "utf8"), await suiteAt(root)),
      values.to,
    )
  }
  if (command === "render" && values.check) {
    const reasons = await checkReview(reports, target.name, definition)
    for (const reason of reasons) console.log(reason)
    return reasons.length === 0 ? 0 : 1
  }
  if (command === "render") {
    console.log(`rendered ${await updateReview(reports, target.name, definition)}`)
    return 0
  }
  if (command === "page") return put(await pageOf(target, reports, definition), values.to)
  const form = forms[command as keyof typeof forms]
  return put(form(target.name, definition, latest(await readLedgers(reports, target.name))), values.to)
}

/** The page asks the gate, and says so where it could not: a page that is missing would look like a quiet night. */
async function pageOf(target: Target, reports: string, definition: Item[]): Promise<string> {
  const lanes = await readLanes(join(reports, "evidence", target.name))
  const suite = await suiteAt(root)
  const now = new Date()
  const ask = async () => {
    const trust = await trustOf(target)
    if (trust === undefined) return unanswered("the target file names no roles, so nothing says whose signature counts")
    return gateOf(target.name, definition, { lanes, trust, suite, hostKey: fingerprintOf(target.host.hostKey), now })
  }
  const gate = await ask().catch((cause: Error) => unanswered(cause.message))
  return page({ target: target.name, definition, suite, lanes, gate, now })
}

async function put(text: string, to: string | undefined): Promise<number> {
  if (to === undefined) process.stdout.write(text)
  else await replaceFile(pathOf(to), text)
  return 0
}

process.exitCode = await program("evidence", help, main, ({ message }) => message)
