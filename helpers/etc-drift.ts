// /etc beside the tree its closure declares (/etc/static): what is not from it, and what of it is not in place.

import { records, utf8 } from "./fields.ts"
import type { Machine } from "./machine.ts"

/** Something in /etc that is no directory. */
export interface EtcFile {
  path: string
  /** As find says it: `f` a file, `l` a link, `p`, `s`, `b`, `c`. */
  type: string
  /** Octal, such as `644`. */
  mode: string
  owner: string
  /** A link's text. */
  link: string | null
  /** Of a file's bytes, if everybody may read them: the digest of a short secret would give it away. */
  sha256: string | null
}

type Difference = "bytes" | "mode" | "owner" | "group"

export interface EtcDrift {
  /** Entries of /etc that are no directories, and of the closure's tree. */
  looked: number
  expected: number
  /** Neither a link into /etc/static nor a copy the closure asks for. */
  notFromClosure: EtcFile[]
  /** Links into /etc/static that do not lead to the entry of their own name, or to nothing. */
  misplaced: { path: string; link: string; why: string }[]
  /** Entries of the closure's tree, and what is in their place. */
  missing: { path: string; expected: string; found: string }[]
  /** Copies whose bytes, mode, owner or group are not what the closure says. */
  differing: { path: string; what: Difference; expected: string; found: string }[]
  /** What is mounted at or under /etc: a directory of another file system is not entered. */
  mounts: { path: string; type: string; source: string }[]
}

interface Entry {
  type: string
  mode: string
  uid: string
  owner: string
  gid: string
  group: string
  path: string
  link: string
  /** What a link leads to, as find says it; `N` nothing, `L` a loop. */
  leadsTo: string
}

const list = `
export LC_ALL=C
cd -- "$2/."
exec "$1/find" . -mindepth 1 -xdev ! -type d -printf '%y\\0%m\\0%U\\0%u\\0%G\\0%g\\0%P\\0%l\\0%Y\\0'
`.trim()

const digests = `
export LC_ALL=C
cd -- "$2/."
exec "$1/find" . -mindepth 1 -xdev -type f -perm -004 -exec "$1/sha256sum" -z -- {} +
`.trim()

// A copy and what says how it is made, one record each: path, digest here, digest in the closure, mode, owner, group.
const copies = `
export LC_ALL=C
bin=$1 etc=$2
shift 2
digest() { if [ -f "$1" ] && [ ! -L "$2" ]; then "$bin/sha256sum" <"$1"; fi; printf '\\0'; }
say() { if [ -e "$1" ]; then "$bin/cat" -- "$1"; fi; printf '\\0'; }
for at; do
  printf '%s\\0' "$at"
  digest "$etc/$at" "$etc/$at"
  digest "$etc/static/$at" ''
  say "$etc/static/$at.mode"
  say "$etc/static/$at.uid"
  say "$etc/static/$at.gid"
done
`.trim()

/**
 * Looks at all of /etc, in five commands whatever its size. An entry of the closure with a `.mode` beside it is copied, or,
 * where that says `direct-symlink`, linked without the detour over /etc/static; all others are links into /etc/static
 * (NixOS, setup-etc.pl). `root` is where the file system to look at begins.
 */
