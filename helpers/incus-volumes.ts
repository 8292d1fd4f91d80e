// The volumes of a project, in every pool it uses.

import { z } from "zod"
import { type IncusVolume, instanceFacts, profileFacts, projectFacts, volumeFacts } from "./incus-facts.ts"
import { asked, type IncusConnection, inProject, isRefused } from "./incus-request.ts"

export async function volumesOf(connection: IncusConnection, project: string): Promise<IncusVolume[]> {
  const pools = await poolsOf(connection, project)
  return (await Promise.all(pools.map((pool) => volumesIn(connection, pool, project)))).flat()
}

/**
 * A restricted certificate may look into a pool, but not list the pools. Then they are those that the project's volumes,
 * instances and profiles name; the project's own list of what uses it has every custom volume with its pool.
 */
async function poolsOf(connection: IncusConnection, project: string): Promise<string[]> {
  try {
    const pools = await asked(connection, "/1.0/storage-pools?recursion=1", z.array(z.object({ name: z.string() })))
    return pools.map(({ name }) => name).sort()
  } catch (error) {
    if (!isRefused(error)) throw error
  }
  const [{ usedBy }, instances, profiles] = await Promise.all([
    asked(connection, `/1.0/projects/${encodeURIComponent(project)}`, projectFacts),
    asked(connection, `/1.0/instances?recursion=2&${inProject(project)}`, z.array(instanceFacts)),
    asked(connection, `/1.0/profiles?recursion=1&${inProject(project)}`, z.array(profileFacts)),
  ])
  const devices = [...instances, ...profiles].flatMap(({ devices }) => Object.values(devices ?? {}))
  const used = usedBy.map((path) => /^\/1\.0\/storage-pools\/([^/?]+)/.exec(path)?.[1])
  const named = [...devices.map(({ pool }) => pool), ...used.map((pool) => pool && decodeURIComponent(pool))]
  return [...new Set(named.filter((pool) => pool !== undefined))].sort()
}

/** Incus lists a snapshot beside its volume, as `VOLUME/SNAPSHOT`; one without its volume stays on its own. */
async function volumesIn(connection: IncusConnection, pool: string, project: string): Promise<IncusVolume[]> {
  const path = `/1.0/storage-pools/${encodeURIComponent(pool)}/volumes?recursion=1&${inProject(project)}`
  const found = byName(await asked(connection, path, z.array(volumeFacts)))
  const isOf = (snapshot: { name: string; type: string }, volume: { name: string; type: string }) =>
    snapshot.type === volume.type && snapshot.name.startsWith(`${volume.name}/`)
  return found
    .filter((one) => !found.some((volume) => isOf(one, volume)))
    .map((volume) => {
      const snapshots = found.filter((one) => isOf(one, volume)).map(({ name }) => name.slice(volume.name.length + 1))
      return { ...volume, pool, snapshots }
    })
}

export const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
export const byName = <T extends { name: string }>(found: T[]): T[] => found.toSorted((a, b) => order(a.name, b.name))
