// The command line: the one place where target, specs and reports are put together.

import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { loadTarget, TargetError } from "../helpers/target.ts"
import { SignersError } from "./allowed-signers.ts"
import { parseArguments, UsageError } from "./arguments.ts"
import { unusedChallenge } from "./challenge.ts"
import { newestOf, probeCold, whereabouts } from "./cold-probes.ts"
import { readDefinition } from "./definition.ts"
import { echoOf } from "./echo.ts"
import { readLanes } from "./ledger.ts"
import { limitationsOf } from "./limited.ts"
import { ledgerFile } from "./review-file.ts"
import { runSuite } from "./run-suite.ts"
import { SignerError, signerOf } from "./signer.ts"
import { suiteAt } from "./suite.ts"
import { terminal } from "./terminal.ts"
import { credentialsOf, keysOf, trustOf } from "./trust.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const help = `
Looks at a live cc-ci and judges, check by check, whether the Definition of Done holds. The target is only read.

  npm run verify -- [files] [-t pattern] --target FILE [--role ROLE] [--out DIR] [--warm]

  files          only specs whose path contains this: specs/c2
  -t pattern     only checks whose title matches: -t "C2.5 " (mind the space, or C2.50 matches too)
  --target FILE  what to look at; or the environment variable TARGET. There is no default
  --role ROLE    whose ledger it is written to: builder (default), adversary or ci
  --out DIR      where REVIEW.md and evidence/ go, instead of the directory the target file names
  --warm         C3 hashes, and does not search again, what an earlier run searched clean for the same secrets
  --help         this

Verdicts
  pass     every expectation held, and at least one was made
  limited  it does not hold, and a signed limitation covers exactly that
  fail     it was seen not to hold
  error    it could not be looked at
  not run  skipped, waiting for something, or without a spec yet

Exit codes
  0  every selected check passes or is limited
  1  some check fails
  2  no fail, but some check could not be looked at or was not run; nothing was selected; or the run could not start

Examples
  npm run verify -- --target .lab/target.yaml                     everything
  npm run verify -- specs/c2 --target .lab/target.yaml            one item
  npm run verify -- -t "C2.5 " --target .lab/target.yaml          one check
  npm run verify -- --target prod.yaml --role adversary --out ~/review
`

const noTarget = `error: no target: nothing says what to look at.

Name a target file with --target FILE or in the environment variable TARGET. To get one:
  npm run lab -- up       starts the lab and writes .lab/target.yaml
  fixtures/targets/       has an example to copy for a host of your own
`

async function main(args: string[]): Promise<number> {
  const screen = terminal()
  const asked = parseArguments(args, process.env)
  if (asked.help) {
    screen.print(help.trim())
    return 0
  }
  if (asked.target === undefined) {
    process.stderr.write(noTarget)
    return 2
  }
  // npm changes into the package first; paths mean what they meant where the command was typed.
  const from = process.env.INIT_CWD ?? process.cwd()
  const file = resolve(from, asked.target)
  const target = await loadTarget(file)
  const reports = asked.out === undefined ? target.reports.directory : resolve(from, asked.out)
  // Before anything of ours is on this machine: what is there now was left by somebody else.
  const lanes = await readLanes(dirname(ledgerFile(reports, target.name, asked.role)))
  const by = await whereabouts()
  const cold = await probeCold({
    root,
    by,
    warm: asked.warm,
    env: process.env,
    credentials: credentialsOf(target),
    builder: newestOf(lanes.find(({ name }) => name === "builder")?.runs ?? []),
    sharedMachine: target.roles?.sharedMachine,
  })
  const trust = await trustOf(target)
  const signer = trust === undefined ? undefined : await signerOf(asked.role, keysOf(target), trust.signers)
  const how = signer === undefined ? "unsigned: it will not open the gate" : `signing with ${signer.key}`
  screen.print(`looking at ${target.name} (${file}) as ${asked.role}, ${how}`)
  const challenge = signer?.role === "adversary" ? unusedChallenge(lanes) : undefined
  if (signer?.role === "adversary" && challenge === undefined) {
    screen.print("no nonce is unused: it will not open the gate; ci issues one with `npm run done -- challenge`")
  }
  return runSuite({
    root,
    target: { name: target.name, file },
    role: asked.role,
    reports,
    filters: asked.filters,
    pattern: asked.pattern,
    warm: asked.warm,
    definition: await readDefinition(join(root, "docs", "definition-of-done.md")),
    suite: await suiteAt(root),
    signer,
    by,
    cold,
    limitations: await limitationsOf(lanes, trust),
    echo: challenge === undefined ? undefined : (run) => echoOf(target, challenge.nonce, run),
    screen,
  })
}

function explain(error: unknown): string {
  if (error instanceof TargetError) return `${error.message}\n`
  if (error instanceof SignerError || error instanceof SignersError) return `error: ${error.message}\n`
  if (error instanceof UsageError) return `error: ${error.message}\nnpm run verify -- --help says what can be asked\n`
  return `error: the run could not be carried out: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
}

// vitest sets exit codes of its own while it runs; only this one, from our verdicts, leaves the process.
const exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(explain(error))
  return 2
})
process.exit(exitCode)
