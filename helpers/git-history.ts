// Everything that ever stood in a repo's trees: each file in each form it had, in any commit of any ref.

import { git, type Mirror } from "./git.ts"
import { GitObjects } from "./nar-git-objects.ts"

export interface Version {
  path: string
  /** Object id, 40 hex digits. */
  blob: string
  /** `100644`, `100755`, `120000` a symbolic link, `160000` a submodule. */
  mode: string
  /** A commit whose tree has it: the one that brought it. */
  commit: string
}

export interface History {
  commits: number
  refs: string[]
  /** Refs that lead to no commit, but to a tree or a blob of their own. */
  strange: string[]
  /** Each distinct path and content, once. */
  versions: Version[]
}

/**
 * Whatever stands in a tree was brought by some commit, against one of its parents or against nothing: so the changes of
 * every commit, against every parent, are all there is.
 */
export async function historyOf(repo: Mirror): Promise<History> {
  const lines = async (...args: string[]) =>
    (await git(["-C", repo.directory, ...args], { timeoutMs: 300_000 })).stdout.toString()
  const refs = (await lines("for-each-ref", "--format=%(refname) %(objecttype) %(*objecttype)")).trim().split("\n")
  const commits = (await lines("rev-list", "--all")).split("\n").filter((line) => line !== "")
  const log = await lines(
    "log",
    "--all",
    "-m",
    "--root",
    "--raw",
    "--no-renames",
    "--no-abbrev",
    "-z",
    "--format=%x00%H",
  )
  const versions = new Map<string, Version>()
  let commit = ""
  const fields = log.split("\0")
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]?.replace(/^\n/, "") ?? ""
    if (/^[0-9a-f]{40}$/.test(field)) commit = field
    const [, mode, blob] = /^:\d{6} (\d{6}) [0-9a-f]{40} ([0-9a-f]{40}) [A-Z]/.exec(field) ?? []
    if (mode === undefined || blob === undefined) continue
    const path = fields[++index] ?? ""
    if (mode !== "000000") versions.set(`${mode} ${blob} ${path}`, { path, blob, mode, commit })
  }
  return {
    commits: commits.length,
    refs: refs.map((ref) => ref.split(" ")[0] ?? ""),
    strange: refs.filter((ref) => !/ commit ?$| tag commit$/.test(ref)),
    versions: [...versions.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
  }
}

/** Every file, symbolic link and submodule of one commit. */
export async function treeOf(repo: Mirror, rev: string): Promise<Version[]> {
  const { stdout } = await git(["-C", repo.directory, "ls-tree", "-r", "-z", "--full-tree", rev])
  const entries = stdout
    .toString()
    .split("\0")
    .filter((entry) => entry !== "")
  return entries.map((entry) => {
    const [, mode, blob, path] = /^(\d{6}) \w+ ([0-9a-f]{40})\t(.+)$/s.exec(entry) ?? []
    if (mode === undefined || blob === undefined || path === undefined) throw new Error(`git ls-tree ${rev}: no entry`)
    return { mode, blob, path, commit: rev }
  })
}

/**
 * What is in files and symbolic links, one after another, each with its entry. One git is asked for all of them: starting one
 * for each takes far longer than reading.
 */
export async function* contentsOf<T extends Pick<Version, "blob">>(
  repo: Mirror,
  entries: T[],
): AsyncGenerator<[entry: T, bytes: Buffer]> {
  const objects = new GitObjects(repo.directory)
  try {
    objects.ask(entries.map(({ blob }) => blob))
    for (const entry of entries) yield [entry, await objects.bytes(entry.blob, "blob")]
    await objects.finish()
  } finally {
    await objects.close()
  }
}

export const isFile = ({ mode }: Pick<Version, "mode">): boolean => mode.startsWith("100")
export const isSubmodule = ({ mode }: Pick<Version, "mode">): boolean => mode === "160000"

/** Whether a commit is there at all, and on a branch: an ancestor of where the branch is now, or that commit. */
export async function placeOf(
  repo: Mirror,
  rev: string,
  branch: string,
): Promise<"on the branch" | "elsewhere" | "nowhere"> {
  const at = ["-C", repo.directory]
  const there = await git([...at, "cat-file", "-e", `${rev}^{commit}`], { answers: [0, 1, 128] })
  if (there.exitCode !== 0) return "nowhere"
  const { exitCode } = await git([...at, "merge-base", "--is-ancestor", rev, `refs/heads/${branch}`], {
    answers: [0, 1],
  })
  return exitCode === 0 ? "on the branch" : "elsewhere"
}
