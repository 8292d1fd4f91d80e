import { createHash } from "node:crypto"
import { z } from "zod"
import { credentialProblem, withoutCredentials } from "./flake-url.ts"
import type { Mirror } from "./git.ts"
import { parseNixJson } from "./nix-json.ts"

/** A flake input as flake.lock pins it; a field the lock does not have is missing. */
export interface LockedInput {
  /** SHA-256 (hex) of the bytes of flake.lock. */
  lockSha256: string
  type?: string
  url?: string
  rev?: string
  narHash?: string
}

/** Attributes of an input; a credential in a URL is masked. */
export type Attributes = Record<string, string | number | boolean>

export interface FlakeNode {
  /** Its key in flake.lock. */
  key: string
  /**
   * Every input that is this node, named from the root (`sops-nix/nixpkgs`), `follows` resolved. Where the way there forks,
   * only the shortest one is named: all of them could be more than there are atoms.
   */
  paths: string[]
  /** What the flake asked for. */
  original: Attributes
  /** What it was pinned to: all attributes, as Nix reads them. */
  locked: Attributes
  /** False for an input that is only a tree of files. */
  flake: boolean
}

export interface FlakeLock {
  lockSha256: string
  version: number
  /** Every node but the root that can be reached from it, by key. */
  nodes: FlakeNode[]
  /** Nodes that no input leads to, by key; Nix ignores them. */
  unreachable: FlakeNode[]
  /** What is wrong with the lock, one sentence each, without secrets. */
  problems: string[]
}

const attributes = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const lockShape = z.strictObject({
  version: z.int(),
  root: z.string(),
  nodes: z.record(
    z.string(),
    z.strictObject({
      inputs: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
      original: attributes.default({}),
      locked: attributes.default({}),
      // Of version 5; Nix still lets it override `locked` in version 7 (lockfile.cc, getFlakeRef).
      info: attributes.default({}),
      flake: z.boolean().default(true),
      parent: z.array(z.string()).optional(),
    }),
  ),
})

/** A lock with its nodes by key, so that no key means something else. */
interface Lock {
  version: number
  root: string
  nodes: ReadonlyMap<string, Node>
}
interface Node {
  inputs: ReadonlyMap<string, string | string[]>
  original: Attributes
  locked: Attributes
  flake: boolean
}

/** What flake.lock at a commit pins the input to; undefined without flake.lock, or if the flake has no such input. */
export async function lockedInput(repo: Mirror, rev: string, input: string): Promise<LockedInput | undefined> {
  const bytes = await repo.fileAt(rev, "flake.lock")
  if (bytes === undefined) return undefined
  const lock = lockOf(bytes, `flake.lock at ${rev} of ${repo.url}`)
  const key = follow(lock, [input])
  const locked = key === undefined ? undefined : lock.nodes.get(key)?.locked
  if (locked === undefined || Object.keys(locked).length === 0) return undefined
  const known = ["type", "url", "rev", "narHash"].filter((name) => typeof locked[name] === "string")
  const lockSha256 = createHash("sha256").update(bytes).digest("hex")
  return { lockSha256, ...Object.fromEntries(known.map((name) => [name, withoutCredentials(String(locked[name]))])) }
}

/** All of flake.lock at a commit; undefined without one. A lock of unknown shape throws. */
export async function flakeLock(repo: Mirror, rev: string): Promise<FlakeLock | undefined> {
  const bytes = await repo.fileAt(rev, "flake.lock")
  if (bytes === undefined) return undefined
  const lock = lockOf(bytes, `flake.lock at ${rev} of ${repo.url}`)
  const { paths, problems } = reached(lock)
  const keys = [...lock.nodes.keys()].filter((key) => key !== lock.root).sort()
  const nodes = keys.filter((key) => paths.has(key)).map((key) => nodeOf(lock, key, paths.get(key) ?? []))
  const unreachable = keys.filter((key) => !paths.has(key)).map((key) => nodeOf(lock, key, []))
  return {
    lockSha256: createHash("sha256").update(bytes).digest("hex"),
    version: lock.version,
    nodes,
    unreachable,
    problems: [
      ...problems,
      ...nodes.flatMap(({ key, paths: [path] }) => problemsOf(lock, key).map((what) => `input ${path}: ${what}`)),
      ...unreachable.flatMap(({ key }) => credentialsOf(lock, key).map((what) => `unused node ${key}: ${what}`)),
    ],
  }
}

