// REVIEW.md's managed blocks: the ledger as a person reads and signs it. Only pure functions; review-file.ts writes.

import type { Blocks } from "./blocks.ts"
import { canonical } from "./canonical.ts"
import { code, quoted } from "./captured.ts"
import type { Check, Item } from "./definition.ts"
import { commandLine, observationLines, valueLines } from "./evidence-lines.ts"
import type { Known } from "./latest.ts"
import type { RunRecord, Subject } from "./ledger.ts"
import { type Verdict, worst } from "./verdict.ts"

/** Every block of one target: the summary, then one per item in the order of the definition. */
export function renderReview(target: string, definition: Item[], known: Map<string, Known>): Blocks {
  const items = definition.map((item) => [`${target} ${item.id}`, renderItem(target, item, known)] as const)
  return new Map([[`${target} summary`, renderSummary(target, definition, known)], ...items])
}

/** The verdict of an item: that of its worst check. */
export function verdictOf(item: Item, known: Map<string, Known>): Verdict {
  return worst(item.checks.map(({ id }) => known.get(id)?.check.verdict ?? "not run"))
}

function renderSummary(target: string, definition: Item[], known: Map<string, Known>): string {
  const rows = definition.map((item) => {
    const cells = (["fail", "error", "not run", "limited"] as const).map((verdict) => ids(item, verdict, known))
    return `| ${item.id} ${item.title} | ${shown(verdictOf(item, known))} | ${cells.join(" | ")} |`
  })
  return lines([
    `## Summary of ${target}`,
    "",
    "| item | verdict | fail | error | not run | limited |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "The runs these verdicts come from:",
    "",
    ...runLines(runsBehind([...known.values()])),
  ])
}

function ids(item: Item, verdict: Verdict, known: Map<string, Known>): string {
  const those = item.checks.filter(({ id }) => (known.get(id)?.check.verdict ?? "not run") === verdict)
  if (those.length === item.checks.length) return those.length === 0 ? "" : "all"
  return those.map(({ id }) => id).join(" ")
}

function renderItem(target: string, item: Item, known: Map<string, Known>): string {
  const seen = item.checks.flatMap(({ id }) => known.get(id) ?? [])
  const printed = new Set<string>()
  return lines([
    `## ${item.id} ${item.title} (${target}): ${shown(verdictOf(item, known))}`,
    "",
    `> ${item.sentence}`,
    "",
    ...(item.checks.length === 0 ? ["It has no checks yet.", ""] : []),
    ...item.checks.flatMap((check) => checkLines(check, known.get(check.id), printed)),
    ...(seen.length === 0
      ? []
      : ["### Runs", "", ...runsBehind(seen).flatMap((run) => [...runLines([run]), ...subjectLines(run)])]),
  ])
}

function checkLines(check: Check, known: Known | undefined, printed: Set<string>): string[] {
  if (known === undefined) return [`### ${check.id} ${shown("not run")}`, "", check.sentence, "", "- never run", ""]
  const { verdict, why, observations, commands, assertions } = known.check
  const looked = [...new Set(observations.flatMap(({ from }) => from ?? []))]
  const fresh = commands.filter((command) => first(printed, `${known.run.start.run} ${canonical(command)}`))
  const again = commands.length - fresh.length
  return [
    `### ${check.id} ${shown(verdict)}`,
    "",
    check.sentence,
    "",
    ...(why === "" ? [] : valueLines("- why:", why, 0)),
    `- recorded by the run of ${runName(known.run)}, ${assertions} ${assertions === 1 ? "expectation" : "expectations"}`,
    ...observations.filter((seen) => seen.from === undefined).flatMap((seen) => observationLines(seen, 0)),
    ...(looked.length === 0 ? [] : [`- rests on the shared look-up ${looked.map(code).join(", ")}`]),
    ...(fresh.length === 0 ? [] : ["- commands:", ...fresh.flatMap((command) => commandLine(command, 2))]),
    ...(again === 0
      ? []
      : [`- and ${again} ${again === 1 ? "command" : "commands"} listed above, under an earlier check`]),
    "",
  ]
}

function first(printed: Set<string>, key: string): boolean {
  if (printed.has(key)) return false
  printed.add(key)
  return true
}

function runsBehind(known: Known[]): RunRecord[] {
  const runs = new Map(known.map(({ run }) => [run.start.run, run]))
  return [...runs.values()].sort((one, other) => (runName(one) < runName(other) ? -1 : 1))
}

function runName({ start }: RunRecord): string {
  return `${start.started} by the ${start.role}`
}

function runLines(runs: RunRecord[]): string[] {
  if (runs.length === 0) return ["- none yet"]
  return runs.flatMap((run) => {
    const { suite, cold } = run.start
    const how = `${cold.cold ? "cold" : "not known to be cold"} (${cold.because})`
    const tree = `suite ${suite.commit.slice(0, 12)}${suite.dirty ? " with uncommitted changes" : ""}`
    const wrong = [...(run.end?.problems ?? []), ...(run.end?.unhandled ?? [])]
    const end = run.end === undefined ? "never ended" : run.end.interrupted ? "interrupted" : `exit ${run.end.exitCode}`
    return [
      `- ${runName(run)}: ${how}, ${tree}, ${end}, ${signatureOf(run)}`,
      ...(wrong.length === 0 ? [] : quoted(wrong.join("\n"), 0)),
    ]
  })
}

// Whether the signature is any good is for `npm run done` to say, which knows whom to trust.
function signatureOf({ entries = [] }: RunRecord): string {
  return entries.length > 0 && entries.every(({ signature }) => signature !== undefined) ? "signed" : "unsigned"
}

function subjectLines(run: RunRecord): string[] {
  const fields = Object.entries(run.end?.subject ?? ({} as Subject)).sort()
  if (fields.length === 0) return ["  - subject: not learned"]
  return fields.map(([field, value]) => `  - ${field} ${code(String(value))}`)
}

function shown(verdict: Verdict): string {
  return verdict === "pass" ? "pass" : `**${verdict}**`
}

function lines(all: string[]): string {
  const text = all.join("\n").replaceAll(/\n{3,}/g, "\n\n")
  return `${text.trimEnd()}\n`
}
