import { createHash } from "node:crypto"
import type { Mirror } from "./git.ts"

/** A flake input as flake.lock pins it; a field the lock does not have is missing. */
export interface LockedInput {
  /** SHA-256 (hex) of the bytes of flake.lock. */
  lockSha256: string
  type?: string
  url?: string
  rev?: string
  narHash?: string
}

interface Lock {
  root: string
  nodes: Record<
    string,
    { inputs?: Record<string, string | string[]>; locked?: Omit<LockedInput, "lockSha256"> } | undefined
  >
}

/** What flake.lock at a commit pins the input to; undefined without flake.lock, or if the flake has no such input. */
export async function lockedInput(repo: Mirror, rev: string, input: string): Promise<LockedInput | undefined> {
  const bytes = await repo.fileAt(rev, "flake.lock")
  if (bytes === undefined) return undefined
  const locked = pinned(lockOf(bytes, `flake.lock at ${rev} of ${repo.url}`), input)
  if (locked === undefined) return undefined
  const { type, url, rev: at, narHash } = locked
  const known = { type, url, rev: at, narHash }
  const present = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
  return { lockSha256: createHash("sha256").update(bytes).digest("hex"), ...present }
}

function lockOf(bytes: Buffer, what: string): Lock {
  let lock: Partial<Lock> & { version?: number }
  try {
    lock = JSON.parse(bytes.toString())
  } catch (cause) {
    throw new Error(`${what} is no JSON`, { cause })
  }
  if (typeof lock !== "object" || lock === null) throw new Error(`${what} is no JSON object`)
  if (typeof lock.root !== "string" || lock.nodes === undefined) throw new Error(`${what} has no root and nodes`)
  if (lock.version === undefined || lock.version < 5 || lock.version > 7)
    throw new Error(`${what}: version ${lock.version}`)
  return { root: lock.root, nodes: lock.nodes }
}

/** An input's edge is a node's key, or, for `follows`, the path of inputs from the root to it. */
function pinned({ root, nodes }: Lock, input: string) {
  const follow = (from: string, name: string, depth: number): string | undefined => {
    if (depth > 100) throw new Error(`input ${input} of flake.lock follows itself`)
    const edge = nodes[from]?.inputs?.[name]
    if (!Array.isArray(edge)) return edge
    return edge.reduce<string | undefined>((at, step) => at && follow(at, step, depth + 1), root)
  }
  const key = follow(root, input, 0)
  return key === undefined ? undefined : nodes[key]?.locked
}