function lockOf(bytes: Buffer, what: string): Lock {
  const json = parseNixJson(bytes, what)
  if (typeof json !== "object" || json === null) throw new Error(`${what} is no JSON object`)
  const versionOf = "version" in json ? json.version : undefined
  if (![5, 6, 7].includes(versionOf as number)) throw new Error(`${what}: version ${JSON.stringify(versionOf)}`)
  const parsed = lockShape.safeParse(json)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
    throw new Error(withoutCredentials(`${what} has an unknown shape: ${issues.join("; ")}`))
  }
  const { version, root, nodes } = parsed.data
  return {
    version,
    root,
    nodes: new Map(
      Object.entries(nodes).map(([key, { inputs, original, locked, info, flake }]) => [
        key,
        { inputs: new Map(Object.entries(inputs)), original, locked: { ...locked, ...info }, flake },
      ]),
    ),
  }
}

/** The node at the end of a path of inputs from the root; undefined if it leads nowhere. */
function follow(lock: Lock, path: string[], via: string[] = []): string | undefined {
  const name = path.join("/")
  if (via.includes(name)) throw new Error(`input ${name} of flake.lock follows itself`)
  return path.reduce<string | undefined>((at, step) => {
    const edge = at === undefined ? undefined : lock.nodes.get(at)?.inputs.get(step)
    return Array.isArray(edge) ? follow(lock, edge, [...via, name]) : edge
  }, lock.root)
}

/** Walks the inputs breadth first, so that every node is named by the shortest way there. */
function reached(lock: Lock): { paths: Map<string, string[]>; problems: string[] } {
  const paths = new Map<string, string[]>()
  const problems = lock.nodes.has(lock.root) ? [] : [`root node ${lock.root}: is not there`]
  const queue: [key: string, path: string[]][] = [[lock.root, []]]
  for (const [key, path] of queue) {
    for (const [name, edge] of lock.nodes.get(key)?.inputs ?? []) {
      const at = [...path, name]
      const way = at.join("/")
      const next = Array.isArray(edge) ? followed(lock, edge) : edge
      if (next === undefined || !lock.nodes.has(next)) {
        problems.push(`input ${way}: leads to no node`)
      } else if (next === lock.root) {
        if (!Array.isArray(edge)) problems.push(`input ${way}: is the root node`)
      } else if (paths.has(next)) {
        paths.get(next)?.push(way)
      } else {
        paths.set(next, [way])
        queue.push([next, at])
      }
    }
  }
  return { paths, problems }
}

function followed(lock: Lock, path: string[]): string | undefined {
  try {
    return follow(lock, path)
  } catch {
    return undefined
  }
}

function nodeOf({ nodes }: Lock, key: string, paths: string[]): FlakeNode {
  const { original = {}, locked = {}, flake = true } = nodes.get(key) ?? {}
  return { key, paths, original: masked(original), locked: masked(locked), flake }
}

const masked = (all: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, typeof value === "string" ? withoutCredentials(value) : value]),
  )

// Types of input that their revision pins; the others only their NAR hash does.
const pinnedByRev = ["git", "github", "gitlab", "sourcehut", "hg"]

function problemsOf(lock: Lock, key: string): string[] {
  const { type, rev, narHash, path, url, ...rest } = lock.nodes.get(key)?.locked ?? {}
  const problems = credentialsOf(lock, key)
  const say = (wrong: boolean, what: string) => wrong && problems.push(what)
  if (type === undefined) return [...problems, "is not locked"]
  const local = type === "path" && !String(path).startsWith("/")
  say(type === "path" && !local, "is a path on the machine that locked it")
  say(local && String(path).split("/").includes(".."), "is a path that may lead out of the repo")
  say(String(url).startsWith("file:") || String(url).startsWith("/"), "is a repo on the machine that locked it")
  say(type === "indirect", "is whatever a registry says")
  if (pinnedByRev.includes(String(type))) {
    say(rev === undefined, "has no rev")
    say(rev !== undefined && !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(String(rev)), "has a rev that is no commit")
    // A forge's tarball is not what git hashes, so only its NAR hash says what was meant.
    say(narHash === undefined && type !== "git" && type !== "hg", "has no narHash")
  } else if (!local) {
    say(narHash === undefined, "has no narHash")
  }
  say("dirtyRev" in rest || "dirtyShortRev" in rest, "was locked to a dirty tree")
  return problems
}

function credentialsOf({ nodes }: Lock, key: string): string[] {
  const { original = {}, locked = {} } = nodes.get(key) ?? {}
  const found = [...Object.entries(original), ...Object.entries(locked)].flatMap(([, value]) =>
    typeof value === "string" ? (credentialProblem(value) ?? []) : [],
  )
  return [...new Set(found)]
}
