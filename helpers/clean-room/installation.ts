// The document followed on a blank machine, and what each block of the operator put there: the key, by one of them alone.

import { readFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { utf8 } from "../fields.ts"
import { hmac, newNonce, parseRemoteHmac, remoteHmac } from "../hmac.ts"
import type { InstallBlock, InstallDoc } from "../install-doc.ts"
import type { Allowed } from "../target-clean-room.ts"
import { answer, type FileFacts, filesAdded, filesOf } from "./blank.ts"
import { type Convergence, watch } from "./convergence.ts"
import { type Follower, follow, type Ran } from "./document.ts"
import type { Throwaway } from "./throwaway.ts"

export interface Installation {
  /** Every block that was run, in order; the last one may have failed. */
  ran: Ran[]
  /** What each of the operator's blocks put on the machine. */
  put: Put[]
  /** The bootstrap key after the block that brings it; null when no block did. */
  key: Key | null
  /** How the units came up; undefined where the document did not come to a switch. */
  convergence: Convergence | undefined
}

export interface Put {
  line: number
  /** Whether it is the block that names the age key. */
  bringsKey: boolean
  /** Paths that appeared or changed, in clones of git repositories left out. */
  paths: string[]
  /** Clones that appeared: where, of what, and what in them is not committed. */
  clones: { path: string; urls: string[]; uncommitted: string[] }[]
}

export interface Key {
  path: string
  owner: string
  mode: string
  /** Whether it is the very file that the variable names. */
  same: boolean
}

export interface Installing extends Follower {
  room: Allowed
  oneshots: Allowed["oneshots"]
  swarm: string[]
  document: InstallDoc
  /** Where the bootstrap key belongs. */
  keyPath: string
  /** The files that were there before anything was done. */
  before: Map<string, FileFacts>
  /** The machine's clock then. */
  since: number
  progress: (step: string) => void
}

export const switches = ({ where, commands }: InstallBlock) =>
  where === "new-host" && /\bnixos-rebuild\s+(?:\S+\s+)*?switch\b/.test(commands)

/** Follows it to its end or to the first block that fails. */
export async function installOn(installing: Installing): Promise<Installation> {
  const installation: Installation = { ran: [], put: [], key: null, convergence: undefined }
  const { throwaway, document, room, before, since, progress, keyPath } = installing
  const naming = new RegExp(`\\$\\{?${room.ageKey}\\b`)
  let files = before
  let watched: ReturnType<typeof watch> | undefined
  for (const [index, block] of document.blocks.entries()) {
    progress(`install.md line ${block.line}, block ${index + 1} of ${document.blocks.length}, on ${block.where}`)
    const stop = new AbortController()
    const signal = AbortSignal.any([installing.signal, stop.signal])
    if (switches(block)) watched ??= watch(throwaway, installing, since, installing.signal)
    const watching = watched === undefined ? undefined : keepWatch(watched, stop)
    const ran = await follow(block, { ...installing, signal }).catch((cause: Error) => {
      if (installing.signal.aborted || !stop.signal.aborted) throw cause
      return { ...block, exit: null, milliseconds: 0, outputSha256: "", said: ["stopped: a unit was over its budget"] }
    })
    await watching?.end()
    installation.ran.push(ran)
    if (block.where === "operator" && ran.exit === 0) {
      const bringsKey = naming.test(block.commands)
      const after = await filesOf(throwaway)
      installation.put.push({ line: block.line, bringsKey, ...(await putBetween(throwaway, files, after)) })
      if (bringsKey) installation.key = await keyOn(throwaway, room, keyPath)
      files = after
    } else if (ran.exit === 0 && document.blocks[index + 1]?.where === "operator") {
      files = await filesOf(throwaway)
    }
    if (ran.exit !== 0) break
  }
  progress("the units converge")
  installation.convergence = await watched?.settle()
  return installation
}

/** Looks every second while a block runs, and stops the block once a unit is over its budget. */
function keepWatch(watched: ReturnType<typeof watch>, stop: AbortController) {
  const ended = new AbortController()
  const watching = (async () => {
    while (!ended.signal.aborted) {
      // What cannot be asked just now, while systemd is starting anew, is asked again; settle() asks last, and throws.
      await watched.look().catch(() => undefined)
      if (watched.overBudget()) stop.abort()
      await sleep(1000, undefined, { signal: ended.signal }).catch(() => undefined)
    }
  })()
  return {
    end: async () => {
      ended.abort()
      await watching
    },
  }
}

const inspect = `
cd "$1" || exit 3
git config --get-regexp '^remote\\..*\\.url$' | cut -d' ' -f2-
echo --
git status --porcelain --ignored
`.trim()

async function putBetween(
  throwaway: Throwaway,
  before: Map<string, FileFacts>,
  after: Map<string, FileFacts>,
): Promise<Pick<Put, "paths" | "clones">> {
  const added = filesAdded(before, after)
  const roots = added.filter((path) => path.endsWith("/.git")).map((path) => path.slice(0, -"/.git".length))
  const clones: Put["clones"] = []
  for (const path of roots) {
    const ran = answer(
      throwaway,
      await throwaway.exec(["/bin/sh", "-lc", inspect, "sh", path]),
      `looking at the clone ${path}`,
    )
    const lines = utf8(throwaway.name, ran.stdout).trimEnd().split("\n")
    const border = lines.indexOf("--")
    // A URL may hold a login.
    const urls = lines.slice(0, border).map((url) => url.replace(/\/\/[^/@]*@/, "//…@"))
    clones.push({ path, urls, uncommitted: lines.slice(border + 1) })
  }
  const within = (path: string) => roots.some((root) => path === root || path.startsWith(`${root}/`))
  return { paths: added.filter((path) => !within(path)), clones }
}

const statKey = `
[ -f "$1" ] || exit 4
bin=$(command -v sha256sum) && stat -c '%U %a' -- "$1" && echo "\${bin%/*}"
`.trim()

/** The key where it belongs; null when there is none. */
async function keyOn(throwaway: Throwaway, { variables, ageKey }: Allowed, path: string): Promise<Key | null> {
  const ran = await throwaway.exec(["/bin/sh", "-lc", statKey, "sh", path])
  if (ran.exitCode === 4) return null
  const lines = utf8(throwaway.name, answer(throwaway, ran, "looking at the bootstrap key").stdout)
    .trim()
    .split("\n")
  const [facts = "", programs = ""] = lines
  const [owner = "", mode = ""] = facts.split(" ")
  const source = variables[ageKey]
  if (source === undefined || !("file" in source)) throw new Error(`cleanRoom.variables.${ageKey} names no file`)
  const nonce = newNonce()
  const { script, stdin } = remoteHmac(nonce, programs)
  const hashed = answer(
    throwaway,
    await throwaway.exec(["/bin/sh", "-c", script, "sh", path], { stdin }),
    "hashing the key",
  )
  const there = parseRemoteHmac(hashed.stdout.toString(), [path]).get(path)
  return { path, owner, mode: mode.padStart(4, "0"), same: there === hmac(nonce, await readFile(source.file)) }
}
