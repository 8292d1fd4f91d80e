// The vitest reporter: it prints while the checks run, and at the end turns the run into evidence.

import type { Reporter, TestCase } from "vitest/node"
import { visible } from "./captured.ts"
import type { Item } from "./definition.ts"
import { exitCodeOf } from "./exit-code.ts"
import { append, type End, type Start } from "./ledger.ts"
import { idOf, type Plan } from "./plan.ts"
import { progress } from "./progress.ts"
import { resultsOf } from "./results.ts"
import { ledgerFile, updateReview } from "./review-file.ts"
import { closing, printTable } from "./table.ts"
import type { Terminal } from "./terminal.ts"
import { judge, oneLine, told } from "./verdict.ts"

export interface Reported {
  definition: Item[]
  /** The directory of REVIEW.md and evidence/. */
  reports: string
  screen: Terminal
  /** Known once the specs are read, before the first test. */
  opened(): { start: Start; plan: Plan }
  interrupted(): boolean
  /** Receives the run's exit code, the only one that counts. */
  ended(exitCode: number): void
}

export function reporter(run: Reported): Reporter {
  const { definition, reports, screen } = run
  const clock = progress(screen)
  const finished = new Set<string>()
  return {
    onTestCaseReady: (test) => clock.begin(nameOf(test)),
    onTestCaseResult: (test) => {
      clock.end()
      const { pattern } = run.opened().plan
      if (test.result().state === "skipped" && (pattern !== undefined || run.interrupted())) return
      const { verdict } = judge(test)
      const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1)
      screen.print(`  ${screen.paint(verdict, verdict.padEnd(9))}${nameOf(test)} ${screen.faint(`${seconds} s`)}`)
    },
    onTestModuleEnd: (module) => void finished.add(module.moduleId),
    onUserConsoleLog: ({ content }) => {
      for (const line of content.trimEnd().split("\n")) screen.print(screen.faint(`  | ${visible(line)}`))
    },
    onTestRunEnd: async (modules, unhandled, reason) => {
      clock.end()
      const { start, plan } = run.opened()
      const interrupted = run.interrupted() || reason === "interrupted"
      const { waiting, ...results } = resultsOf(definition, plan, { modules, finished, unhandled, interrupted })
      const unfinished = { kind: "end" as const, run: start.run, finished: new Date().toISOString(), interrupted }
      const end: End = { ...unfinished, ...results, exitCode: exitCodeOf({ ...results, interrupted }) }
      printTable(screen, definition, plan, end)
      screen.print()
      try {
        await append(ledgerFile(reports, start.target, start.role), end)
        const file = await updateReview(reports, start.target, definition)
        screen.print(`${closing(end, waiting)} The evidence is in ${file}`)
        run.ended(end.exitCode)
      } catch (cause) {
        screen.print(closing(end, waiting))
        screen.print(`${screen.paint("error", "error")}  the evidence could not be published: ${told(cause as Error)}`)
        run.ended(2)
      }
    },
  }
}

function nameOf(test: TestCase): string {
  return idOf(test.name) ?? oneLine(visible(test.name))
}
