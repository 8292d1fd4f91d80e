// What a run is going to look at, known before its first test: a run that dies must still say what it owed.

import { basename } from "node:path"
import type { TestCase, TestModule } from "vitest/node"
import type { Item } from "./definition.ts"

/** What picks tests: by title, and by id where milestones were asked for. */
export interface Picks {
  pattern: RegExp | undefined
  /** The ids of the milestones asked for; without any, all. */
  ids?: ReadonlySet<string> | undefined
}

export interface Plan extends Picks {
  /** Ids of the checks this run owes a verdict, in the order of the definition. */
  selected: string[]
  /** The selected ids that have a test, as far as reading the specs can tell. */
  tested: Set<string>
  /** Items no spec file exists for, chosen or not. */
  unspecified: Set<string>
}

/**
 * Without a pattern, an item whose spec files are all chosen owes every check the definition lists, tested or not; with
 * one, only the checks whose tests match it. Milestones owe exactly their checks; where all specs are chosen, also those
 * that no spec is about yet. Modules need no more than to have been read; they need not have run.
 */
export function planOf(definition: Item[], everySpec: string[], chosen: readonly TestModule[], picks: Picks): Plan {
  const { pattern, ids } = picks
  const chosenFiles = new Set(chosen.map((module) => module.moduleId))
  const tested = new Set(chosen.flatMap((module) => testsOf(module, picks).flatMap((test) => idOf(test.name) ?? [])))
  const whole = (item: Item) => {
    const files = everySpec.filter((file) => itemOf(file) === item.id)
    const all = everySpec.every((file) => chosenFiles.has(file))
    if (pattern !== undefined) return false
    return files.length > 0 ? files.every((file) => chosenFiles.has(file)) : ids !== undefined && all
  }
  const selected = definition.flatMap((item) =>
    item.checks.map(({ id }) => id).filter((id) => (whole(item) || tested.has(id)) && (ids?.has(id) ?? true)),
  )
  const specified = new Set(everySpec.map(itemOf))
  const unspecified = new Set(definition.map(({ id }) => id).filter((id) => !specified.has(id)))
  return { selected, tested, unspecified, pattern, ids }
}

/** The tests of a module that are picked; like vitest, a pattern looks at the titles from the outermost suite on. */
export function testsOf(module: TestModule, { pattern, ids }: Picks): TestCase[] {
  return [...module.children.allTests()].filter(
    (test) =>
      (pattern === undefined || pattern.test(titles(test))) && (ids === undefined || ids.has(idOf(test.name) ?? "")),
  )
}

/** The check a title begins with: `C2.5` of `C2.5 every endpoint serves exactly the chain in git`. */
export function idOf(title: string): string | undefined {
  return /^([A-Z]\d*\.\d+) /.exec(title)?.[1]
}

/** The item a spec file is about, by its name: `C2` of `specs/c2-certificate-in-git.spec.ts`. */
export function itemOf(file: string): string | undefined {
  return /^([a-z]\d*)-/.exec(basename(file))?.[1]?.toUpperCase()
}

function titles(test: TestCase): string {
  const names = [test.name]
  for (let suite = test.parent; suite.type === "suite"; suite = suite.parent) names.unshift(suite.name)
  return names.join(" ")
}
