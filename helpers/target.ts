// The target file: what is looked at and how to reach it. It is read and checked once; secrets stay in their own files.

import { readFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { type Document, isNode, LineCounter, parseDocument, visit } from "yaml"
import { z } from "zod"
import { announce } from "./announce.ts"
import { withheld } from "./run.ts"
import { type Mistake, resolveFiles } from "./target-files.ts"
import { targetSchema } from "./target-schema.ts"

/** A checked target: sizes in bytes, local paths absolute, defaults filled in. */
export type Target = z.output<typeof targetSchema>

/** Where a secret is, never the secret: a file, or the name of an environment variable. */
export type SecretSource = { file: string } | { env: string }

/** The target file is wrong; the message names the file and, line by line, every mistake. */
export class TargetError extends Error {
  override name = "TargetError"
}

/** Reads and checks a target file. Anything wrong with it, or with a file it names, is a {@link TargetError}. */
export async function loadTarget(file: string): Promise<Target> {
  const path = resolve(file)
  const { target, lineOf } = parseTarget(await textOf(path), path)
  const mistakes = await resolveFiles(target, dirname(path), lineOf)
  if (mistakes.length > 0) throw wrong(path, mistakes)
  return target
}

type Path = readonly PropertyKey[]

/** Checks the text of a target file, without looking at the files it names: their paths stay as written. */
export function parseTarget(source: string, path: string): { target: Target; lineOf: (path: Path) => number } {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const broken = [...document.errors, ...document.warnings].map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    what: `no YAML: ${error.message}`,
  }))
  if (broken.length > 0) throw wrong(path, broken)

  const inline: Mistake[] = []
  visit(document, {
    Scalar: (_, { value, range }) => {
      if (typeof value !== "string" || !/AGE-SECRET-KEY-|PRIVATE KEY-----/i.test(value)) return
      inline.push({ line: lines.linePos(range?.[0] ?? 0).line, what: "a secret stands here, name its file instead" })
    },
  })

  const lineOf = (path: Path): number => {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = document.getIn(path.slice(0, depth - 1), true)
      const pair = (parent as { items?: unknown[] } | undefined)?.items?.find(
        (item) => (item as { key?: { value?: unknown } }).key?.value === path[depth - 1],
      )
      const node = (pair as { key?: unknown } | undefined)?.key ?? document.getIn(path.slice(0, depth), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return 1
  }
  const parsed = targetSchema.safeParse(document.toJS(), { error: expectation })
  const mistakes = [
    ...inline,
    ...(parsed.error?.issues ?? []).flatMap((issue) => describe(issue, document, lineOf)),
    ...(parsed.data === undefined ? [] : contradictions(parsed.data, lineOf)),
  ]
  if (parsed.data === undefined || mistakes.length > 0) throw wrong(path, mistakes)
  return { target: parsed.data, lineOf }
}

/** The bytes of a secret, read when they are needed. */
export async function readSecretSource(source: SecretSource): Promise<Buffer> {
  if ("file" in source) return announced(source.file, await readFile(source.file))
  withheld.add(source.env)
  const value = process.env[source.env]
  if (value === undefined || value === "") throw new Error(`environment variable ${source.env} is not set`)
  return announced(source.env, Buffer.from(value))
}

function announced(name: string, bytes: Buffer): Buffer {
  announce(name, bytes)
  return bytes
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    throw new TargetError(`cannot read the target file ${path}: ${(cause as Error).message}`, { cause })
  }
}

function wrong(path: string, mistakes: Mistake[]): TargetError {
  const sorted = mistakes.toSorted((a, b) => a.line - b.line)
  return new TargetError(sorted.map(({ line, what }) => `${path}:${line}: ${what}`).join("\n"))
}

// What zod found wrong, without the value: it may be a secret put in the wrong place.
const expectation = (issue: { code?: string; expected?: unknown }): string | undefined =>
  issue.code === "invalid_type" ? `expected ${String(issue.expected)}` : undefined

function describe(issue: z.core.$ZodIssue, document: Document, lineOf: (path: Path) => number): Mistake[] {
  if (issue.code !== "unrecognized_keys") {
    const missing = document.hasIn(issue.path) ? "" : "missing, "
    return [{ line: lineOf(issue.path), what: `${dotted(issue.path)}: ${missing}${issue.message}` }]
  }
  return issue.keys.map((key) => {
    const path = [...issue.path, key]
    const advice =
      issue.path[0] === "host" && /proxy/i.test(key)
        ? "direct only: the host is reached without proxy or jump host"
        : `nearest is ${dotted([...issue.path, nearest(key, knownKeys(issue.path))])}`
    return { line: lineOf(path), what: `${dotted(path)}: unknown key, ${advice}` }
  })
}

const dotted = (path: Path) => (path.length === 0 ? "the file" : path.map(String).join("."))

interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}

function knownKeys(path: Path): string[] {
  let here: Schema[] = [z.toJSONSchema(targetSchema, { io: "input" }) as Schema]
  const shapes = () => here.flatMap((schema) => schema.anyOf ?? [schema])
  for (const step of path) {
    here = shapes().flatMap(
      ({ properties, items }) => (typeof step === "number" ? items : properties?.[String(step)]) ?? [],
    )
  }
  return shapes().flatMap(({ properties }) => Object.keys(properties ?? {}))
}

const nearest = (key: string, known: string[]): string =>
  known.toSorted((a, b) => distance(key, a) - distance(key, b))[0] ?? "none"

/** Levenshtein: how many letters to insert, delete or replace, ignoring case. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [i, letter] of [...a.toLowerCase()].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b.toLowerCase()].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

function contradictions(
  { documents, incus, endpoints, orchestrator }: Target,
  lineOf: (path: Path) => number,
): Mistake[] {
  const at = (path: Path, what: string) => ({ line: lineOf(path), what: `${dotted(path)}: ${what}` })
  const twice = (names: string[]) => names.filter((name, index) => names.indexOf(name) !== index)
  const instances = incus.instances.map(({ name }) => name)
  const hosts = incus.instances.filter(({ host }) => host)
  return [
    ...(documents.d8.repo === "orchestrator" && "notApplicable" in orchestrator
      ? [at(["documents", "d8", "repo"], "is the orchestrator's, and there is no orchestrator")]
      : []),
    ...twice(endpoints.map(({ name }) => name)).map((name) => at(["endpoints"], `${name} stands here twice`)),
    ...twice(instances).map((name) => at(["incus", "instances"], `${name} stands here twice`)),
    ...(hosts.length === 1 ? [] : [at(["incus", "instances"], `expected one with host: true, got ${hosts.length}`)]),
    ...(instances.includes(incus.throwaway.name)
      ? [at(["incus", "throwaway", "name"], "is also one of the instances, which are never to be destroyed")]
      : []),
  ]
}
