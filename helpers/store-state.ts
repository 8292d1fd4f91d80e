// What the Nix store is made of beside its bytes: what is mounted over it, in any mount namespace, and who may change it.

import { records } from "./fields.ts"
import type { Machine } from "./machine.ts"
import { type Mount, mountOf } from "./mounts.ts"

export interface StoreMount {
  /** Of the mount namespace, such as `mnt:[4026531841]`, and one process in it. */
  namespace: string
  pid: number
  /** Where it is mounted: at the store, under it, or at a directory above it but the root. */
  path: string
  /** `MAJOR:MINOR` and the directory of that file system that is mounted. */
  device: string
  root: string
  type: string
  source: string
  readOnly: boolean
}

export interface SeenStore {
  namespace: string
  pid: number
  processes: number
  /**
   * The directory that they see as the store, by `MAJOR:MINOR` and path on that file system; null for processes locked
   * into a directory of a file system in which no store can be seen.
   */
  device: string | null
  directory: string | null
}

export interface StoreEntry {
  path: string
  /** As find says it: `f` a file, `d` a directory. */
  type: string
  /** Octal, such as `4555`. */
  mode: string
  owner: string
}

export interface StoreState {
  /** What the processes of every mount namespace but those left out see as the store. The first is process 1's. */
  namespaces: SeenStore[]
  /** Mount namespaces that were left out, for they are containers' own. */
  leftOut: number
  mounts: StoreMount[]
  /** Entries of the store looked at, without the directory itself, which is told apart, and its hard links (`.links`). */
  looked: number
  directory: StoreEntry
  /** What is setuid, setgid, sticky, writable for anybody or not root's. */
  loose: StoreEntry[]
}

// What every process sees mounted at the store, above or under it. A process that is locked into a directory sees only
// what is mounted there, so one process a namespace would not do. Only one that has a namespace before and after was there
// to say what it sees.
const seeing = `
export LC_ALL=C
bin=$1
cd /proc
"$bin/find" [0-9]*/ns/mnt -maxdepth 0 -printf 'namespace\\0%p\\0%l\\0' 2>/dev/null || :
printf 'mounts\\0\\0'
"$bin/grep" -HE "$2" [0-9]*/mountinfo 2>/dev/null || :
printf '\\0'
"$bin/find" [0-9]*/ns/mnt -maxdepth 0 -printf 'still\\0%p\\0%l\\0' 2>/dev/null || :
printf 'end\\0\\0\\0'
`.trim()

// A field for each entry, empty if there is nothing to tell about it.
const entries = `
export LC_ALL=C
cd -- "$2/."
"$1/find" . -maxdepth 0 -printf '%y\\0%m\\0%u\\0'
exec "$1/find" . -mindepth 1 -xdev -path ./.links -prune -o \\
  '(' '(' ! -type l -perm /7222 -o ! -user "$3" ')' -printf '%y\\0%m\\0%u\\0%P\\0' -o -printf '\\0' ')'
`.trim()

/**
 * Looks in two commands. `except` are the mount namespaces of containers, which see no store of the host's; `store` and
 * `owner` are what they are on every host.
 */
export async function storeState(
  machine: Machine,
  programs: string,
  except: string[],
  store = "/nix/store",
  owner = "root",
): Promise<StoreState> {
  const { where } = machine
  const sh = (script: string, ...args: string[]) =>
    machine.run([`${programs}/sh`, "-euc", script, "sh", programs, ...args], {
      timeoutMs: 600_000,
      maxBytes: 256 * 2 ** 20,
    })
  const [said, found] = await Promise.all([sh(seeing, relevant(store)), sh(entries, store, owner)])
  const processes = processesOf(where, records(where, said, 3))
  const looked = processes.filter(({ namespace }) => !except.includes(namespace))
  return {
    ...seen(where, looked, store),
    leftOut: new Set(processes.map(({ namespace }) => namespace).filter((one) => except.includes(one))).size,
    ...entriesOf(where, records(where, found, 1).flat(), store),
  }
}

/** The store and each directory above it, the root first. */
const above = (store: string) => store.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/") || "/")

