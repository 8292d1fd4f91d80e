// `npm run done`: asks the gate, from ledgers and signatures alone, and what its owners state to it.

import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { UsageError } from "./arguments.ts"
import { replaceFile } from "./atomic-file.ts"
import { visible } from "./captured.ts"
import { claimReasons, touchedSince } from "./claim.ts"
import { onSharedMachine } from "./cold.ts"
import { readDefinition } from "./definition.ts"
import { type Gate, gateOf } from "./gate.ts"
import { challenges, limitationFrom, withdrawalOf } from "./grant.ts"
import type { Statement } from "./lane.ts"
import { append, readLanes } from "./ledger.ts"
import { optionsIn, pathOf, program, targetOf } from "./program.ts"
import { ledgerFile } from "./review-file.ts"
import type { Role } from "./roles.ts"
import { signerOf } from "./signer.ts"
import { fingerprintOf } from "./ssh-keygen.ts"
import { claimIn, signOffLine, withClaim } from "./status-file.ts"
import { suiteAt } from "./suite.ts"
import { keysOf, trustOf } from "./trust.ts"

const help = `
Answers from the ledgers and signatures alone whether the Definition of Done holds: every check of C1-C7 and D8 passes or is
limited, verified cold by the Adversary, on one subject, within 24 h, with nothing newer against it. It looks at no host.

  npm run done -- --target FILE [--out DIR]                    ask; every reason is printed
  npm run done -- --target FILE --write STATUS.md              ask, and if it is open write "## DONE" there
  npm run done -- --target FILE --check STATUS.md              for CI: if that file claims DONE, the gate must be open, the
                                                               claim its own, and the branch otherwise what was verified
  npm run done -- challenge --target FILE [--count N] [--hours N]
                                                               as ci: issue nonces (1), for runs that start within 24 h
  npm run done -- limit REQUEST.yaml --target FILE             as the adversary: grant a limitation
  npm run done -- withdraw L-1 --because TEXT --target FILE    as the adversary: take it back

  --target FILE  whose ledgers; or the environment variable TARGET. Its \`roles\` say who may sign, and with which key
  --out DIR      where evidence/ is, instead of the directory the target file names
  --help         this

A request for a limitation: check, stillClaimed, stillTested, reason, requestedBy and days (1 to 14), each a line of YAML.
docs/evidence.md says what each of these means, docs/adversary.md when to use it.

Exit codes
  0  the gate is open; what was asked for is written; nothing is claimed
  1  the gate is shut, or the claim does not stand
  2  the question could not be answered
`

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const options = {
  target: { type: "string" },
  out: { type: "string" },
  write: { type: "string" },
  check: { type: "string" },
  count: { type: "string" },
  hours: { type: "string" },
  because: { type: "string" },
} as const

async function main(args: string[]): Promise<number> {
  const { values, positionals } = optionsIn(args, options)
  const [command = "ask", operand, ...rest] = positionals
  const foreign = foreignTo(command, Object.keys(values))
  if (foreign !== undefined || rest.length > 0)
    throw new UsageError(foreign ?? `nothing here is called ${rest.join(" ")}`)
  const { file: targetFile, target } = await targetOf(values.target)
  const trust = await trustOf(target)
  if (trust === undefined) {
    throw new UsageError(
      `${targetFile} names no roles: without a branch that says whose signature counts, nothing can be answered`,
    )
  }
  const reports = values.out === undefined ? target.reports.directory : pathOf(values.out)
  const lanes = await readLanes(join(reports, "evidence", target.name))
  const adversary = lanes.find(({ name }) => name === "adversary")

  const state = async (role: Role, statements: Statement[]): Promise<number> => {
    const signer = await signerOf(role, keysOf(target), trust.signers)
    if (signer === undefined)
      throw new UsageError(`only ${role} may state this, and roles.${role}.key is not set in ${targetFile}`)
    for (const statement of statements) await append(ledgerFile(reports, target.name, role), statement, signer)
    return 0
  }
  if (command === "challenge") {
    const issued = challenges(
      target.name,
      whole(values.count, 1, 100, "--count"),
      whole(values.hours, 24, 24, "--hours"),
    )
    await state("ci", issued)
    for (const { nonce, expires } of issued) console.log(`issued ${nonce}, for one run that starts before ${expires}`)
    return 0
  }
  if (command === "limit") {
    if (operand === undefined) throw new UsageError("limit needs the file of a request")
    const limitation = await limitationFrom(pathOf(operand), target.name, adversary)
    await state("adversary", [limitation])
    console.log(
      `granted ${limitation.id}: ${limitation.check} until ${limitation.expires}; the next run of it reads limited`,
    )
    return 0
  }
  if (command === "withdraw") {
    if (operand === undefined || !values.because) throw new UsageError('withdraw needs a limitation and --because "…"')
    await state("adversary", [withdrawalOf(operand, values.because, target.name, adversary)])
    console.log(`withdrew ${operand}`)
    return 0
  }

  const definition = await readDefinition(join(root, "docs", "definition-of-done.md"))
  const hostKey = fingerprintOf(target.host.hostKey)
  const asked = { lanes, trust, suite: await suiteAt(root), hostKey, now: new Date() }
  const gate = await gateOf(target.name, definition, asked)
  if (values.check !== undefined) {
    const file = pathOf(values.check)
    const text = existsSync(file) ? await readFile(file, "utf8") : ""
    if (!claimIn(text).claimed) {
      console.log(`${values.check} claims nothing`)
      return 0
    }
    const verified = gate.subject.baseRev
    const touched = verified === undefined ? [] : await touchedSince(verified, dirname(file))
    return tell(target.name, gate, [...gate.reasons, ...claimReasons(text, gate, adversary, touched)])
  }
  const code = tell(target.name, gate, gate.reasons)
  if (values.write !== undefined && gate.open && adversary !== undefined) {
    const file = pathOf(values.write)
    const before = existsSync(file) ? await readFile(file, "utf8") : ""
    await replaceFile(file, withClaim(before, signOffLine(target.name, gate, adversary)))
    console.log(`wrote "## DONE" into ${file}`)
  }
  return code
}

function tell(target: string, gate: Gate, reasons: string[]): number {
  if (reasons.length === 0) {
    const limited = gate.limited.length === 0 ? "" : `, limited by ${gate.limited.join(", ")}`
    console.log(`open: C1-C7 and D8 of ${target} hold${limited}; until ${gate.until}`)
    for (const reason of gate.shared) console.log(`  ${visible(onSharedMachine(reason))}`)
    return 0
  }
  console.log(`shut, for ${reasons.length} ${reasons.length === 1 ? "reason" : "reasons"}:`)
  for (const reason of reasons) console.log(`  ${visible(reason)}`)
  return 1
}

function foreignTo(command: string, given: string[]): string | undefined {
  const known: Record<string, string[]> = {
    ask: ["write", "check"],
    challenge: ["count", "hours"],
    limit: [],
    withdraw: ["because"],
  }
  const own = known[command]
  if (own === undefined) return `nothing here is called ${command}`
  if (given.includes("write") && given.includes("check")) return "--write and --check are two questions"
  const other = given.find((option) => ![...own, "target", "out"].includes(option))
  return other === undefined ? undefined : `${command === "ask" ? "asking" : command} takes no --${other}`
}

function whole(text: string | undefined, fallback: number, most: number, option: string): number {
  const number = text === undefined ? fallback : Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= most) return number
  throw new UsageError(`${option} is a whole number from 1 to ${most}`)
}

process.exitCode = await program("done", help, main, ({ message }) => `the gate could not be asked: ${message}`)
