// The command line: the one place where target, specs and reports are put together.

import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { journalFile, statusOf } from "../helpers/clean-room/journal.ts"
import { recoverAlone } from "../helpers/clean-room/recover.ts"
import { loadTarget, type Target } from "../helpers/target.ts"
import { secretsNamed } from "../helpers/target-files.ts"
import { parseArguments, UsageError } from "./arguments.ts"
import { beginningOf } from "./beginning.ts"
import { type Item, readDefinition, readMilestones } from "./definition.ts"
import { complaint, pathOf } from "./program.ts"
import { runSuite } from "./run-suite.ts"
import { suiteAt } from "./suite.ts"
import { type Terminal, terminal } from "./terminal.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const document = join(root, "docs", "definition-of-done.md")

const help = `
Looks at a live cc-ci and judges, check by check, whether the Definition of Done holds. The target is only read; with
--clean-room a throwaway beside it is made and destroyed.

  npm run verify -- [files] [-t pattern] [--tags-filter W2] --target FILE [--role ROLE] [--out DIR] [--warm]
                    [--clean-room]

  files          only specs whose path contains this: specs/c2
  -t pattern     only checks whose title matches: -t "C2.5 " (mind the space, or C2.50 matches too)
  --tags-filter  only the checks that milestones of the plan are accepted by: W2, or "W2 or W3"
  --target FILE  what to look at; or the environment variable TARGET. There is no default
  --role ROLE    whose ledger it is written to: builder (default), adversary or ci
  --out DIR      where REVIEW.md and evidence/ go, instead of the directory the target file names
  --warm         C3 hashes, and does not search again, what an earlier run searched clean for the same secrets
  --clean-room   C4 makes a throwaway in the Incus project, follows the install document on it, and destroys it
  --help         this

The run is signed with the key that the target file's roles give the role, and takes a nonce of ci's where it is the
adversary's; docs/adversary.md has the way to the sign-off.

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
  npm run verify -- specs/c4 --clean-room --target .lab/target.yaml   the clean room
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
  const file = pathOf(asked.target)
  const target = await loadTarget(file)
  if (asked.cleanRoom && !target.cleanRoom.allowed) {
    throw new UsageError(`--clean-room: ${file} does not allow one (cleanRoom.allowed)`)
  }
  const reports = asked.out === undefined ? target.reports.directory : pathOf(asked.out)
  const beginning = await beginningOf(target, { role: asked.role, warm: asked.warm, root, reports })
  screen.print(`looking at ${target.name} (${file}) as ${asked.role}, ${beginning.how}`)
  return runSuite({
    root,
    target: { name: target.name, file },
    role: asked.role,
    reports,
    filters: asked.filters,
    pattern: asked.pattern,
    milestones: asked.milestones.length === 0 ? [] : milestonesOf(asked.milestones, await readMilestones(document)),
    warm: asked.warm,
    cleanRoom: asked.cleanRoom,
    // For the tests on the lab alone: what a person runs reads its own sources each time.
    modules: process.env.LAB_MODULES || undefined,
    definition: await readDefinition(document),
    suite: await suiteAt(root),
    secrets: {
      known: await secretsNamed(target),
      open: [target.certificate.certificateKey, ...target.secrets.public],
    },
    ...beginning.run,
    screen,
    ...(asked.cleanRoom ? { leave: (redacting: Terminal) => leaveNothing(target, redacting) } : {}),
  })
}

/** The clean room of a run that was interrupted, or whose worker died, is destroyed before the run ends. */
async function leaveNothing(target: Target, screen: Terminal): Promise<void> {
  if ((await statusOf(journalFile(target.incus))).length === 0) return
  screen.print("destroying what the clean room made")
  try {
    for (const { did } of await recoverAlone(target)) for (const line of did) screen.print(`  ${line}`)
  } catch (cause) {
    const advice = "npm run clean-room -- recover tries again"
    screen.print(`${screen.paint("error", "error")}  it could not be destroyed: ${(cause as Error).message}; ${advice}`)
  }
}

function milestonesOf(ids: string[], known: Item[]): Item[] {
  return ids.map((id) => {
    const found = known.find((one) => one.id === id)
    if (found === undefined)
      throw new UsageError(`no milestone ${id}; there are ${known.map(({ id }) => id).join(", ")}`)
    return found
  })
}

const failed = ({ message, stack }: Error) => `the run could not be carried out: ${stack ?? message}`

// vitest sets exit codes of its own while it runs; only this one, from our verdicts, leaves the process.
const exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${complaint("verify", error, failed)}\n`)
  return 2
})
process.exit(exitCode)
