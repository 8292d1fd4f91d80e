// What runs: the executable of every process and the files mapped into it as code, with containers told apart.

import { z } from "zod"
import { records, utf8 } from "./fields.ts"
import type { Machine } from "./machine.ts"

/** A file that runs, in processes of the host itself. */
export interface RunningFile {
  /** As the kernel names it, seen from the host; in another mount namespace the same path may be another file. */
  path: string
  /** It has no name any more, or never had one. */
  deleted: boolean
  /** What lies at the path now, seen from the host, is another file or nothing. */
  replaced: boolean
  pids: number[]
}

export interface RunningContainer {
  /** Full id, name and mount namespace. */
  id: string
  name: string
  namespace: string
  /** Digest of the image it was made from, and the reference it was asked for by. */
  image: string
  reference: string
  processes: number
}

export interface Processes {
  /** Processes looked at, of the host and of containers; the others are beside it. */
  processes: number
  kernelThreads: number
  zombies: number
  /** Gone before everything about them could be read. */
  vanished: number
  executables: RunningFile[]
  mapped: RunningFile[]
  /** The host's processes with executable memory that is of no file, as just-in-time compilers have. */
  anonymous: number[]
  containers: RunningContainer[]
  /** Processes of no container that have another mount namespace than process 1: their paths mean something else. */
  strayNamespaces: { pid: number; uid: number; namespace: string; path: string; cgroup: string }[]
}

interface Identified {
  path: string
  /** Null for a mapping: its device is not stat's on every file system (btrfs, overlayfs), its inode is. */
  device: string | null
  inode: string
}

interface Process {
  pid: number
  uid: number
  exe: Identified
  mapped: Identified[]
  anonymous: boolean
  namespace: string
  /** Lines such as `0::/system.slice/x.service`. */
  cgroups: string[]
}

// Records of three fields, of which the middle one is a file in /proc; what grep finds comes in one piece. Processes end
// while this reads, so errors are no news: what is missing at the end is held against who is still there. Who that is
// comes last, and so does the state, in which a process that ended meanwhile is a zombie.
const script = `
export LC_ALL=C
bin=$1
cd /proc
look() { "$bin/find" "$@" 2>/dev/null || :; }
lines() {
  printf '%s\\0\\0' "$1"
  shift
  "$bin/grep" -H "$@" 2>/dev/null || :
  printf '\\0'
}
look [0-9]* -maxdepth 0 -printf 'before\\0%p\\0\\0'
look [0-9]*/exe -maxdepth 0 -printf 'exe\\0%p\\0%l\\0'
look -L [0-9]*/exe -maxdepth 0 -printf 'file\\0%p\\0%D:%i\\0'
look [0-9]*/ns/mnt -maxdepth 0 -printf 'namespace\\0%p\\0%l\\0'
lines cgroups '' [0-9]*/cgroup
lines maps -E '^[0-9a-f]+-[0-9a-f]+ ..x' [0-9]*/maps
lines stats '' [0-9]*/stat
lines uids '^Uid:' [0-9]*/status
look [0-9]* -maxdepth 0 -printf 'after\\0%p\\0\\0'
printf 'end\\0\\0\\0'
`.trim()

// A process whose first thread has ended is a zombie to all of the above; its other threads still say what it runs.
const threads = `
export LC_ALL=C
bin=$1
shift
cd /proc
for pid; do
  "$bin/find" "$pid"/task/*/exe -maxdepth 0 -printf 'exe\\0%p\\0%l\\0' 2>/dev/null || :
  "$bin/find" -L "$pid"/task/*/exe -maxdepth 0 -printf 'file\\0%p\\0%D:%i\\0' 2>/dev/null || :
  "$bin/find" "$pid"/task/*/ns/mnt -maxdepth 0 -printf 'namespace\\0%p\\0%l\\0' 2>/dev/null || :
  printf 'maps\\0\\0'
  "$bin/grep" -HE '^[0-9a-f]+-[0-9a-f]+ ..x' "$pid"/task/*/maps 2>/dev/null || :
  printf '\\0'
done
printf 'end\\0\\0\\0'
`.trim()

// Paths come as lines, for they may be more than an argument list over ssh holds.
const identify = `
export LC_ALL=C
set --
bin=$0
while IFS= read -r path; do set -- "$@" "$path"; done
"$bin/find" "$@" -maxdepth 0 -printf '%p\\0%D\\0%i\\0' 2>/dev/null || :
`.trim()

const kernelThread = 0x00200000

