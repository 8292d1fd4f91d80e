// Which process holds the clean room, and whether it still does: a process is known by its start time beside its pid.

import { readFile } from "node:fs/promises"
import { hostname } from "node:os"
import { z } from "zod"

const holder = z.strictObject({
  machine: z.string(),
  hostname: z.string(),
  boot: z.string(),
  pid: z.int(),
  /** Clock ticks after boot. */
  started: z.string(),
  /** UTC, ISO 8601. */
  since: z.string(),
})

export type Holder = z.output<typeof holder>

export const parseHolder = (json: unknown): Holder | undefined => holder.safeParse(json).data

/** This process. */
export async function thisHolder(): Promise<Holder> {
  const started = await startOf(process.pid)
  if (started === undefined)
    throw new Error("/proc does not show this process, so nobody could tell later whether it lives")
  return { ...(await whereabouts()), hostname: hostname(), pid: process.pid, started, since: new Date().toISOString() }
}

/** `elsewhere`: on another machine, of which nothing is known from here. */
export async function stateOf(one: Holder): Promise<"alive" | "dead" | "elsewhere"> {
  const { machine, boot } = await whereabouts()
  if (one.machine !== machine) return "elsewhere"
  if (one.boot !== boot) return "dead"
  return (await startOf(one.pid)) === one.started ? "alive" : "dead"
}

export const shownHolder = ({ pid, hostname, since }: Holder) => `process ${pid} on ${hostname}, since ${since}`

async function whereabouts(): Promise<Pick<Holder, "machine" | "boot">> {
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim()
  const id = await readFile("/etc/machine-id", "utf8").catch(() => "")
  return { machine: id.trim() || hostname(), boot }
}

async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return stat === "" || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19]
}
