// Git repositories that lie on a machine (clones, fetcher caches): their objects are compressed, so they are brought here
// as they are and git itself reads them.

import { closeSync, mkdirSync, openSync, writeSync } from "node:fs"
import { dirname, join } from "node:path"
import { records } from "../fields.ts"
import { git } from "../git.ts"
import type { Machine } from "../machine.ts"
import { readTar } from "../tar.ts"
import type { SearchPlan } from "./engine.ts"
import { tarOf } from "./host-disks.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"
import { searchRepository } from "./repository.ts"
import { inScratch } from "./scratch.ts"

const finding = `
export LC_ALL=C
bin=$1
shift
exec "$bin/find" "$@" -xdev -ignore_readdir_race -type d -name objects -exec "$bin/sh" -c '
  for objects; do
    directory=\${objects%/objects}
    [ ! -f "$directory/HEAD" ] || [ ! -d "$directory/refs" ] || printf "%s\\\\0" "$directory"
  done' sh {} +
`.trim()

export interface HostRepository {
  /** On the machine. */
  path: string
  objects: Record<string, number>
}

/** Searches every repository below the mount points. What cannot be read of one is noted in the report. */
export async function searchHostRepositories(
  machine: Machine,
  programs: string,
  mountPoints: string[],
  plan: SearchPlan,
  report: Report,
): Promise<HostRepository[]> {
  const argv = [`${programs}/sh`, "-euc", finding, "sh", programs, ...mountPoints]
  const ran = await machine.run(argv, { timeoutMs: 3_600_000, answers: [0, 1] })
  const refused = [...ran.stderr.matchAll(/^\S*find: ['‘](.*)['’]: (Permission denied|Input\/output error)$/gm)]
  if (ran.exitCode === 1 && refused.length === 0)
    throw new Error(`${machine.where}: find failed, and does not say on what`)
  for (const [, path = "", reason = ""] of refused) {
    report.addNotScanned({ where: Place.named(plan, path, report).where, reason, kind: "unreadable" })
  }
  const found = records(machine.where, ran, 1).flat()
  const repositories: HostRepository[] = []
  for (const path of [...new Set(found)].sort()) {
    const { where } = Place.named(plan, path, report)
    const unsearched = (at: string, reason: string) =>
      report.addNotScanned({ where: Place.named(plan, at, report).where, reason, kind: "unreadable" })
    await inScratch(async (scratch) => {
      await git(["init", "--quiet", "--bare", scratch])
      try {
        await fetch(machine, programs, path, scratch, (what, reason) => unsearched(`${path}/${what}`, reason))
        const { objects } = await searchRepository(scratch, path, plan, report)
        repositories.push({ path: where, objects })
      } catch {
        // Why is git's to say, in words that hold names: what matters is that it was not read whole.
        unsearched(path, "a repository whose objects cannot be read whole")
      }
    })
  }
  return repositories
}

/**
 * Objects and refs alone: a configuration or a hook of somebody else's would be run here. Where a clone is shallow is not
 * asked either: what lies on the machine is searched, and what does not is no leak there.
 */
async function fetch(
  machine: Machine,
  programs: string,
  path: string,
  scratch: string,
  unreadable: (path: string, why: string) => void,
): Promise<void> {
  const wanted = /^objects\/(?:[0-9a-f]{2}\/[0-9a-f]+|pack\/pack-[0-9a-f]+\.(?:pack|idx))$|^packed-refs$|^refs\//
  const consume = async (stdout: AsyncIterable<Buffer>) => {
    // A pack may be larger than memory.
    let file: number | undefined
    const close = () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    }
    try {
      for await (const event of readTar(stdout, { attribute: () => {}, special: () => {} })) {
        if (event.type === "content") {
          if (file !== undefined) writeSync(file, event.bytes)
          continue
        }
        close()
        const name = event.path.toString("latin1")
        if (name === "objects/info/alternates") unreadable(name, "some of its objects are elsewhere")
        if (event.type !== "file" || !wanted.test(name)) continue
        mkdirSync(dirname(join(scratch, name)), { recursive: true })
        file = openSync(join(scratch, name), "w", 0o600)
      }
    } finally {
      close()
    }
  }
  await tarOf({ machine, programs, options: [], names: ["."], directory: path, consume }, unreadable)
}
