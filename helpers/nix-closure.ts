// Two closures, path by path: what git builds, and what the host says it runs.

import type { PathInfo } from "./nix-path-info.ts"

export type Why = "missing on the host" | "extra on the host" | "other bytes" | "other size" | "other references"

export interface ClosureDifference {
  path: string
  why: Why[]
  /** The finding, readable. */
  line: string
}

type Closure = ReadonlyMap<string, PathInfo>

/** Every path that is not the same on both sides, sorted by path. Who built or signed it does not matter here. */
export function compareClosures(git: Closure, host: Closure): ClosureDifference[] {
  const differences: ClosureDifference[] = []
  for (const [path, built] of git) {
    const found = host.get(path)
    if (found === undefined) differences.push(only(path, "missing on the host"))
    else if (!same(built, found)) differences.push(differing(built, found))
  }
  for (const path of host.keys()) if (!git.has(path)) differences.push(only(path, "extra on the host"))
  return differences.filter(({ why }) => why.length > 0).sort((one, other) => (one.path < other.path ? -1 : 1))
}

const same = (built: PathInfo, found: PathInfo) =>
  built.narHash === found.narHash &&
  built.narSize === found.narSize &&
  built.references.length === found.references.length &&
  built.references.every((reference, index) => reference === found.references[index])

const only = (path: string, why: Why): ClosureDifference => ({ path, why: [why], line: `${path}: ${why}` })

function differing(built: PathInfo, found: PathInfo): ClosureDifference {
  const findings: [Why, string][] = []
  if (built.narHash !== found.narHash) {
    findings.push(["other bytes", `sha256 ${built.narHash} in git, ${found.narHash} on the host`])
  }
  if (built.narSize !== found.narSize) {
    findings.push(["other size", `${built.narSize} bytes in git, ${found.narSize} on the host`])
  }
  const gone = without(built.references, found.references)
  const added = without(found.references, built.references)
  if (gone.length + added.length > 0) {
    findings.push([
      "other references",
      [...listed("only in git", gone), ...listed("only on the host", added)].join(", "),
    ])
  }
  return {
    path: built.path,
    why: findings.map(([why]) => why),
    line: `${built.path}: ${findings.map(([why, how]) => `${why} (${how})`).join(", ")}`,
  }
}

function without(these: string[], those: string[]): string[] {
  const known = new Set(those)
  return these.filter((one) => !known.has(one))
}

const listed = (where: string, paths: string[]) => (paths.length === 0 ? [] : [`${where}: ${paths.join(" ")}`])
