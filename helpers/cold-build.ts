// The cold build: what git builds, in an empty store, on a machine that shares nothing with the live host.

import {
  begun,
  type ColdBuildRequest,
  check,
  fieldsOf,
  onBuilder,
  remove,
  type Session,
  seconds,
  storePath,
  where,
} from "./cold-build-session.ts"
import type { Machine } from "./machine.ts"
import { parseNixJson } from "./nix-json.ts"
import { type PathInfo, parsePathInfo } from "./nix-path-info.ts"
import { type Refusal, refusal } from "./nix-refusal.ts"

/** What earlier runs had left on the builder, or others still use. */
export interface Swept {
  /** Directories of dead runs. */
  removed: string[]
  kept: { directory: string; why: string }[]
}

interface Looked {
  nixVersion: string
  swept: Swept
  substituters: string[]
  /** Nothing was in the store before: counted there, not assumed. */
  storeWasEmpty: true
}

export interface ColdBuilt extends Looked {
  failed?: undefined
  outPath: string
  drvPath: string
  closure: Map<string, PathInfo>
  /** What stands before `/nix/store` on the builder. */
  root: string
  /** Removes the store, and all else, from the builder. */
  dispose(): Promise<void>
}

/** Nix looked, and it does not build. */
export interface ColdFailure extends Looked {
  failed: Refusal
  outPath?: undefined
  drvPath?: undefined
  root?: undefined
  closure?: undefined
  /** Nothing is left to remove. */
  dispose(): Promise<void>
}

export type ColdBuild = ColdBuilt | ColdFailure

export interface LineEdit {
  /** Path in the base repo. */
  file: string
  from: string
  to: string
}

export interface DomainExperiment {
  failed?: undefined
  /** Lines that git says the edit changed. */
  changedLines: number
  /** Files in what the edited system is made from that still hold the old value: derivations, and files of sources. */
  stillThere: string[]
  /** Store paths searched. */
  searched: number
  drvPath: string
}

const sessions = new WeakMap<ColdBuilt, Session>()

/**
 * Builds the flake at a commit from nothing: a fresh clone, an empty store, no caches, pure, with the lock as it is. Throws
 * when that could not be looked at; that it does not build is a fact. The store stays until `dispose()`.
 */
export async function coldBuild(builder: Machine, request: ColdBuildRequest): Promise<ColdBuild> {
  check(request)
  const { session, nixVersion } = await begun(builder, request)
  try {
    const swept = await sweep(session)
    const built = await build(session)
    const looked = { nixVersion, swept, substituters: request.substituters ?? [], storeWasEmpty: true as const }
    if ("reason" in built) {
      await remove(session)
      return { ...looked, failed: built, dispose: async () => {} }
    }
    const cold: ColdBuilt = { ...looked, ...built, root: `${session.directory}/store`, dispose: () => remove(session) }
    sessions.set(cold, session)
    return cold
  } catch (cause) {
    await remove(session).catch(() => {})
    throw cause
  }
}

/**
 * Replaces a value in one file, in a scratch clone on the builder, evaluates that commit in the same store, and searches
 * all that the system would be made from for the old value. That it no longer evaluates is a fact.
 */
