// One run of the specs against one target, from the ledger's first line to its last.

import { randomUUID } from "node:crypto"
import { createVitest, type Vitest } from "vitest/node"
import type { Item } from "./definition.ts"
import { append, type Role, type Start } from "./ledger.ts"
import { type Plan, planOf } from "./plan.ts"
import { reporter } from "./reporter.ts"
import { ledgerFile } from "./review-file.ts"
import type { Terminal } from "./terminal.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The target file's absolute path. */
    target: string
    role: string
  }
}

export interface SuiteRun {
  /** Where vitest.config.ts and specs/ are. */
  root: string
  target: { name: string; file: string }
  role: Role
  reports: string
  filters: string[]
  pattern: RegExp | undefined
  definition: Item[]
  suite: Start["suite"]
  screen: Terminal
}

/** Runs the selected checks, records them, and answers with the exit code they deserve. */
export async function runSuite(run: SuiteRun): Promise<number> {
  let opened: { start: Start; plan: Plan } | undefined
  let interrupted = false
  let exitCode = 2
  const reported = reporter({
    definition: run.definition,
    reports: run.reports,
    screen: run.screen,
    opened: () => {
      if (opened === undefined) throw new Error("the run began before its first ledger line was written")
      return opened
    },
    interrupted: () => interrupted,
    ended: (code) => {
      exitCode = code
    },
  })
  const vitest = await createVitest("test", {
    root: run.root,
    project: ["verify"],
    watch: false,
    run: true,
    reporters: [reported],
    provide: { target: run.target.file, role: run.role },
    ...(run.pattern === undefined ? {} : { testNamePattern: run.pattern }),
  })
  try {
    opened = await open(run, vitest)
    if (opened === undefined) return 2
    const release = onInterrupt(() => {
      interrupted = true
      run.screen.print("interrupted: the check that runs now is the last; interrupt again to stop at once")
      void vitest.cancelCurrentRun("keyboard-input")
    })
    try {
      await vitest.start(run.filters)
    } finally {
      release()
    }
    return exitCode
  } finally {
    await vitest.close()
  }
}

async function open(run: SuiteRun, vitest: Vitest): Promise<{ start: Start; plan: Plan } | undefined> {
  const every = await vitest.globTestSpecifications()
  const chosen = await vitest.globTestSpecifications(run.filters)
  const modules = await vitest.experimental_parseSpecifications(chosen)
  const plan = planOf(
    run.definition,
    every.map(({ moduleId }) => moduleId),
    modules,
    run.pattern,
  )
  if (chosen.length === 0 || plan.selected.length === 0) {
    const asked = [...run.filters, ...(run.pattern === undefined ? [] : [`-t "${run.pattern.source}"`])].join(" ")
    run.screen.print(`error: no check matches ${asked === "" ? "in specs/: there is no spec" : asked}; nothing was run`)
    return undefined
  }
  const start: Start = {
    kind: "start",
    run: randomUUID(),
    target: run.target.name,
    role: run.role,
    started: new Date().toISOString(),
    suite: run.suite,
    selection: { filters: run.filters, pattern: run.pattern?.source ?? null, checks: plan.selected },
    cold: { cold: false, because: "not probed" },
  }
  await append(ledgerFile(run.reports, run.target.name, run.role), start)
  return { start, plan }
}

// vitest's own listeners end the process within a millisecond; ours let the run end and be recorded first.
function onInterrupt(interrupt: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const
  let times = 0
  const listener = () => {
    times += 1
    if (times > 1) process.exit(2)
    interrupt()
  }
  for (const signal of signals) process.removeAllListeners(signal).on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
