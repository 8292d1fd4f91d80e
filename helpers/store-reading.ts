// The store as it lies on the host's disk, read once: each path is hashed here, and searched in the same pass.

import { records } from "./fields.ts"
import type { Machine } from "./machine.ts"
import { narsOfTar } from "./nar-of-tar.ts"
import type { SearchPlan } from "./search/engine.ts"
import { tarOf } from "./search/host-disks.ts"
import { Place } from "./search/place.ts"
import type { Report } from "./search/report.ts"
import { TarSearch } from "./search/tar-search.ts"
import { readTar } from "./tar.ts"

export interface StoreReading {
  /** SHA-256 (hex) of the NAR of what lies on the disk, and its size, by store path. */
  nars: Map<string, { narHash: string; narSize: number }>
  /** Bytes of NAR hashed. */
  bytes: number
  /** Store paths that were hashed only, for they are known to be clean. */
  hashedOnly: number
  /** Entries of the store that are no store paths, which were searched and not hashed. */
  others: string[]
}

const listing = `
export LC_ALL=C
"$1/find" "$2/." -mindepth 1 -maxdepth 1 ! -name .links -printf '%f\\0'
# Those that are no other path's file as well: left by a collection of garbage that was interrupted.
[ ! -d "$2/.links" ] || "$1/find" "$2/.links" -mindepth 1 -links 1 -printf '.links/%f\\0'
`.trim()

// What a running build has beside its paths may hold anything, a FIFO too.
const isStorePath = (name: string) =>
  /^[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+\-._?=]{1,211}$/.test(name) && !/\.(lock|chroot)$/.test(name)

/**
 * Reads all of the store but its hard links (`.links`, which are the same files again). `known` gives the NAR hash (hex)
 * that a path was searched clean with; such a path is hashed, and searched only if its hash is another after all.
 */
export async function readStore(
  machine: Machine,
  programs: string,
  plan: SearchPlan,
  report: Report,
  known: (path: string) => string | undefined = () => undefined,
  store = "/nix/store",
): Promise<StoreReading> {
  const argv = [`${programs}/sh`, "-euc", listing, "sh", programs, store]
  const listed = async () => records(machine.where, await machine.run(argv, { maxBytes: 512 * 2 ** 20 }), 1).flat()
  const names = await listed()
  if (names.length === 0) throw new Error(`${machine.where}: nothing in ${store}`)
  const reading: StoreReading = { nars: new Map(), bytes: 0, hashedOnly: 0, others: [] }
  const paths = names.filter(isStorePath).sort()
  const others = names.filter((name) => !isStorePath(name)).sort()
  reading.others = others.map((name) => Place.named(plan, name, report).where)
  const again: string[] = []

  const unreadable = (path: string, why: string) => {
    const { where } = Place.named(plan, `${store}/${path}`, report)
    report.addNotScanned({ where, reason: why, kind: "unreadable" })
  }
  const hash = async (stdout: AsyncIterable<Buffer>) => {
    const search = new TarSearch(plan, report, `${store}/`)
    const tap = {
      attribute: search.attribute.bind(search),
      event: (event: Parameters<TarSearch["event"]>[0]) => {
        if (event.type !== "content" && !event.path.includes(47)) {
          search.reading = known(`${store}/${event.path}`) === undefined
        }
        search.event(event)
      },
    }
    for await (const { name, nar } of narsOfTar(stdout, tap)) {
      const path = `${store}/${name}`
      const narHash = nar.narHash.toString("hex")
      reading.nars.set(path, { narHash, narSize: nar.narSize })
      reading.bytes += nar.narSize
      const clean = known(path)
      if (clean === narHash) reading.hashedOnly++
      else if (clean !== undefined) again.push(name)
    }
    search.end()
  }
  const searchOnly = async (stdout: AsyncIterable<Buffer>) => {
    const search = new TarSearch(plan, report, `${store}/`)
    for await (const event of readTar(stdout, search)) search.event(event)
    search.end()
  }
  const common = { machine, programs, directory: store }
  const sorted = ["--sort=name", "--hard-dereference"]
  await tarOf({ ...common, options: sorted, names: paths, consume: hash }, unreadable)
  const absent = paths.filter((name) => !reading.nars.has(`${store}/${name}`))
  const still = absent.length === 0 ? [] : await listed()
  for (const name of absent) if (still.includes(name)) unreadable(name, "tar left it out")
  const rest = [...again, ...others]
  if (rest.length > 0) await tarOf({ ...common, options: [], names: rest, consume: searchOnly }, unreadable)
  return reading
}