export async function etcDrift(machine: Machine, programs: string, root = ""): Promise<EtcDrift> {
  const { where } = machine
  const sh = (script: string, ...args: string[]) =>
    machine.run([`${programs}/sh`, "-euc", script, "sh", programs, ...args])
  const etc = `${root}/etc`
  const [there, declared, hashed, mountinfo] = await Promise.all([
    sh(list, etc).then((ran) => entries(where, records(where, ran, 9))),
    sh(list, `${etc}/static`).then((ran) => entries(where, records(where, ran, 9))),
    sh(digests, etc).then((ran) => new Map(records(where, ran, 1).map(([line = ""]) => digestLine(where, line)))),
    machine.run([`${programs}/cat`, "/proc/self/mountinfo"]).then(({ stdout }) => utf8(where, stdout)),
  ])
  const isSidecar = (path: string) => {
    const of = /^(.+)\.(mode|uid|gid)$/.exec(path)?.[1]
    return of !== undefined && declared.has(of) && declared.has(`${of}.mode`)
  }
  // A plain file in the tree that nothing says to copy is not brought to /etc at all.
  const isBrought = ({ path, type }: Entry) => !isSidecar(path) && (type === "l" || declared.has(`${path}.mode`))
  const expected = [...declared.values()].filter(isBrought)
  const copied = expected.map(({ path }) => path).filter((path) => declared.has(`${path}.mode`))
  const about = records(where, await sh(copies, etc, ...copied), 6)
  if (about.length !== copied.length) throw new Error(`${where}: ${about.length} of ${copied.length} copies in ${etc}`)
  const direct = new Set(about.filter(([, , , mode]) => mode?.trim() === "direct-symlink").map(([path = ""]) => path))
  const copy = new Set(copied.filter((path) => !direct.has(path)))

  const drift: EtcDrift = {
    looked: there.size,
    expected: expected.length,
    notFromClosure: [],
    misplaced: [],
    missing: [],
    differing: [],
    mounts: mountsUnder(etc, mountinfo),
  }
  for (const { path, type, mode, owner, link, leadsTo } of there.values()) {
    // /etc/static is itself the pointer that everything here is held against.
    if (path === "static" || (copy.has(path) && type === "f")) continue
    if (direct.has(path) && type === "l" && link === declared.get(path)?.link) continue
    if (link.startsWith("/etc/static/")) {
      const why = misplacement(path, link, declared, leadsTo)
      if (why !== null) drift.misplaced.push({ path: `/etc/${path}`, link, why })
      continue
    }
    const sha256 = type === "f" ? (hashed.get(path) ?? null) : null
    drift.notFromClosure.push({ path: `/etc/${path}`, type, mode, owner, link: type === "l" ? link : null, sha256 })
  }
  for (const { path, link } of expected) {
    const found = there.get(path)
    const how = copy.has(path) ? "a copy" : `a link to ${direct.has(path) ? link : `/etc/static/${path}`}`
    if (copy.has(path) ? found?.type === "f" : found?.type === "l" && `a link to ${found.link}` === how) continue
    drift.missing.push({ path: `/etc/${path}`, expected: how, found: inWords(found) })
  }
  for (const [path = "", here = "", closure = "", mode = "", uid = "", gid = ""] of about) {
    const found = there.get(path)
    if (!copy.has(path) || found?.type !== "f") continue
    const differ = (what: Difference, expected: string, found: string) =>
      drift.differing.push({ path: `/etc/${path}`, what, expected, found })
    if (closure === "" || here === "") throw new Error(`${where}: not both copies of ${etc}/${path} could be read`)
    if (here !== closure) differ("bytes", closure.slice(0, 64), hashed.get(path) ?? "others, not for everybody to read")
    if (octal(mode) !== octal(found.mode)) differ("mode", mode.trim(), found.mode)
    const owner = uid.trim() || "+0"
    if (![found.owner, `+${found.uid}`].includes(owner)) differ("owner", owner, found.owner)
    const group = gid.trim() || "+0"
    if (![found.group, `+${found.gid}`].includes(group)) differ("group", group, found.group)
  }
  return drift
}

function entries(where: string, found: string[][]): Map<string, Entry> {
  if (found.length === 0) throw new Error(`${where}: nothing in /etc or in its closure's tree`)
  return new Map(
    found.map(
      ([type = "", mode = "", uid = "", owner = "", gid = "", group = "", path = "", link = "", leadsTo = ""]) => [
        path,
        { type, mode, uid, owner, gid, group, path, link, leadsTo },
      ],
    ),
  )
}

function digestLine(where: string, line: string): [string, string] {
  const [, digest = "", path = ""] = /^([0-9a-f]{64}) [ *]\.\/(.+)$/s.exec(line) ?? []
  if (path === "") throw new Error(`${where}: no line of sha256sum: ${line}`)
  return [path, digest]
}

function misplacement(path: string, link: string, declared: Map<string, Entry>, leadsTo: string): string | null {
  if (link !== `/etc/static/${path}`) return "leads to another name"
  const entry = declared.get(path)
  if (entry === undefined) return "no such entry in the closure's tree"
  // Where the tree's own link leads is the same as where this one does; find has followed the shorter one.
  return ["N", "L", "?"].includes(entry.leadsTo) || leadsTo === "?" ? "leads to nothing" : null
}

const octal = (mode: string) => Number.parseInt(mode.trim(), 8)

function inWords(found: Entry | undefined): string {
  if (found === undefined) return "nothing, or a directory"
  return found.type === "l"
    ? `a link to ${found.link}`
    : found.type === "f"
      ? "a file"
      : `something of type ${found.type}`
}

/** Lines of mountinfo: id, parent, device, root, mount point, options, tags, `-`, type, source, options. */
function mountsUnder(etc: string, mountinfo: string): EtcDrift["mounts"] {
  const lines = mountinfo.split("\n").filter((line) => line !== "")
  return lines.flatMap((line) => {
    const [head = "", tail = ""] = line.split(" - ")
    const path = unescaped(head.split(" ")[4] ?? "")
    const [type = "", source = ""] = tail.split(" ")
    if (path !== etc && !path.startsWith(`${etc}/`)) return []
    return [{ path, type: unescaped(type), source: unescaped(source) }]
  })
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
const unescaped = (field: string) =>
  field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