export async function domainExperiment(
  cold: ColdBuild,
  { file, from, to }: LineEdit,
): Promise<DomainExperiment | { failed: Refusal }> {
  if (cold.failed !== undefined) throw new Error(`git does not build (${cold.failed.reason}): there is nothing to edit`)
  const session = sessions.get(cold)
  if (session === undefined) throw new Error("the cold build is no longer there")
  if (from === "" || to.includes(from) || /[\n\0]/.test(from + to))
    throw new Error(`no edit of a line: ${from} → ${to}`)
  const { request, directory, flags } = session
  const stdout = await onBuilder(session, "read", [request.baseRev, file])
  const end = stdout.indexOf(0)
  const mode = stdout.subarray(0, end).toString()
  const edited = Buffer.from(
    stdout
      .subarray(end + 1)
      .toString("latin1")
      .replaceAll(latin1(from), () => latin1(to)),
    "latin1",
  )

  const escaped = from.replace(/["\\]/g, String.raw`\$&`)
  const pattern = from.replace(/[*?[\]\\]/g, String.raw`\$&`)
  const args = [request.baseRev, file, mode, attributeOf(request), seconds(request), from, escaped, pattern, ...flags]
  const ran = await onBuilder(session, "experiment", args, edited)
  const [diff = "", code, said = "", drvPath = "", searched = "", found = ""] = fieldsOf(ran)
  if (code !== "0") return { failed: refusal(where(session), "eval", Number(code), said, []) }
  const store = `${directory}/store`
  const lines = found.split("\n").filter((line) => line !== "")
  if (lines.some((line) => !line.startsWith(`${store}/`)))
    throw new Error(`${where(session)}: strange finding in ${found}`)
  return {
    changedLines: Number(/^(\d+)\t/.exec(diff)?.[1] ?? 0),
    stillThere: [...new Set(lines.map((line) => line.slice(store.length)))].sort(),
    searched: Number(searched),
    drvPath: storePath(session, drvPath),
  }
}

/**
 * Evaluates attributes of the flake at a commit, in a fresh clone and an empty store, both removed afterwards. Of each that
 * does not evaluate, why; nothing is built.
 */
export async function evaluated(
  builder: Machine,
  request: ColdBuildRequest,
  attributes: string[],
): Promise<Map<string, Refusal | undefined>> {
  check(request)
  const strange = attributes.find((one) => !/^[A-Za-z_][A-Za-z0-9_.'"-]*$/.test(one))
  if (strange !== undefined) throw new Error(`${JSON.stringify(strange)} is no attribute`)
  if (attributes.length === 0) return new Map()
  const { session } = await begun(builder, request)
  try {
    const { credential, secretsOrigin, baseRev } = request
    const origin = credential === undefined ? "" : new URL(secretsOrigin).origin
    const flake = `git+file://${session.directory}/base?rev=${baseRev}`
    const args = [flake, origin, seconds(request), attributes.join("\n"), ...session.flags]
    const fields = fieldsOf(await onBuilder(session, "evaluate", args, credential))
    if (fields.length !== 2 * attributes.length) throw new Error(`${where(session)}: not every attribute was evaluated`)
    const why = (code = "", said = "") =>
      code === "0" ? undefined : refusal(where(session), "eval", Number(code), said, secretsIn(credential))
    return new Map(attributes.map((one, index) => [one, why(fields[2 * index], fields[2 * index + 1])]))
  } finally {
    await remove(session)
  }
}

async function build(session: Session): Promise<Refusal | Pick<ColdBuilt, "outPath" | "drvPath" | "closure">> {
  const { request, directory, flags } = session
  const { credential, secretsOrigin, baseRev } = request
  const installable = `git+file://${directory}/base?rev=${baseRev}#${attributeOf(request)}`
  const origin = credential === undefined ? "" : new URL(secretsOrigin).origin
  const ran = await onBuilder(session, "build", [installable, origin, seconds(request), ...flags], credential)
  const [before, evaluated, evalSaid = "", drvPath = "", built, buildSaid = "", json = ""] = fieldsOf(ran)
  if (before !== "0") throw new Error(`${where(session)}: the store was not empty before: ${before} entries`)
  const secrets = secretsIn(credential)
  if (evaluated !== "0") return refusal(where(session), "eval", Number(evaluated), evalSaid, secrets)
  if (built !== "0") return refusal(where(session), "build", Number(built), buildSaid, secrets)
  const outPath = outputOf(session, json, storePath(session, drvPath))
  const info = await onBuilder(session, "closure", [outPath])
  const closure = parsePathInfo(info.toString())
  if (!closure.has(outPath)) throw new Error(`${where(session)}: ${outPath} is not in its own closure`)
  return { outPath, drvPath, closure }
}

async function sweep(session: Session): Promise<Swept> {
  const fields = fieldsOf(await onBuilder(session, "sweep", []))
  const found = fields.flatMap((directory, index) =>
    index % 2 === 0 ? [{ directory, why: fields[index + 1] ?? "" }] : [],
  )
  return {
    removed: found.filter(({ why }) => why === "removed").map(({ directory }) => directory),
    kept: found.filter(({ why }) => why !== "removed"),
  }
}

function outputOf(session: Session, json: string, drvPath: string): string {
  const what = `${where(session)}: nix build`
  const [one, ...more] = parseNixJson(json, what) as { drvPath?: unknown; outputs?: Record<string, unknown> }[]
  const outputs = Object.entries(one?.outputs ?? {})
  if (more.length > 0 || outputs.length !== 1 || one?.drvPath !== drvPath) throw new Error(`${what} built ${json}`)
  return storePath(session, String(one.outputs?.out))
}

const attributeOf = ({ attribute }: ColdBuildRequest) => `nixosConfigurations.${attribute}.config.system.build.toplevel`
const latin1 = (text: string) => Buffer.from(text).toString("latin1")

/** The values of git-credential lines, so that none is repeated from what nix said. */
function secretsIn(credential: Buffer | undefined): string[] {
  const lines = credential?.toString().split("\n") ?? []
  const values = lines.flatMap((line) => /^(?:password|credential|oauth\w*)=(.+)$/.exec(line)?.[1] ?? [])
  return [...values, ...values.map(encodeURIComponent)]
}