/** Looks at every process: once over /proc, then once each at the paths, at Docker if there are containers, and at threads. */
export async function processes(machine: Machine, programs: string): Promise<Processes> {
  const sh = (script: string, ...args: string[]) =>
    machine.run([`${programs}/sh`, "-euc", script, ...args], { maxBytes: 256 * 2 ** 20 })
  const table = tableOf(machine.where, records(machine.where, await sh(script, "sh", programs), 3))
  if (table.headless.length > 0) {
    const found = records(machine.where, await sh(threads, "sh", programs, ...table.headless.map(String)), 3)
    completeHeadless(machine.where, table, found)
  }
  const { all } = table
  const hostNamespace = all.find(({ pid }) => pid === 1)?.namespace
  if (hostNamespace === undefined) throw new Error(`${machine.where}: process 1 could not be read`)
  const files = all.flatMap(({ exe, mapped }) => [exe, ...mapped]).map(({ path }) => path)
  const [there, known] = await Promise.all([
    identities(machine, programs, [...new Set(files)]),
    knownContainers(machine, programs, [...new Set(all.flatMap(({ cgroups }) => containerOf(cgroups) ?? []))]),
  ])

  const containers: RunningContainer[] = known.map(({ pid, ...container }) => {
    const namespace = all.find((process) => process.pid === pid)?.namespace ?? ""
    return { ...container, name: container.name.replace(/^\//, ""), namespace, processes: 0 }
  })
  const own: Process[] = []
  for (const process of all) {
    // A cgroup alone is no container: any root process can enter one.
    const container = containers.find(({ id }) => id === containerOf(process.cgroups))
    const inside = process.namespace !== hostNamespace && process.namespace === container?.namespace
    if (container !== undefined && inside) container.processes += 1
    else own.push(process)
  }
  const isReplaced = ({ path, device, inode }: Identified) => {
    const now = there.get(path)
    return now === undefined || now.inode !== inode || (device !== null && now.device !== device)
  }
  return {
    processes: all.length,
    kernelThreads: table.kernelThreads,
    zombies: table.zombies,
    vanished: table.vanished,
    executables: grouped(
      own.map(({ pid, exe }) => ({ pid, file: exe })),
      isReplaced,
    ),
    mapped: grouped(
      own.flatMap(({ pid, mapped }) => mapped.map((file) => ({ pid, file }))),
      isReplaced,
    ),
    anonymous: own.filter(({ anonymous }) => anonymous).map(({ pid }) => pid),
    containers,
    strayNamespaces: own
      .filter(({ namespace }) => namespace !== hostNamespace)
      .map(({ pid, uid, namespace, exe, cgroups }) => {
        const cgroup = cgroups.find((line) => /^0::\/.|^\d+:name=systemd:/.test(line)) ?? cgroups[0] ?? ""
        return { pid, uid, namespace, path: exe.path, cgroup: cgroup.replace(/^[^:]*:[^:]*:/, "") }
      }),
  }
}

interface Table {
  all: Process[]
  kernelThreads: number
  zombies: number
  vanished: number
  /** Pids of processes whose first thread has ended. */
  headless: number[]
  partial: Map<number, Process>
}

function tableOf(where: string, found: string[][]): Table {
  if (found.at(-1)?.[0] !== "end") throw new Error(`${where}: no end of what /proc says`)
  const pids = (kind: string) => found.filter(([is]) => is === kind).map(([, pid]) => Number(pid))
  const after = new Set(pids("after"))
  const partial = new Map(pids("before").map((pid) => [pid, blank(pid)]))
  fill(partial, found)
  const text = (kind: string) => found.find(([is]) => is === kind)?.[2] ?? ""
  for (const [pid, line] of lined(text("cgroups"))) partial.get(pid)?.cgroups.push(line)
  for (const [pid, line] of lined(text("uids"))) {
    const process = partial.get(pid)
    if (process !== undefined) process.uid = Number(line.split(/\s+/)[2])
  }
  // The name stands in parentheses and may hold anything, newlines and parentheses too; after the last there are numbers.
  const stats = new Map<number, string>()
  for (const [pid, line] of lined(text("stats"))) stats.set(pid, `${stats.get(pid) ?? ""}${line}\n`)

  const table: Table = { all: [], kernelThreads: 0, zombies: 0, vanished: 0, headless: [], partial }
  for (const [pid, process] of partial) {
    const stat = stats.get(pid)
    const [state = "", ...numbers] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? []
    // Fields 9 and 20 of stat(5), counted from the one after the state.
    const [flags, count] = [Number(numbers[5]), Number(numbers[16])]
    if ((flags & kernelThread) !== 0) table.kernelThreads += 1
    else if (isWhole(process)) table.all.push(process)
    else if (/[ZX]/.test(state) && count > 1) table.headless.push(pid)
    else if (/[ZX]/.test(state)) table.zombies += 1
    else if (!after.has(pid)) table.vanished += 1
    else throw new Error(`${where}: process ${pid} could not be read`)
  }
  return table
}

function completeHeadless(where: string, table: Table, found: string[][]): void {
  if (found.at(-1)?.[0] !== "end") throw new Error(`${where}: no end of what /proc says of threads`)
  fill(table.partial, found)
  for (const pid of table.headless) {
    const process = table.partial.get(pid)
    if (process === undefined || !isWhole(process)) throw new Error(`${where}: threads of ${pid} could not be read`)
    table.all.push(process)
  }
}

const blank = (pid: number): Process => ({
  pid,
  uid: Number.NaN,
  exe: { path: "", device: null, inode: "" },
  mapped: [],
  anonymous: false,
  namespace: "",
  cgroups: [],
})

const isWhole = ({ uid, exe, mapped, anonymous, namespace, cgroups }: Process) =>
  !Number.isNaN(uid) &&
  exe.path !== "" &&
  exe.inode !== "" &&
  (mapped.length > 0 || anonymous) &&
  namespace !== "" &&
  cgroups.length > 0

function fill(partial: Map<number, Process>, found: string[][]): void {
  for (const [kind, file = "", value = ""] of found) {
    const process = partial.get(Number(file.split("/")[0]))
    if (kind === "maps") {
      for (const [pid, line] of lined(value)) addMapping(partial.get(pid), line)
    } else if (process === undefined) continue
    else if (kind === "exe" && value !== "") process.exe.path = value
    else if (kind === "namespace") process.namespace = value
    else if (kind === "file") [process.exe.device = "", process.exe.inode = ""] = value.split(":")
  }
}

/** `123/maps:LINE` and `123/task/124/maps:LINE` as [123, LINE]. A line that continues a name is its process's too. */
function lined(text: string): [number, string][] {
  return text.split("\n").flatMap((line) => {
    const [, pid, rest = ""] = /^(\d+)\/[a-z0-9/]+:(.*)$/.exec(line) ?? []
    return pid === undefined ? [] : [[Number(pid), rest] as [number, string]]
  })
}

/** `START-END PERMISSIONS OFFSET DEVICE INODE PATH`; a newline in the path is written `\012`, and stays so. */
function addMapping(process: Process | undefined, line: string): void {
  const [, inode = "", path = ""] = /^\S+ \S+ \S+ \S+ (\d+) *(.*)$/.exec(line) ?? []
  if (process === undefined || inode === "" || ["[vdso]", "[vsyscall]", "[uprobes]"].includes(path)) return
  if (inode === "0") process.anonymous = true
  else if (!process.mapped.some((file) => file.path === path && file.inode === inode)) {
    process.mapped.push({ path, device: null, inode })
  }
}

const deletedMark = / \(deleted\)$/

function grouped(
  running: { pid: number; file: Identified }[],
  isReplaced: (file: Identified) => boolean,
): RunningFile[] {
  const files = new Map<string, RunningFile>()
  for (const { pid, file } of running) {
    const deleted = deletedMark.test(file.path)
    const replaced = !deleted && isReplaced(file)
    const path = file.path.replace(deletedMark, "")
    const key = JSON.stringify([path, deleted, replaced])
    const known = files.get(key) ?? { path, deleted, replaced, pids: [] }
    if (!known.pids.includes(pid)) known.pids.push(pid)
    files.set(key, known)
  }
  for (const { pids } of files.values()) pids.sort((a, b) => a - b)
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The outermost container that a process's cgroups speak of: `/docker/ID`, `docker-ID.scope`. */
export function containerOf(cgroups: string[]): string | undefined {
  const parts = cgroups.flatMap((line) => line.replace(/^[^:]*:[^:]*:/, "").split("/"))
  return parts.map((part) => /^(?:[a-z]+-)*([0-9a-f]{64})(?:\.scope)?$/.exec(part)?.[1]).find((id) => id !== undefined)
}

/** What lies at each path now; a path that leads to nothing is left out. */
async function identities(machine: Machine, programs: string, paths: string[]): Promise<Map<string, Identified>> {
  const plain = paths.filter((path) => path.startsWith("/") && !path.includes("\n") && !deletedMark.test(path))
  if (plain.length === 0) return new Map()
  const stdin = `${plain.join("\n")}\n`
  const ran = await machine.run([`${programs}/sh`, "-euc", identify, programs], { stdin })
  const found = records(machine.where, ran, 3)
  return new Map(found.map(([path = "", device = "", inode = ""]) => [path, { path, device, inode }]))
}

const inspected = z.object({
  id: z.string(),
  image: z.string(),
  reference: z.string(),
  name: z.string(),
  pid: z.number(),
})

/** Those of `ids` that Docker knows; it is asked only if a cgroup speaks of a container. */
async function knownContainers(machine: Machine, programs: string, ids: string[]) {
  if (ids.length === 0) return []
  const fields = { id: ".Id", image: ".Image", reference: ".Config.Image", name: ".Name", pid: ".State.Pid" }
  const format = Object.entries(fields).map(([key, value]) => `"${key}":{{json ${value}}}`)
  const argv = [`${programs}/docker`, "inspect", "--type", "container", "-f", `{${format.join(",")}}`, ...ids]
  const { stdout, stderr } = await machine.run(argv, { answers: [0, 1] })
  const others = stderr.split("\n").filter((line) => line !== "" && !/no such (container|object)/i.test(line))
  if (others.length > 0) throw new Error(`${machine.where}: docker inspect: ${others.join("\n")}`)
  const lines = utf8(machine.where, stdout).split("\n")
  return lines.filter((line) => line !== "").map((line) => inspected.parse(JSON.parse(line)))
}
