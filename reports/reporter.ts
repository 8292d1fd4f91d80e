// The vitest reporter: it prints while the checks run, and at the end turns the run into evidence.

import { setTimeout as sleep } from "node:timers/promises"
import type { Reporter, TestCase, TestModule } from "vitest/node"
import { visible } from "./captured.ts"
import type { Item } from "./definition.ts"
import { exitCodeOf } from "./exit-code.ts"
import { append, type End, type Start } from "./ledger.ts"
import type { Granted } from "./limitation.ts"
import { limit } from "./limited.ts"
import { idOf, type Plan } from "./plan.ts"
import { progress } from "./progress.ts"
import type { Publication } from "./publication.ts"
import { judgeAlone, resultsOf } from "./results.ts"
import { ledgerFile, updateReview } from "./review-file.ts"
import type { Signer } from "./signer.ts"
import { closing, printTable } from "./table.ts"
import type { Terminal } from "./terminal.ts"
import { oneLine, told as toldOf } from "./verdict.ts"
import { withoutLeaks } from "./without-leaks.ts"

export interface Reported {
  definition: Item[]
  /** The directory of REVIEW.md and evidence/. */
  reports: string
  signer: Signer | undefined
  limitations: Granted[]
  publication: Publication
  screen: Terminal
  /** Known once the specs are read, before the first test. */
  opened(): { start: Start; plan: Plan }
  interrupted(): boolean
  /** Receives the run's exit code, the only one that counts. */
  ended(exitCode: number): void
}

export function reporter(run: Reported): Reporter {
  const { definition, publication, reports, screen } = run
  const clock = progress(screen)
  // Redacted before it is made visible: between written-out control characters nobody would know a secret again.
  const nameOf = ({ name }: TestCase) => idOf(name) ?? oneLine(visible(publication.text(name)))
  const finished = new Set<string>()
  return {
    onTestCaseReady: (test) => clock.begin(nameOf(test)),
    onTestCaseResult: (test) => {
      clock.end()
      const { pattern, ids } = run.opened().plan
      const picked = pattern !== undefined || ids !== undefined
      if (test.result().state === "skipped" && (picked || run.interrupted())) return
      const { verdict } = judgeAlone(test)
      const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1)
      screen.print(`  ${screen.paint(verdict, verdict.padEnd(9))}${nameOf(test)} ${screen.faint(`${seconds} s`)}`)
    },
    onTestModuleEnd: (module) => void finished.add(module.moduleId),
    onUserConsoleLog: ({ content }) => {
      for (const line of publication.text(content).trimEnd().split("\n"))
        screen.print(screen.faint(`  | ${visible(line)}`))
    },
    onTestRunEnd: async (modules, unhandled, reason) => {
      clock.end()
      // A Ctrl-C reaches the worker as well, and its death may be seen before our own signal is.
      await sleep(50)
      const { start, plan } = run.opened()
      const interrupted = run.interrupted() || reason === "interrupted"
      const seen = resultsOf(definition, plan, { modules, finished, unhandled, interrupted })
      const { subject, ...told } = { ...seen, checks: limit(seen.checks, seen.subject, run.limitations) }
      const results = { ...publication.value(told), subject }
      const unfinished = { kind: "end" as const, run: start.run, finished: new Date().toISOString(), interrupted }
      const found: End = { ...unfinished, ...results, exitCode: exitCodeOf({ ...results, interrupted }) }
      const end = await withoutLeaks(found, start, definition, reports, publication)
      printTable(screen, definition, plan, end, placesOf(modules))
      if (publication.hidden > 0) {
        const many = `${publication.hidden} ${publication.hidden === 1 ? "time" : "times"}`
        screen.print(screen.faint(`a secret would have been shown ${many}; [REDACTED:…] stands in its place`))
      }
      screen.print()
      try {
        await append(ledgerFile(reports, start.target, start.role), end, run.signer)
        const file = await updateReview(reports, start.target, definition)
        screen.print(`${closing(end)} The evidence is in ${file}`)
        run.ended(end.exitCode)
      } catch (cause) {
        screen.print(closing(end))
        screen.print(
          `${screen.paint("error", "error")}  the evidence could not be published: ${toldOf(cause as Error)}`,
        )
        run.ended(2)
      }
    },
  }
}

// Where each check is written, for whoever asks why it is red.
function placesOf(modules: readonly TestModule[]): Map<string, string> {
  const places = modules.flatMap((module) =>
    [...module.children.allTests()].map(({ name, location }) => {
      const line = location === undefined ? "" : `:${location.line}`
      return [idOf(name) ?? "", `${module.relativeModuleId}${line}`] as const
    }),
  )
  return new Map(places)
}
