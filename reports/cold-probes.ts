// Takes the probes of coldness: before anything of a run has started, and by the process that starts it.

import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { allowancesOf, allowedSame, type Cold, onSharedMachine, type Probe, type ProbeName, warmth } from "./cold.ts"
import type { By, RunRecord } from "./ledger.ts"

// Names only; what a program may be steered with (NODE_OPTIONS, LD_PRELOAD, GIT_DIR, proxies, …) is not among them.
const allowed =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TERM|COLORTERM|NO_COLOR|TZ|PWD|OLDPWD|SHLVL|_|TMPDIR|HOSTNAME|MAIL|EDITOR|PAGER|LS_COLORS|COLUMNS|LINES|INIT_CWD|NODE|COLOR|TARGET|SSH_(AUTH_SOCK|AGENT_PID|CLIENT|CONNECTION|TTY)|XDG_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS|npm_.*)$/

export interface Around {
  root: string
  /** As `--warm` was given. */
  warm: boolean
  env: NodeJS.ProcessEnv
  /** Names of environment variables that the target file says hold a credential. */
  credentials: string[]
  /** The Builder's newest run. */
  builder: RunRecord | undefined
  by: By
  /** Why one machine and user is enough, where the target file says so. */
  sharedMachine?: string | undefined
}

/** Whether a run that starts now is cold, and what was looked at to say so. */
export async function probeCold(around: Around): Promise<Cold> {
  const probes = [
    probe("the suite's tree", "clean", await treeOf(around.root)),
    probe("the suite's clone", "its own, from a remote", await cloneOf(around.root)),
    probe("the suite's dependencies", "as locked", await dependenciesOf(around.root)),
    probe("what earlier runs searched", "not relied on", around.warm ? "relied on" : "not relied on"),
    probe("leftovers of other runs", "none", listed(await leftovers())),
    probe("environment", "only allowed names", await environmentOf(around)),
    ...placeProbes(around),
  ]
  const told = { cold: true, because: "", probes }
  const reasons = warmth(told)
  const because = reasons.length > 0 ? reasons : ["every probe says so", ...allowancesOf(told).map(onSharedMachine)]
  return { cold: reasons.length === 0, because: because.join("; "), probes }
}

/** The Builder's newest run, of those that said where they ran. */
export function newestOf(runs: RunRecord[]): RunRecord | undefined {
  return runs.findLast(({ start }) => start.by !== undefined)
}

/** Where this process runs. */
export async function whereabouts(): Promise<By> {
  const read = async (file: string) => (await readFile(file, "utf8")).trim()
  const machine = `cc-ci-verifier ${await read("/etc/machine-id").catch(() => "")} ${userInfo().uid}`
  return {
    bootId: await read("/proc/sys/kernel/random/boot_id"),
    user: createHash("sha256").update(machine).digest("hex"),
  }
}

function probe(what: ProbeName, want: string, got: string): Probe {
  return { what, want, got }
}

function placeProbes({ builder, by, sharedMachine }: Around): Probe[] {
  const want = "another than the Builder's last run had"
  const before = builder?.start.by
  const said = (same: boolean) => {
    if (!same) return want
    return sharedMachine === undefined ? "the same" : allowedSame(sharedMachine)
  }
  return [
    { what: "boot", same: before?.bootId === by.bootId },
    { what: "user and machine", same: before?.user === by.user },
  ].map(({ what, same }) => {
    const got = said(same)
    // Allowed is not hidden: the probe wants exactly what the target file declares.
    return probe(what as ProbeName, same && sharedMachine !== undefined ? got : want, got)
  })
}

async function treeOf(root: string): Promise<string> {
  const changed = (await git(root, "status", "--porcelain", "-z")).split("\0").filter((line) => line !== "")
  return changed.length === 0 ? "clean" : listed(changed.map((line) => line.trim()))
}

async function cloneOf(root: string): Promise<string> {
  const directory = await git(root, "rev-parse", "--absolute-git-dir")
  const common = await git(root, "rev-parse", "--path-format=absolute", "--git-common-dir")
  if (directory !== common) return "a work tree of somebody's repo"
  if (existsSync(join(directory, "objects", "info", "alternates"))) return "borrows objects from another repo"
  const remotes = await git(root, "branch", "--remotes", "--contains", "HEAD", "--format=%(refname)")
  return remotes === "" ? "at a commit that no remote branch has" : "its own, from a remote"
}

interface Locked {
  packages: Record<string, { version?: string; integrity?: string; optional?: boolean }>
}

/** What npm says it installed, beside what the lockfile says; packages for other platforms may be missing. */
async function dependenciesOf(root: string): Promise<string> {
  const read = async (file: string) => JSON.parse(await readFile(join(root, file), "utf8")) as Locked
  const locked = await read("package-lock.json")
  const installed = await read("node_modules/.package-lock.json").catch(() => undefined)
  if (installed === undefined) return "not installed by npm ci"
  const names = new Set([...Object.keys(locked.packages), ...Object.keys(installed.packages)])
  names.delete("")
  const other = [...names].filter((name) => {
    const [want, got] = [locked.packages[name], installed.packages[name]]
    if (got === undefined) return want?.optional !== true
    return want === undefined || want.version !== got.version || want.integrity !== got.integrity
  })
  return other.length === 0 ? "as locked" : listed(other)
}

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("cc-ci-verifier-")).sort()
}

async function environmentOf({ env, credentials }: Around): Promise<string> {
  const others = Object.keys(env).filter((name) => !allowed.test(name) && !credentials.includes(name))
  return others.length === 0 ? "only allowed names" : listed(others.sort())
}

function listed(names: string[]): string {
  const rest = names.length - 10
  return names.length === 0 ? "none" : `${names.slice(0, 10).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`
}

async function git(root: string, ...args: string[]): Promise<string> {
  return (await execa("git", args, { cwd: root })).stdout
}
