// The clean room's machine on Incus. This is the only code that changes anything there, and it changes one instance: the
// one this run created, by its name, its mark and its uuid, each looked at again before each change.

import { z } from "zod"
import { type ExecOptions, type Executed, exec } from "../incus-exec.ts"
import { type IncusInstance, instanceFacts } from "../incus-facts.ts"
import { isUnderWayOn, operationsIn, waited } from "../incus-operation.ts"
import { asked, type Changed, type IncusConnection, IncusError, inProject } from "../incus-request.ts"
import type { Target } from "../target.ts"
import { type Holder, parseHolder, shownHolder, stateOf } from "./holder.ts"

type Settings = Pick<Target["incus"], "project" | "throwaway" | "type" | "instances">

/** The instance of the throwaway's name is not the one this run created: nothing was done to it. */
export class NotOurs extends Error {
  override name = "NotOurs"
}

const runKey = "user.cc-ci-verifier.run"
const holderKey = "user.cc-ci-verifier.holder"

const raw = z.object({
  name: z.string(),
  config: z.record(z.string(), z.string()),
  status: z.string(),
  created_at: z.string(),
  expanded_config: z.record(z.string(), z.string()),
})
const state = z.object({
  status: z.string(),
  network: z
    .record(
      z.string(),
      z.object({
        addresses: z.array(z.object({ family: z.string(), address: z.string(), scope: z.string() })).nullish(),
      }),
    )
    .nullish(),
})

/** What stands under the throwaway's name before a run, and who says that it is theirs. */
export interface Earlier {
  uuid: string
  createdAt: string
  status: string
  memory: string | null
  /** Null for one that no run of this suite made. */
  holder: { shown: string; state: "alive" | "dead" | "elsewhere" } | null
}

export interface Throwaway {
  name: string
  uuid: string
  /** Everything Incus says of it now. */
  facts(): Promise<IncusInstance>
  /** Its global addresses of one family; none while it has none. */
  addresses(): Promise<string[]>
  exec(argv: string[], options?: ExecOptions): Promise<Executed>
  start(): Promise<void>
  /** Shuts it down as a person would and starts it again. */
  restart(): Promise<void>
  destroy(): Promise<void>
}

/** What has the throwaway's name now. */
export async function earlierOf(connection: IncusConnection, settings: Settings): Promise<Earlier | undefined> {
  const found = await look(connection, settings)
  if (found === undefined) return undefined
  const { config, created_at, status, expanded_config } = found
  const holder = parseHolder(jsonOf(config[holderKey]))
  return {
    uuid: config["volatile.uuid"] ?? "none",
    createdAt: created_at,
    status,
    memory: expanded_config["limits.memory"] ?? null,
    holder: config[runKey] === undefined ? null : await heldBy(holder),
  }
}

const heldBy = async (holder: Holder | undefined): Promise<Earlier["holder"]> =>
  holder === undefined
    ? { shown: "a run that does not say where it ran", state: "elsewhere" }
    : { shown: shownHolder(holder), state: await stateOf(holder) }

/** Deletes what {@link earlierOf} showed, and nothing that has taken its place since. */
export async function deleteEarlier(connection: IncusConnection, settings: Settings, earlier: Earlier): Promise<void> {
  const still = async () => {
    const found = await look(connection, settings)
    if (found === undefined || found.config["volatile.uuid"] !== earlier.uuid)
      throw new NotOurs(`${connection.where}: ${settings.throwaway.name} is not the instance that was shown any more`)
  }
  await remove(connection, settings, still)
}

/** Creates it and waits until Incus has; it is not started. */
export async function create(
  connection: IncusConnection,
  settings: Settings & { fingerprint: string; config: Record<string, string> },
  run: string,
  holder: Holder,
): Promise<Throwaway> {
  const { project, throwaway, type, fingerprint, config } = settings
  guarded(settings)
  const body = {
    name: throwaway.name,
    type,
    source: { type: "image", fingerprint },
    config: {
      ...config,
      "limits.memory": `${throwaway.memory / 2 ** 20}MiB`,
      [runKey]: run,
      [holderKey]: JSON.stringify(holder),
    },
  }
  await done(connection, await connection.change("POST", `/1.0/instances?${inProject(project)}`, body, 30_000), 900)
  const found = await adopt(connection, settings, run)
  if (found === undefined) throw new IncusError(`${connection.where}: ${throwaway.name} was created and is not there`)
  return found
}

