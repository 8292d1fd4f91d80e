// A brand-new machine: created blank, started, and waited for until it can be reached.

import { setTimeout as sleep } from "node:timers/promises"
import type { IncusFacts } from "../incus.ts"
import type { IncusInstance } from "../incus-facts.ts"
import { type IncusConnection, IncusError } from "../incus-request.ts"
import type { Target } from "../target.ts"
import type { Allowed } from "../target-clean-room.ts"
import type { Guarded } from "./guardrails.ts"
import type { Journal } from "./journal.ts"
import { create, type Throwaway } from "./throwaway.ts"

export interface Born {
  throwaway: Throwaway
  instance: Pick<
    IncusInstance,
    "name" | "uuid" | "type" | "createdAt" | "memoryLimit" | "baseImage" | "config" | "devices"
  >
  /** What the alias named when it was created. */
  image: { alias: string; fingerprint: string }
  /** Its IPv4 address. */
  address: string
  /** Uuids of every instance that was there before. */
  uuidsBefore: (string | null)[]
}

interface Bearing {
  target: Target
  room: Allowed
  connection: IncusConnection
  facts: IncusFacts
  run: string
  journal: Journal
  image: Guarded["image"]
  asked: { signal: AbortSignal }
  step<T>(name: string, work: () => Promise<T>): Promise<T>
}

export async function bear(bearing: Bearing): Promise<Born> {
  const { target, room, connection, facts, run, journal, image, asked, step } = bearing
  const { incus } = target
  if (image === undefined) throw new Error(`no single image ${incus.image}`)
  const throwaway = await step(`creating ${incus.throwaway.name}`, async () => {
    await journal.write({ step: "create", project: incus.project, name: incus.throwaway.name })
    const settings = { ...incus, fingerprint: image.fingerprint, config: room.settings }
    const created = await create(connection, settings, run, journal.holder)
    await journal.write({ step: "created", uuid: created.uuid })
    return created
  })
  const address = await step("booting it", async () => {
    await throwaway.start()
    return reachable(throwaway, asked.signal)
  })
  const { name, uuid, type, createdAt, memoryLimit, baseImage, config, devices } = await throwaway.facts()
  return {
    throwaway,
    instance: { name, uuid, type, createdAt, memoryLimit, baseImage, config, devices },
    image: { alias: image.alias, fingerprint: image.fingerprint },
    address,
    uuidsBefore: facts.projects.flatMap(({ instances }) => instances.map((one) => one.uuid)),
  }
}

/** Waits until it has booted and has an address; five minutes at most. */
export async function reachable(throwaway: Throwaway, signal: AbortSignal): Promise<string> {
  const until = Date.now() + 300_000
  let said = "nothing"
  while (Date.now() < until) {
    const [state, [address]] = await Promise.all([stateOf(throwaway), throwaway.addresses()])
    if (/^(running|degraded)$/.test(state) && address !== undefined) return address
    said = `${state || "no answer"}, ${address ?? "no address"}`
    await sleep(200, undefined, { signal })
  }
  throw new Error(`${throwaway.name} cannot be reached five minutes after it was started: ${said}`)
}

/** What systemd says of the whole machine; nothing while it cannot be asked, as a VM before its agent runs. */
async function stateOf(throwaway: Throwaway): Promise<string> {
  try {
    const { stdout } = await throwaway.exec(["/bin/sh", "-lc", "systemctl is-system-running"], { timeoutMs: 10_000 })
    return stdout.toString().trim()
  } catch (cause) {
    if (!(cause instanceof IncusError)) throw cause
    return ""
  }
}