/** Lines of mountinfo that bear on the store: `ID PARENT DEVICE ROOT MOUNT-POINT …`. */
function relevant(store: string): string {
  const literal = (path: string) => path.replace(/[.[\]\\*^$+?(){}|]/g, String.raw`\$&`)
  const points = [...above(store).map(literal), `${literal(store)}/[^ ]*`]
  return `^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ (${points.join("|")}) `
}

interface Process {
  pid: number
  namespace: string
  mounts: Mount[]
}

function processesOf(where: string, found: string[][]): Process[] {
  if (found.at(-1)?.[0] !== "end") throw new Error(`${where}: no end of what /proc says of mounts`)
  const still = new Map(found.filter(([kind]) => kind === "still").map(([, file, namespace]) => [file, namespace]))
  const processes = new Map<number, Process>()
  for (const [kind, file = "", value = ""] of found) {
    const pid = Number(file.split("/")[0])
    if (kind === "namespace" && value !== "" && still.get(file) === value)
      processes.set(pid, { pid, namespace: value, mounts: [] })
    if (kind !== "mounts") continue
    for (const line of value.split("\n")) {
      const [, owner, rest = ""] = /^(\d+)\/mountinfo:(.*)$/.exec(line) ?? []
      processes.get(Number(owner))?.mounts.push(mountOf(rest))
    }
  }
  return [...processes.values()].sort((a, b) => a.pid - b.pid)
}

function seen(where: string, processes: Process[], store: string): Pick<StoreState, "namespaces" | "mounts"> {
  if (processes[0]?.pid !== 1) throw new Error(`${where}: what process 1 sees as the store could not be read`)
  const namespaces = new Map<string, SeenStore>()
  const mounts = new Map<string, StoreMount>()
  for (const { pid, namespace, mounts: all } of processes) {
    const { device, directory } = visible(all, store)
    const key = [namespace, device, directory].join(" ")
    const known = namespaces.get(key) ?? { namespace, pid, processes: 0, device, directory }
    namespaces.set(key, { ...known, processes: known.processes + 1 })
    for (const { id, parent: _, ...mount } of all.filter(({ path }) => path !== "/")) {
      const key = [namespace, id, mount.path].join(" ")
      if (!mounts.has(key)) mounts.set(key, { namespace, pid, ...mount })
    }
  }
  const [first] = namespaces.values()
  if (!first?.directory) throw new Error(`${where}: what process 1 sees as the store could not be read`)
  return { namespaces: [...namespaces.values()], mounts: [...mounts.values()] }
}

/** Goes from the root to the store as the kernel does: at each directory, into whatever is mounted there on the way. */
function visible(mounts: Mount[], store: string): { device: string | null; directory: string | null } {
  const ids = new Set(mounts.map(({ id }) => id))
  let at = mounts.find(({ id, parent, path }) => path === "/" && (id === parent || !ids.has(parent)))
  if (at === undefined) return { device: null, directory: null }
  for (const path of above(store)) {
    const next = (from: Mount) => mounts.find((one) => one.parent === from.id && one.path === path && one !== from)
    for (let over = next(at); over !== undefined; over = next(at)) at = over
  }
  const below = at.path === "/" ? store : store.slice(at.path.length)
  return { device: at.device, directory: `${at.root === "/" ? "" : at.root}${below}` || "/" }
}

function entriesOf(where: string, fields: string[], store: string) {
  const entry = (at: number, path: string): StoreEntry => {
    const [type = "", mode = "", owner = ""] = fields.slice(at, at + 3)
    return { path, type, mode, owner }
  }
  const loose: StoreEntry[] = []
  let looked = 0
  for (let at = 3; at < fields.length; looked += 1) {
    if (fields[at] === "") {
      at += 1
      continue
    }
    const name = fields[at + 3]
    if (name === undefined || name === "") throw new Error(`${where}: a cut list of what is in ${store}`)
    loose.push(entry(at, `${store}/${name}`))
    at += 4
  }
  if (looked === 0) throw new Error(`${where}: nothing in ${store}`)
  return { looked, directory: entry(0, store), loose }
}
