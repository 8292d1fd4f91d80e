// How everything on the Incus server was before, as a file, and what has changed since. What only counts use is not in it.

import { readFile } from "node:fs/promises"
import { isDeepStrictEqual } from "node:util"
import { z } from "zod"
import type { IncusFacts } from "./incus.ts"
import type { IncusInstance } from "./incus-facts.ts"

const settings = z.record(z.string(), z.string())
const instance = z.strictObject({
  type: z.string(),
  status: z.string(),
  created_at: z.string(),
  uuid: z.string().nullable(),
  base_image: z.string().nullable(),
  profiles: z.array(z.string()),
  config: settings,
  devices: z.record(z.string(), settings),
  snapshots: z.array(z.string()),
  backups: z.array(z.string()),
})
const volume = z.strictObject({
  content_type: z.string().nullable(),
  created_at: z.string().nullable(),
  snapshots: z.array(z.string()),
})
const image = z.strictObject({ aliases: z.array(z.string()), uploaded_at: z.string(), properties: settings })
const project = z.strictObject({
  config: settings,
  /** By name. */
  instances: z.record(z.string(), instance),
  /** By `POOL/TYPE/NAME`. */
  volumes: z.record(z.string(), volume),
  /** By fingerprint. */
  images: z.record(z.string(), image),
})
const baseline = z.strictObject({ version: z.literal(1), projects: z.record(z.string(), project) })

/** Plain data, keys sorted: what {@link baselineText} writes and {@link parseBaseline} reads. */
export type Baseline = z.output<typeof baseline>

/** The instances of a project that may change: the target's own host and the throwaway. */
export interface Exception {
  project: string
  instances: string[]
}

export function baselineOf({ projects }: IncusFacts): Baseline {
  const volumes = (found: IncusFacts["projects"][number]["volumes"]) =>
    found.map(({ pool, type, name, contentType, createdAt, snapshots }) => {
      return [`${pool}/${type}/${name}`, { content_type: contentType, created_at: createdAt, snapshots }] as const
    })
  const images = (found: IncusFacts["projects"][number]["images"]) =>
    found.map(({ fingerprint, aliases, uploadedAt, properties }) => {
      return [fingerprint, { aliases, uploaded_at: uploadedAt, properties }] as const
    })
  const entries = projects.map((found) => {
    const parts = {
      config: found.config,
      instances: Object.fromEntries(found.instances.map((one) => [one.name, instanceOf(one)])),
      volumes: Object.fromEntries(volumes(found.volumes)),
      images: Object.fromEntries(images(found.images)),
    }
    return [found.name, parts] as const
  })
  return sorted({ version: 1 as const, projects: Object.fromEntries(entries) }) as Baseline
}

function instanceOf(one: IncusInstance): z.output<typeof instance> {
  return {
    type: one.type,
    status: one.status,
    created_at: one.createdAt,
    uuid: one.uuid,
    base_image: one.baseImage,
    profiles: one.profiles,
    // Incus itself writes volatile.* each time it starts the instance.
    config: Object.fromEntries(Object.entries(one.expandedConfig).filter(([key]) => !key.startsWith("volatile."))),
    devices: one.devices,
    snapshots: one.snapshots,
    backups: one.backups,
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The baseline as the text of its file. */
export const baselineText = (recorded: Baseline): string => `${JSON.stringify(sorted(recorded), null, 2)}\n`

/** Reads the baseline that `npm run baseline` recorded. Throws when there is none, saying how to record one. */
export async function readBaseline(file: string): Promise<Baseline> {
  try {
    return parseBaseline(await readFile(file, "utf8"), file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    throw new Error(`no baseline is recorded in ${file}: npm run baseline -- --target FILE records one`, { cause })
  }
}

/** Reads a baseline's file, named `what` in errors. */
export function parseBaseline(text: string, what: string): Baseline {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error(`${what} is no JSON: record the baseline anew`)
  }
  const { data, error } = baseline.safeParse(json)
  if (data !== undefined) return data
  const [issue] = error.issues
  throw new Error(`${what} is no baseline, at ${issue?.path.map(String).join("/") || "the top"}: record it anew`)
}

/**
 * What has changed, one line each, sorted; empty when nothing has. Excepted are the named instances of one project, with
 * the volumes, snapshots and backups that are theirs.
 */
export function compareBaseline(before: Baseline, now: Baseline, except: Exception): string[] {
  const [then, today] = [before, now].map((recorded) => parted(recorded, except))
  const differ = (a: unknown, b: unknown) => !isDeepStrictEqual(a, b)
  const changes = [...new Set([...(then ?? []), ...(today ?? [])].map(([name]) => name))].flatMap((name) => {
    const [was, is] = [then?.get(name), today?.get(name)]
    if (was === undefined) return [`${name} appeared`]
    if (is === undefined) return [`${name} disappeared`]
    const keys = [...new Set([...was.keys(), ...is.keys()])].filter((key) => differ(was.get(key), is.get(key)))
    return keys.map((key) => `${name} changed: ${key}: was ${shown(was.get(key))}, is ${shown(is.get(key))}`)
  })
  return changes.sort()
}

const shown = (value: unknown) => (value === undefined ? "not set" : JSON.stringify(value))

type Properties = Map<string, unknown>

/** Everything in a baseline that can appear and disappear, with its properties, by the name it has in messages. */
function parted({ projects }: Baseline, except: Exception): Map<string, Properties> {
  const parts = new Map<string, Properties>()
  for (const [name, { config, instances, volumes, images }] of Object.entries(projects)) {
    const excepted = (instance: string) => name === except.project && except.instances.includes(instance)
    parts.set(`project ${name}`, properties(config, "config "))
    for (const [instance, { config, devices, ...rest }] of Object.entries(instances)) {
      const all = [...properties(rest), ...properties(config, "config "), ...properties(devices, "device ")]
      if (!excepted(instance)) parts.set(`instance ${name}/${instance}`, new Map(all))
    }
    for (const [id, volume] of Object.entries(volumes)) {
      const [, type, ...owner] = id.split("/")
      const isInstances = type === "container" || type === "virtual-machine"
      // A snapshot without its volume has the instance's name before the last slash.
      const own = isInstances && excepted(owner[0] ?? "")
      if (!own) parts.set(`volume ${name}/${id}`, properties(volume))
    }
    for (const [fingerprint, image] of Object.entries(images)) {
      parts.set(`image ${name}/${fingerprint}`, properties(image))
    }
  }
  return parts
}

const properties = (found: object, prefix = ""): Properties =>
  new Map(Object.entries(found).map(([key, value]) => [`${prefix}${key}`, value]))
