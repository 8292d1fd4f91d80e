// Every file of a machine, streamed by its own `tar` and searched here. The machine gets no pattern and no file; its tar
// runs with the least priority that it knows to give.

import type { Machine } from "../machine.ts"
import { type Grounds, groundsOf, mountOf } from "../mounts.ts"
import type { SshRan } from "../ssh.ts"
import { readTar } from "../tar.ts"
import type { SearchPlan } from "./engine.ts"
import { linkTo, unpacked } from "./link.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"
import { type Onlooker, TarSearch } from "./tar-search.ts"

/**
 * What tar is asked for, whoever reads it: all of a file that it knows to write. It tells of a directory on another file
 * system only if it is verbose; the list of members that then comes too goes nowhere.
 */
const everything = [
  ...["--format=pax", "--xattrs", "--xattrs-include=*", "--create", "--file=-"],
  ...["--verbose", "--index-file=/dev/null"],
]

/** What tar says of files that are no less searched for it, or are not there any more. */
const harmless =
  /^(socket ignored|door ignored|file changed as we read it|File removed before we read it|File shrank by \d+ bytes?; padding with zeros|.*No such file or directory)$/

/** As long as a check that reads everything may take. */
const timeoutMs = 8 * 3_600_000

// nice and ionice are used where they are; a host may lack them.
const gently = `
bin=$1 pack=$2
shift 2
set -- "$bin/tar" "$@"
[ ! -x "$bin/ionice" ] || set -- "$bin/ionice" -c 3 "$@"
[ ! -x "$bin/nice" ] || set -- "$bin/nice" -n 19 "$@"
[ -n "$pack" ] || exec "$@"
# The exit code of a pipe is its last command's.
{ "$@" || echo "tar ended with $?" >&2; } | "$bin/zstd" -q -1 -T1 -c
`.trim()

export interface TarRequest {
  machine: Machine
  programs: string
  /** Beside the options that say what is written of a file. */
  options: string[]
  /** Paths relative to the directory, on stdin. */
  names: string[]
  directory: string
  consume: (stdout: AsyncIterable<Buffer>) => Promise<void>
}

/**
 * Runs `tar` on a machine. Whatever it says of a file that is not harmless is told to `unreadable`. Exit codes other than
 * 1 (a file changed meanwhile) and 2 (a file could not be read) throw, without repeating names, which may hold secrets.
 */
export async function tarOf(
  { machine, programs, options, names, directory, consume }: TarRequest,
  unreadable: (path: string, why: string) => void,
): Promise<void> {
  // In this order: what follows the list of names does not count for them.
  const list = ["-C", directory, "--null", "--verbatim-files-from", "--files-from=-"]
  const { packed } = await linkTo(machine, programs)
  const words = [programs, packed ? "zstd" : "", ...everything, ...options, ...list]
  const stdin = names.map((name) => `${name}\0`).join("")
  let ran: SshRan
  try {
    ran = await machine.run([`${programs}/sh`, "-euc", gently, "sh", ...words], {
      stdin,
      answers: [0, 1, 2],
      timeoutMs,
      consume: packed ? (stdout) => consume(unpacked(stdout)) : consume,
    })
  } catch (cause) {
    throw new Error(`${machine.where}: reading files with tar: ${causeOf(cause as Error)}`)
  }
  const [, ended] = /^tar ended with (\d+)$/m.exec(ran.stderr) ?? []
  const exitCode = ended === undefined ? ran.exitCode : Number(ended)
  if (exitCode > 2) throw new Error(`${machine.where}: tar ended with ${exitCode}`)
  const told = [...ran.stderr.matchAll(/^\S*tar: (.*?): ((?:Warning: )?[A-Z][^:\n]*(?:: [^:\n]*)?|[a-z][^:\n]*)$/gm)]
  for (const [, path = "", why = ""] of told) if (!harmless.test(why)) unreadable(path, why)
  if (exitCode === 2 && told.length === 0) throw new Error(`${machine.where}: tar failed, and does not say on what`)
}

/** Why it failed, by what kind of thing it was: messages repeat names, and scripts. */
export function causeOf(cause: Error): string {
  const kinds = [
    /no end after \d+ ms/,
    /exit \d+/,
    /killed by \w+/,
    /connection (?:lost|closed)[^\n]*/,
    /no channel[^\n]*/,
  ]
  const known = kinds.map((kind) => kind.exec(cause.message)?.[0]).find((one) => one !== undefined)
  const stream = /^tar stream, (?:at|member)/.test(cause.message)
    ? cause.message.replace(/^.*: /s, "the stream: ")
    : undefined
  return stream ?? known ?? "it did not end well"
}

/** The mount points of a machine, as its process 1 sees them. */
export async function machineGrounds(machine: Machine, programs: string, secrets: string[]): Promise<Grounds> {
  const { stdout } = await machine.run([`${programs}/cat`, "/proc/1/mountinfo"])
  const lines = stdout.toString().split("\n").filter(Boolean)
  const grounds = groundsOf(lines.map(mountOf), secrets)
  if (!grounds.read.includes("/")) throw new Error(`${machine.where}: its root file system is not among its mounts`)
  return grounds
}

export interface DiskRequest {
  machine: Machine
  programs: string
  /** Mount points to read and to leave out, each absolute. */
  grounds: Pick<Grounds, "read" | "leftOut" | "foreign">
  /** Directories that are read another way, absolute. */
  except: string[]
  /** Where the paths of the mount points begin: `/`, or a directory that stands for a root. */
  root?: string
  onlooker?: Onlooker
}

/** Searches every file below the mount points, in one stream; returns the members seen. Notes what could not be read. */
export async function searchDisks(plan: SearchPlan, report: Report, request: DiskRequest): Promise<number> {
  const { machine, programs, grounds, except, root = "/", onlooker } = request
  const relative = (path: string) => `.${path === "/" ? "" : path}`
  const left = [...grounds.leftOut, ...grounds.foreign].map(({ path }) => path)
  const excluded = [...left, ...except].map((path) => `--exclude=${relative(path)}`)
  const search = new TarSearch(plan, report, "/", onlooker)
  const note = (path: string, reason: string) =>
    report.addNotScanned({ where: Place.named(plan, path, report).where, reason, kind: "unreadable" })
  for (const { path, why } of grounds.foreign) note(path, why)
  const consume = async (stdout: AsyncIterable<Buffer>) => {
    for await (const event of readTar(stdout, search)) search.event(event)
    search.end()
  }
  const options = [
    "--one-file-system",
    "--sparse",
    "--hole-detection=seek",
    "--anchored",
    "--no-wildcards",
    ...excluded,
  ]
  const names = grounds.read.map(relative)
  const apart = new Set([...grounds.read, ...left, ...except].map(relative))
  await tarOf({ machine, programs, options, names, directory: root, consume }, (named, why) => {
    const path = named.replace(/(?<=.)\/$/, "")
    // Each of these is read by itself, or left out by name.
    if (/different filesystem; not dumped$/.test(why) && apart.has(path)) return
    note(path.replace(/^\.\//, "/"), why)
  })
  return search.members
}
