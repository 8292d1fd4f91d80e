// What `npm run verify` was asked to do. Only options that cannot weaken a verdict exist.

import { parseCLI } from "vitest/node"
import type { Role } from "./roles.ts"

export interface Asked {
  help: boolean
  target: string | undefined
  role: Role
  out: string | undefined
  /** What earlier runs searched clean need not be searched again. */
  warm: boolean
  /** A throwaway may be made and destroyed. */
  cleanRoom: boolean
  filters: string[]
  pattern: RegExp | undefined
  /** Milestones by id, as `--tags-filter "W1 or W2"` has them; none means all checks. */
  milestones: string[]
}

/** The command line is wrong; the message says how to put it right. */
export class UsageError extends Error {
  override name = "UsageError"
}

const roles: Role[] = ["builder", "adversary", "ci"]
// vitest's parser reports these whether or not they were typed.
const always = ["t", "testNamePattern", "run", "color"]
const noPattern = '-t needs one pattern, like -t "C2.5 "'
const ours = ["--target", "--role", "--out", "--tags-filter"]
const warm = "--warm"
const cleanRoom = "--clean-room"

/** Reads the command line: our options first, what is left as vitest itself would. */
export function parseArguments(args: string[], env: NodeJS.ProcessEnv): Asked {
  const values = new Map<string, string>()
  const rest: string[] = []
  const queue = [...args]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [name = "", ...inline] = next.split("=")
    if (!ours.includes(name)) {
      rest.push(next)
      if (next === "-t" || next === "--testNamePattern") rest.push(patternAfter(queue.shift()))
      continue
    }
    const value = next.includes("=") ? inline.join("=") : queue.shift()
    if (value === undefined || value === "" || value.startsWith("-")) throw new UsageError(`${name} needs a value`)
    if (values.has(name)) throw new UsageError(`${name} is given twice`)
    values.set(name, value)
  }
  return {
    help: rest.some((arg) => arg === "--help" || arg === "-h"),
    target: values.get("--target") ?? (env.TARGET || undefined),
    role: roleOf(values.get("--role") ?? "builder"),
    out: values.get("--out"),
    milestones: milestonesOf(values.get("--tags-filter")),
    warm: rest.includes(warm),
    cleanRoom: rest.includes(cleanRoom),
    ...selection(rest.filter((arg) => ![warm, cleanRoom, "--help", "-h"].includes(arg))),
  }
}

function roleOf(name: string): Role {
  const role = roles.find((known) => known === name)
  if (role === undefined) throw new UsageError(`--role is one of ${roles.join(", ")}, not ${name}`)
  return role
}

/** Milestones joined by `or`: what vitest could also say, `not W2`, would make a selection that no milestone is. */
function milestonesOf(expression: string | undefined): string[] {
  if (expression === undefined) return []
  const names = expression.split(/\s*(?:\|\|)\s*|\s+or\s+/i).map((name) => name.trim())
  const strange = names.find((name) => !/^W[1-9]\d*$/.test(name))
  if (strange !== undefined)
    throw new UsageError(`--tags-filter takes milestones, like W2 or "W2 or W3", not ${expression}`)
  return [...new Set(names)]
}

function selection(args: string[]): Pick<Asked, "filters" | "pattern"> {
  const { filter, options } = parsed(args)
  for (const [name, value] of Object.entries(options)) {
    if (always.includes(name) || (name === "--" && Array.isArray(value) && value.length === 0)) continue
    throw new UsageError(
      `${name.startsWith("-") ? name : name.length === 1 ? `-${name}` : `--${name}`} does not exist here: it could weaken a verdict; what exists is -t, files and ${[...ours, warm, cleanRoom].join(", ")}`,
    )
  }
  const numbered = filter.find((file) => /:\d+$/.test(file))
  if (numbered !== undefined) throw new UsageError(`${numbered}: a line picks nothing here; one check is -t "C2.5 "`)
  const { testNamePattern } = options
  return { filters: filter, pattern: testNamePattern === undefined ? undefined : expression(testNamePattern) }
}

function parsed(args: string[]) {
  try {
    return parseCLI(["vitest", "run", ...args])
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function patternAfter(next: string | undefined): string {
  if (next === undefined || next === "" || next.startsWith("-")) throw new UsageError(noPattern)
  return next
}

function expression(pattern: unknown): RegExp {
  if (typeof pattern !== "string" || pattern === "") throw new UsageError(noPattern)
  try {
    return new RegExp(pattern)
  } catch (cause) {
    throw new UsageError(`-t ${pattern} is no regular expression: ${(cause as Error).message}`, { cause })
  }
}
