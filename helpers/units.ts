// Every unit systemd knows, the files that make it what it is, and every file that could make one.

import { records, utf8 } from "./fields.ts"
import type { Machine } from "./machine.ts"

export interface UnitPath {
  path: string
  /** Where it lies once every link is followed, such as `/dev/null` for a masked unit; null when there is nothing. */
  real: string | null
}

export interface Unit {
  id: string
  /** Null for a unit without a file: a device, a mount that somebody made, the session of a login. */
  fragment: UnitPath | null
  dropIns: UnitPath[]
  /** Its properties were set by whoever started it. */
  transient: boolean
  /** A file of it changed since systemd read it. */
  needsReload: boolean
  failed: boolean
  loadState: string
  activeState: string
  unitFileState: string
}

export interface Units {
  units: Unit[]
  /** Directories in which systemd looks for units. */
  searched: string[]
  /** Everything in them that is no directory, whether a unit uses it or not. */
  files: UnitPath[]
}

const properties = [
  "Id",
  "FragmentPath",
  "DropInPaths",
  "NeedDaemonReload",
  "Transient",
  "LoadState",
  "ActiveState",
  "UnitFileState",
]

// Batches: how many, then each path with whether it is there, then where each leads.
const follow = `
export LC_ALL=C
bin=$1
shift
say='
bin=$0
[ "$#" -gt 0 ] || exit 0
printf "%s\\0" "$#"
for path; do if [ -e "$path" ]; then printf "%s\\0there\\0" "$path"; else printf "%s\\0\\0" "$path"; fi; done
exec "$bin/readlink" -mz -- "$@"
'
for directory; do
  if [ -d "$directory" ]; then
    "$bin/find" "$directory/" -mindepth 1 ! -type d -exec "$bin/sh" -euc "$say" "$bin" {} +
  fi
done
printf '0\\0'
set --
while IFS= read -r path; do set -- "$@" "$path"; done
"$bin/sh" -euc "$say" "$bin" "$@"
printf '0\\0'
`.trim()

/** Asks systemd for every unit in its memory, active or not, and follows every path, in three commands. */
export async function units(machine: Machine, programs: string): Promise<Units> {
  const { where } = machine
  const ask = async (...args: string[]) =>
    utf8(where, (await machine.run([`${programs}/systemctl`, "show", "--no-pager", ...args])).stdout)
  const wanted = properties.map((property) => `--property=${property}`)
  // Without --all systemctl leaves out what is inactive, such as a service that a timer will start.
  const [shown, unitPath] = await Promise.all([ask("--all", ...wanted, "*"), ask("--property=UnitPath")])
  const blocks = blocksOf(where, shown)
  const searched = strings(where, /^UnitPath=(.*)\n$/.exec(unitPath)?.[1] ?? "")
  if (blocks.length === 0 || searched.length === 0) throw new Error(`${where}: systemd knows no units or no unit path`)

  const named = blocks.flatMap(({ FragmentPath = "", DropInPaths = "" }) => [
    ...(FragmentPath === "" ? [] : [FragmentPath]),
    ...strings(where, DropInPaths),
  ])
  const stdin = [...new Set(named)].filter((path) => !path.includes("\n")).map((path) => `${path}\n`)
  const argv = [`${programs}/sh`, "-euc", follow, "sh", programs, ...searched]
  const ran = await machine.run(argv, { stdin: stdin.join("") })
  const [files, others] = followed(
    where,
    records(where, ran, 1).map(([field = ""]) => field),
  )
  const known = new Map([...files, ...others].map((file) => [file.path, file]))
  const follows = (path: string) => known.get(path) ?? { path, real: null }
  return {
    units: blocks.map((block) => ({
      id: block.Id ?? "",
      fragment: block.FragmentPath ? follows(block.FragmentPath) : null,
      dropIns: strings(where, block.DropInPaths ?? "").map(follows),
      transient: yes(where, block, "Transient"),
      needsReload: yes(where, block, "NeedDaemonReload"),
      failed: block.ActiveState === "failed",
      loadState: block.LoadState ?? "",
      activeState: block.ActiveState ?? "",
      unitFileState: block.UnitFileState ?? "",
    })),
    searched,
    files,
  }
}

type Block = Record<string, string>

function blocksOf(where: string, shown: string): Block[] {
  const blocks = shown.split("\n\n").filter((block) => block.trim() !== "")
  return blocks.map((block) => {
    const entries = block
      .trim()
      .split("\n")
      .map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])
    const missing = properties.filter((property) => entries.filter(([key]) => key === property).length !== 1)
    if (missing.length > 0) throw new Error(`${where}: systemctl show: ${missing.join(", ")} not once in\n${block}`)
    return Object.fromEntries(entries)
  })
}

function yes(where: string, block: Block, property: string): boolean {
  const value = block[property] ?? ""
  if (!/^(yes|no)$/.test(value)) throw new Error(`${where}: ${property} of ${block.Id} is neither yes nor no: ${value}`)
  return value === "yes"
}

const escapes: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

/** A list as systemctl prints it: words, and those with a special character in double quotes with escapes. */
export function strings(where: string, list: string): string[] {
  const words = list.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? []
  if (words.join(" ") !== list) throw new Error(`${where}: no list of systemctl: ${list}`)
  return words.map((word) => {
    if (!word.startsWith('"')) return word
    return word.slice(1, -1).replace(/\\(x[0-9a-f]{2}|[0-7]{3}|.)/g, (_, code: string) => {
      if (code.length === 1) return escapes[code] ?? code
      return String.fromCharCode(Number.parseInt(code.replace("x", ""), code.startsWith("x") ? 16 : 8))
    })
  })
}

/** What was found in the directories, and what was asked for besides. */
function followed(where: string, fields: string[]): [UnitPath[], UnitPath[]] {
  const parts: UnitPath[][] = [[]]
  let at = 0
  while (at < fields.length) {
    const count = Number(fields[at++])
    if (!Number.isInteger(count) || at + 3 * count > fields.length)
      throw new Error(`${where}: a cut list of unit files`)
    if (count === 0) parts.push([])
    const real = fields.slice(at + 2 * count, at + 3 * count)
    for (let index = 0; index < count; index += 1) {
      const [path = "", there] = fields.slice(at + 2 * index)
      parts.at(-1)?.push({ path, real: there === "there" ? (real[index] ?? null) : null })
    }
    at += 3 * count
  }
  const [files, others, rest] = parts
  if (files === undefined || others === undefined || rest === undefined || parts.length !== 3) {
    throw new Error(`${where}: a cut list of unit files`)
  }
  return [files, others]
}
