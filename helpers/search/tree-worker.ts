// A thread that reads and searches what the walk hands it.

import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs"
import { parentPort } from "node:worker_threads"
import type { SearchPlan } from "./engine.ts"
import { FileSearch, searchName } from "./file-search.ts"
import { Place } from "./place.ts"
import { Report } from "./report.ts"
import { readingRoom as buffer } from "./sampling-memory.ts"
import type { FromThread, Linked, ToThread } from "./tree-threads.ts"
import { entryKind } from "./tree-walk.ts"

// A file whose size is 0 may still have content, as below /proc.
const sizeless = 16 * 1024 * 1024
const bytesPerBatch = 4 * 1024 * 1024
let report = new Report()
// Files with several names: who reads them is not decided here, for other threads may have met another of them.
let linked: Linked[] = []
let plan: SearchPlan | undefined
let search = 0

const send = (message: FromThread) => parentPort?.postMessage(message)

parentPort?.on("message", (message: ToThread) => {
  if (message === "end") {
    send({ search, report: report.toJSON() })
    plan = undefined
  } else if ("plan" in message) {
    ;({ plan, search } = message)
    report = new Report()
  } else {
    if (plan === undefined) throw new Error("something to search, and nothing to search for")
    const rest = searchBatch(plan, message.batch)
    send({ search, linked, rest })
    linked = []
  }
})

/** The rest of a batch whose files are large is for whoever is free. */
function searchBatch(plan: SearchPlan, batch: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.length)
  const enough = report.bytes + bytesPerBatch
  for (let from = 0; from < bytes.length; ) {
    if (report.bytes >= enough) return new Uint8Array(bytes.subarray(from))
    const to = bytes.indexOf(0, from)
    searchEntry(plan, bytes.subarray(from, to))
    from = to + 1
  }
  return undefined
}

function searchEntry(plan: SearchPlan, entry: Buffer): void {
  const path = entry.subarray(1)
  const place = Place.named(plan, path, report)
  try {
    if (entry[0] === entryKind.link)
      searchName(plan, place, "link target", readlinkSync(path, { encoding: "buffer" }), report)
    if (entry[0] === entryKind.file || entry[0] === entryKind.chosen)
      searchFile(plan, place, path, entry[0] === entryKind.chosen)
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (!syscall) throw cause
    const reason = code === "ENOENT" ? "vanished before it could be read" : `cannot be read: ${syscall}: ${code}`
    report.addNotScanned({ where: place.where, reason, kind: "unreadable" })
  }
}

function searchFile(plan: SearchPlan, place: Place, path: Buffer, chosen: boolean): void {
  // It may have become something else since it was looked at: never follow, never wait.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile())
      throw Object.assign(new Error("no longer a file"), { code: "no longer a file", syscall: "fstat" })
    if (stats.nlink > 1 && !chosen) {
      // In numbers that are exact: two files must not pass for one.
      const { dev, ino, nlink } = fstatSync(file, { bigint: true })
      linked.push({ inode: `${dev}:${ino}`, names: Number(nlink), path: new Uint8Array(path) })
    } else read(plan, place, file, stats.size)
  } finally {
    closeSync(file)
  }
}

function read(plan: SearchPlan, place: Place, file: number, size: number): void {
  const search = new FileSearch(plan, place, report)
  try {
    const most = size || sizeless
    let at = 0
    while (at < most) {
      const got = readSync(file, buffer, 0, Math.min(buffer.length, most - at), null)
      if (got === 0) break
      search.push(got === buffer.length ? buffer : buffer.subarray(0, got))
      at += got
    }
    if (at < size || (size === 0 && at === most)) {
      const reason = size === 0 ? `has no size: read up to ${most} bytes` : `shrank while it was read, to ${at} bytes`
      report.addNotScanned({ where: place.where, reason, kind: size === 0 ? "bound" : "unreadable" })
    }
  } finally {
    search.end()
  }
}
