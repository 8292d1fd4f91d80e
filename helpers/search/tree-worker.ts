// A thread that reads and searches what the walk hands it.

import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs"
import { parentPort } from "node:worker_threads"
import type { SearchPlan } from "./engine.ts"
import { FileSearch, searchName } from "./file-search.ts"
import { Place } from "./place.ts"
import { Report } from "./report.ts"
import type { FromWorker, ToWorker } from "./tree.ts"
import { entryKind } from "./tree-walk.ts"

const buffer = new Uint8Array(512 * 1024)
// A file whose size is 0 may still have content, as below /proc.
const sizeless = 16 * 1024 * 1024
const report = new Report()
let plan: SearchPlan | undefined

const send = (message: FromWorker) => parentPort?.postMessage(message)

parentPort?.on("message", (message: ToWorker) => {
  if (message === null) {
    send({ report: report.toJSON() })
    parentPort?.close()
  } else if ("plan" in message) plan = message.plan
  else if (plan) {
    for (const entry of entriesOf(message.batch)) searchEntry(plan, entry)
    send("more")
  }
})

function* entriesOf(batch: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.length)
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(0, from)
    yield bytes.subarray(from, to)
    from = to + 1
  }
}

function searchEntry(plan: SearchPlan, entry: Buffer): void {
  const path = entry.subarray(1)
  const place = Place.named(plan, path, report)
  try {
    if (entry[0] === entryKind.link)
      searchName(plan, place, "link target", readlinkSync(path, { encoding: "buffer" }), report)
    if (entry[0] === entryKind.file) searchFile(plan, place, path)
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (!syscall) throw cause
    const reason = code === "ENOENT" ? "vanished before it could be read" : `cannot be read: ${syscall}: ${code}`
    report.addNotScanned({ where: place.where, reason, kind: "unreadable" })
  }
}

function searchFile(plan: SearchPlan, place: Place, path: Buffer): void {
  // It may have become something else since it was looked at: never follow, never wait.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY)
  const search = new FileSearch(plan, place, report)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile())
      throw Object.assign(new Error("no longer a file"), { code: "no longer a file", syscall: "fstat" })
    const size = stats.size || sizeless
    let at = 0
    while (at < size) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, size - at), null)
      if (read === 0) break
      search.push(read === buffer.length ? buffer : buffer.subarray(0, read))
      at += read
    }
    if (at < stats.size || (stats.size === 0 && at === size)) {
      const reason =
        stats.size === 0 ? `has no size: read up to ${size} bytes` : `shrank while it was read, to ${at} bytes`
      report.addNotScanned({ where: place.where, reason, kind: stats.size === 0 ? "bound" : "unreadable" })
    }
  } finally {
    search.end()
    closeSync(file)
  }
}