/** The instance of that name if this run created it; undefined when there is none. Throws {@link NotOurs} for another. */
export async function adopt(
  connection: IncusConnection,
  settings: Settings,
  run: string,
  recorded?: string,
): Promise<Throwaway | undefined> {
  const found = await look(connection, settings)
  if (found === undefined) return undefined
  const uuid = found.config["volatile.uuid"]
  const why = whyNotOurs(found.config, run, recorded ?? uuid)
  if (uuid === undefined || why !== undefined)
    throw new NotOurs(`${connection.where}: ${settings.throwaway.name} ${why ?? "has no uuid"}`)
  return handle(connection, settings, run, uuid)
}

function handle(connection: IncusConnection, settings: Settings, run: string, uuid: string): Throwaway {
  const { project, throwaway } = settings
  const { name } = throwaway
  const path = `/1.0/instances/${encodeURIComponent(name)}`
  const ours = async () => {
    const found = await look(connection, settings)
    const why = found === undefined ? "is not there any more" : whyNotOurs(found.config, run, uuid)
    if (why !== undefined) throw new NotOurs(`${connection.where}: ${name} ${why}: nothing was done to it`)
  }
  const change = async (action: "start" | "restart") => {
    await ours()
    const body = { action, timeout: 120, force: false }
    await done(connection, await connection.change("PUT", `${path}/state?${inProject(project)}`, body, 15_000), 180)
  }
  return {
    name,
    uuid,
    facts: () => asked(connection, `${path}?recursion=1&${inProject(project)}`, instanceFacts),
    addresses: async () => {
      const { network } = await asked(connection, `${path}/state?${inProject(project)}`, state)
      const all = Object.values(network ?? {}).flatMap(({ addresses }) => addresses ?? [])
      return all.filter(({ family, scope }) => family === "inet" && scope === "global").map(({ address }) => address)
    },
    exec: async (argv, options) => {
      await ours()
      return exec(connection, name, project, argv, options)
    },
    start: () => change("start"),
    restart: () => change("restart"),
    destroy: () => remove(connection, settings, ours),
  }
}

/** Stops and deletes what has the throwaway's name, `still` being asked first and before each of the two. */
async function remove(connection: IncusConnection, settings: Settings, still: () => Promise<void>): Promise<void> {
  const { project, throwaway } = guarded(settings)
  const path = `/1.0/instances/${encodeURIComponent(throwaway.name)}`
  await still()
  await settled(connection, project, throwaway.name)
  const { status } = await asked(connection, `${path}/state?${inProject(project)}`, state)
  if (status !== "Stopped") {
    await still()
    const body = { action: "stop", timeout: 30, force: true }
    await done(connection, await connection.change("PUT", `${path}/state?${inProject(project)}`, body, 15_000), 60)
  }
  await still()
  await done(connection, await connection.change("DELETE", `${path}?${inProject(project)}`, undefined, 15_000), 180)
}

/** Waits for what Incus is still doing to an instance: a run may have been killed while it was being made. */
async function settled(connection: IncusConnection, project: string, name: string): Promise<void> {
  const about = (await operationsIn(connection, project)).filter(
    (one) => one.class === "task" && isUnderWayOn(one, name),
  )
  // However it ends: what is there then is looked at.
  for (const { id } of about) await asked(connection, `/1.0/operations/${id}/wait?timeout=600`, z.unknown(), 620_000)
}

function guarded<T extends Settings>(settings: T): T {
  const { throwaway, instances } = settings
  if (instances.some(({ name }) => name === throwaway.name))
    throw new NotOurs(`${throwaway.name} is one of the target's own instances, which are never changed`)
  return settings
}

function whyNotOurs(config: Record<string, string>, run: string, uuid: string | undefined): string | undefined {
  if (config[runKey] !== run) return "was not created by this run"
  return config["volatile.uuid"] === uuid ? undefined : "has another uuid than the one that was created"
}

async function look(connection: IncusConnection, { project, throwaway: { name } }: Settings) {
  try {
    return await asked(connection, `/1.0/instances/${encodeURIComponent(name)}?${inProject(project)}`, raw)
  } catch (error) {
    if (error instanceof IncusError && error.status === 404) return undefined
    throw error
  }
}

/** Waits for what a change began; what was done at once needs no waiting. */
async function done(connection: IncusConnection, { operation }: Changed, seconds: number): Promise<void> {
  if (operation !== null) await waited(connection, operation.replace(/\?.*$/, ""), seconds)
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null")
  } catch {
    return null
  }
}
