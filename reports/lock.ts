// One writer at a time, across processes, for files that several runs share.

import { randomUUID } from "node:crypto"
import { link, readFile, rm, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"

/** Does `work` while no other process does any on `file`. A lock whose owner died is taken over. */
export async function locked<T>(file: string, work: () => Promise<T>, patienceMs = 60_000): Promise<T> {
  const lock = `${file}.lock`
  await acquire(lock, patienceMs)
  try {
    return await work()
  } finally {
    await rm(lock)
  }
}

async function acquire(lock: string, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (!(await create(lock))) {
    await reclaim(lock)
    if (Date.now() > deadline) {
      const owner = await readOr(lock, "unknown")
      throw new Error(`no turn to write: ${lock} is held by ${owner.trim()}; if that process is gone, remove the file`)
    }
    await sleep(5 + Math.random() * 20)
  }
}

// A link appears whole or not at all, so nobody ever reads a lock without its owner in it.
async function create(lock: string): Promise<boolean> {
  const mine = `${lock}.${randomUUID()}`
  await writeFile(mine, `pid ${process.pid} on ${hostname()}\n`, { flag: "wx" })
  try {
    await link(mine, lock)
    return true
  } catch (cause) {
    if (hasCode(cause, "EEXIST")) return false
    throw cause
  } finally {
    await rm(mine)
  }
}

// Two that reclaim at once could remove each other's fresh lock; so that, too, is done by one at a time, looking again.
async function reclaim(lock: string): Promise<void> {
  if (!isStale(await readOr(lock, ""))) return
  const turn = `${lock}.reclaim`
  if (!(await create(turn))) return
  try {
    if (isStale(await readOr(lock, ""))) await rm(lock, { force: true })
  } finally {
    await rm(turn)
  }
}

function isStale(owner: string): boolean {
  const [, pid, host] = /^pid (\d+) on (.+)\n$/.exec(owner) ?? []
  if (pid === undefined || host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (cause) {
    return hasCode(cause, "ESRCH")
  }
}

async function readOr(file: string, fallback: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return fallback
    throw cause
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}
