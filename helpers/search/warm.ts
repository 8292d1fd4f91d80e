// What was searched clean before, so that a nightly run need not search it again: NAR hashes, under a digest of what was
// searched for and by which engine. A cold run never reads it.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { hmac } from "../hmac.ts"
import { hostStore } from "../host-closure.ts"
import type { Machine } from "../machine.ts"
import { vouchedBy } from "../nix-tier.ts"
import { recoveryIdentity } from "../pinned.ts"
import type { StoreReading } from "../store-reading.ts"
import type { Target } from "../target.ts"
import { isCanary } from "./canaries.ts"
import { planDigest, searchPlan } from "./engine.ts"
import type { Ground } from "./ground.ts"
import type { Searching } from "./searching.ts"

export interface WarmStore {
  /** The NAR hash (hex) that the host's database has for a path, if what has that hash need not be searched. */
  known(path: string): string | undefined
  /** Why paths were hashed and not searched. */
  why: string
  /** Keeps what was searched clean, or was known to be. */
  remember(ground: Ground, reading: StoreReading): Promise<void>
}

interface Kept {
  /** HMAC of the needles and the engine, so that the file says nothing of either. */
  digest: string
  clean: string[]
  /** HMAC of both: nobody without the recovery key adds to the list. */
  mac: string
}

/** As a run was asked: whether it may rely on the list, and the directory of the ledgers, where the list lies. */
export interface Warm {
  allowed: boolean
  directory: string
}

/** What this run may leave unsearched: nothing, when it is cold and the target file does not say otherwise. */
export async function warmStore(target: Target, searched: Searching, host: Machine, warm: Warm): Promise<WarmStore> {
  const file = join(warm.directory, "searched-clean.json")
  const digest = await digestOf(target, searched)
  const kept = warm.allowed ? await keptIn(file) : undefined
  const whole = kept !== undefined && kept.mac === (await macOf(target, kept.digest, kept.clean))
  if (kept !== undefined && !whole) throw new Error(`${file} is not what a run wrote: remove it`)
  const clean = new Set(kept?.digest === digest ? kept.clean : [])
  const signed = target.search.skipSigned ? vouchedBy(target.flake.publicKeys) : () => false
  const registered = new Map<string, string>()
  if (clean.size > 0 || target.search.skipSigned) {
    for (const info of (await hostStore(host, target.host.programs)).values()) {
      if (clean.has(info.narHash) || signed(info)) registered.set(info.path, info.narHash)
    }
  }
  return {
    known: (path) => registered.get(path),
    why: `${warm.allowed ? `warm: ${clean.size} NAR hashes were searched clean before` : "cold"}; signed paths ${target.search.skipSigned ? "are hashed only" : "are searched"}`,
    remember: async ({ report, canaries }, { nars }) => {
      if (report.notScannedNotKept + report.findingsNotKept > 0) return
      if (canaries.missed.length > 0 || report.findings.length > 0) return
      const dirty = new Set(report.notScanned.map(({ where }) => where.split("/").slice(0, 4).join("/").split("!")[0]))
      // What was hashed only for another reason (a signature) was searched by nobody.
      const searched = ([path, { narHash }]: [string, { narHash: string }]) =>
        !dirty.has(path) && (registered.get(path) !== narHash || clean.has(narHash))
      const hashes = [...new Set([...nars].filter(searched).map(([, { narHash }]) => narHash))].sort()
      await keep(file, { digest, clean: hashes, mac: await macOf(target, digest, hashes) })
    },
  }
}

/** Keyed with the recovery key, which whoever searches holds anyway; canaries are new in each run and do not count. */
async function digestOf(target: Target, { needles }: Searching): Promise<string> {
  const { key } = await recoveryIdentity(target)
  return planDigest(searchPlan(needles.filter((needle) => !isCanary(needle))), key.reveal())
}

async function macOf(target: Target, digest: string, clean: string[]): Promise<string> {
  const { key } = await recoveryIdentity(target)
  return hmac(key.reveal(), Buffer.from(["searched clean", digest, ...clean].join("\n")))
}

async function keptIn(file: string): Promise<Kept | undefined> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined
    throw new Error(`cannot read what was searched before, ${file}: ${cause.message}`, { cause })
  })
  if (text === undefined) return undefined
  const { digest, clean, mac } = JSON.parse(text) as Partial<Kept>
  if (typeof digest !== "string" || typeof mac !== "string" || !Array.isArray(clean)) {
    throw new Error(`${file} is not what a run wrote: remove it`)
  }
  return { digest, clean, mac }
}

async function keep(file: string, kept: Kept): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, `${JSON.stringify(kept)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}
