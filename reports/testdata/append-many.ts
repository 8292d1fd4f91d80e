// One of several writers: append-many.ts REPORTS RUNS NAME writes that many whole runs and renders REVIEW.md after each.
import { join } from "node:path"
import { readDefinition } from "../definition.ts"
import { append } from "../ledger.ts"
import { ledgerFile, updateReview } from "../review-file.ts"

const [reports = "", runs = "1", name = ""] = process.argv.slice(2)
const definition = await readDefinition(join(import.meta.dirname, "suite", "definition.md"))
const file = ledgerFile(reports, "small", "builder")
for (let index = 0; index < Number(runs); index++) {
  const run = `${name}-${index}`
  const suite = { commit: "0", dirty: false, lockfileSha256: "0", node: "v20", vitest: "4" }
  const selection = { filters: [], pattern: null, checks: ["C5.1"] }
  const started = new Date().toISOString()
  const cold = { cold: false, because: "not probed" }
  await append(file, { kind: "start", run, target: "small", role: "builder", started, suite, selection, cold })
  const observations = [{ what: "writer", seen: run }]
  const check = { id: "C5.1", verdict: "pass" as const, why: "", observations, commands: [], assertions: 1, milliseconds: 1 }
  const rest = { interrupted: false, exitCode: 0, subject: {}, checks: [check], problems: [], unhandled: [] }
  await append(file, { kind: "end", run, finished: new Date().toISOString(), ...rest })
  await updateReview(reports, "small", definition)
}
