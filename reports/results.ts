// From what vitest reports to one verdict per check. It walks the plan, so what did not run shows.

import type { SerializedError, TestCase, TestModule } from "vitest/node"
import { canonical } from "./canonical.ts"
import type { Item } from "./definition.ts"
import type { CheckRecord, Subject } from "./ledger.ts"
import { idOf, itemOf, type Plan, testsOf } from "./plan.ts"
import { mergeSubjects } from "./subject.ts"
import { type Judgement, judge, told } from "./verdict.ts"

export interface Results {
  checks: CheckRecord[]
  subject: Subject
  problems: string[]
  unhandled: string[]
}

interface Found {
  test: TestCase
  module: TestModule
}

export interface Ended {
  modules: readonly TestModule[]
  /** Ids of the modules that said they ended: vitest 4 may call one "passed" whose worker was killed. */
  finished: Set<string>
  unhandled: readonly SerializedError[]
  interrupted: boolean
}

/** Every selected check's verdict and evidence, and what is wrong with the run as a whole. */
export function resultsOf(definition: Item[], plan: Plan, ended: Ended): Results {
  const { found, problems } = find(definition, plan, ended.modules)
  const order = definition.flatMap((item) => item.checks.map(({ id }) => id))
  const selected = order.filter((id) => plan.selected.includes(id) || found.has(id))
  const records = selected.map((id) => record(id, found.get(id) ?? [], plan, ended))
  const seen = selected.flatMap((id) =>
    (found.get(id) ?? []).map(({ test }) => ({ id, subject: test.meta().subject ?? {} })),
  )
  const { subject, changed } = mergeSubjects(seen)
  return {
    checks: changed.length === 0 ? records : records.map((check) => unsettled(check, changed.join("; "))),
    subject,
    problems: [...problems, ...changed, ...(selected.length === 0 ? ["no check was selected"] : [])],
    unhandled: ended.unhandled.map(told),
  }
}

function find(definition: Item[], plan: Plan, modules: readonly TestModule[]) {
  const known = new Set(definition.flatMap((item) => item.checks.map(({ id }) => id)))
  const found = new Map<string, Found[]>()
  const problems: string[] = []
  for (const module of modules) {
    const file = module.relativeModuleId
    problems.push(...errorsOf(module).map((error) => `${file}: ${error}`))
    for (const test of testsOf(module, plan)) {
      const id = idOf(test.name)
      if (id === undefined || !known.has(id)) {
        problems.push(`${file}: "${test.name}" begins with no id of the Definition of Done`)
      } else {
        if (id.split(".")[0] !== itemOf(file)) problems.push(`${file}: ${id} stands in a spec of another item`)
        found.set(id, [...(found.get(id) ?? []), { test, module }])
      }
    }
  }
  for (const [id, tests] of found) {
    if (tests.length > 1) problems.push(`${id} has ${tests.length} tests; one check is one test`)
  }
  return { found, problems }
}

function record(id: string, found: Found[], plan: Plan, ended: Ended): CheckRecord {
  const [only] = found
  const nothing = { observations: [], commands: [], assertions: 0, milliseconds: 0 }
  if (only === undefined) return { id, ...missing(id, plan, ended), ...nothing }
  const { observations = [], commands = [], assertions = 0, waitsFor } = only.test.meta()
  const milliseconds = Math.round(only.test.diagnostic()?.duration ?? 0)
  const judgement =
    found.length > 1 ? error(`${found.length} tests claim ${id}; one check is one test`) : settled(only, ended)
  const waits = judgement.verdict === "not run" && waitsFor !== undefined ? { waitsFor } : {}
  // One check's unusable evidence must not keep the others' out of the ledger.
  if (unusable(only.test) !== undefined) return { id, ...judgement, ...nothing, milliseconds }
  return { id, ...judgement, ...waits, observations, commands, assertions, milliseconds }
}

/** A test's verdict when it ends. What happens around it later may still take a pass away. */
export function judgeAlone(test: TestCase): Judgement {
  const why = unusable(test)
  return why === undefined ? judge(test) : error(why)
}

function unusable(test: TestCase): string | undefined {
  const { observations, commands } = test.meta()
  try {
    canonical({ observations, commands })
    return undefined
  } catch (cause) {
    return `its evidence is unusable: ${told(cause as Error)}`
  }
}

function missing(id: string, plan: Plan, { modules, interrupted }: Ended): Judgement {
  if (interrupted) return error("interrupted before it began")
  const broken = modules.filter((module) => itemOf(module.moduleId) === id.split(".")[0]).flatMap(errorsOf)
  if (broken.length > 0) return error(`its spec did not load: ${broken.join("; ")}`)
  if (plan.tested.has(id)) return error("its spec ended, or its worker died, before it began")
  return { verdict: "not run", why: "no spec covers it yet" }
}

// A finding stands whatever came after it; a pass stands only if its spec ended as it should. An error that vitest ties to
// no test takes no pass away from a spec that ended, but the run keeps it, and a run with one never exits 0.
function settled({ test, module }: Found, { finished, interrupted }: Ended): Judgement {
  const judgement = judgeAlone(test)
  const { state } = test.result()
  const stopped = test.meta().waitsFor === undefined && state === "skipped" && interrupted
  if (state === "pending" || stopped) return error(interrupted ? "interrupted" : "its worker died before it ended")
  if (judgement.verdict !== "pass") return judgement
  const around = errorsOf(module)
  if (around.length > 0) return error(`it passed, but around it: ${around.join("; ")}`)
  if (!finished.has(module.moduleId)) return error("it passed, but its spec never ended: its worker died")
  return judgement
}

function errorsOf(module: TestModule): string[] {
  const suites = [...module.children.allSuites()].flatMap((suite) => suite.errors())
  return [...module.errors(), ...suites].map(told)
}

function unsettled(check: CheckRecord, changed: string): CheckRecord {
  if (check.verdict === "pass") return { ...check, ...error(changed) }
  return check.verdict === "fail" ? { ...check, ...error(`${changed}; until then: ${check.why}`) } : check
}

function error(why: string): Judgement {
  return { verdict: "error", why }
}
