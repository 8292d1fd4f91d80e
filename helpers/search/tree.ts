import { realpathSync } from "node:fs"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { buildSync } from "esbuild"
import type { SearchPlan } from "./engine.ts"
import { Report, type ReportContent } from "./report.ts"
import { searchAttributes } from "./tree-attributes.ts"
import { walk } from "./tree-walk.ts"

export interface TreeOptions {
  /** Threads that read and search; as many as there are processors unless told, 8 at most. */
  workers?: number
  /** Neither looked at nor listed; what is below a directory goes with it. The caller answers for it. */
  exclude?: (path: string) => boolean
  /** Go into file systems mounted below the roots. Otherwise they are listed as not scanned. */
  crossMounts?: boolean
}

/** What a worker sends: it wants work, or this is all it saw. */
export type FromWorker = { report: ReportContent } | "more"
/** What a worker is sent: first the plan, then batches of entries; null ends it. */
export type ToWorker = { plan: SearchPlan } | { batch: Uint8Array } | null

// Each worker has one batch at hand while it works on another.
const ahead = 2

/**
 * Searches local trees: every regular file once, whatever is unpacked from it, names, symbolic links' targets and
 * extended attributes. FIFOs, sockets and devices are listed and never opened. What cannot be read, vanishes or shrinks
 * meanwhile is listed. A file is read up to the size it had when it was opened. Sparse files are read like others, holes
 * as the zeros they stand for. Throws if a root is not there, or a worker dies: then nothing is known.
 */
export async function searchTree(roots: string[], plan: SearchPlan, options: TreeOptions = {}): Promise<Report> {
  if (roots.length === 0) throw new Error("no tree to search: the list of roots is empty")
  const real = roots.map(realRoot)
  const report = new Report()
  const skipped = new Set<string>()
  const batches = walk(real, plan, report, skipped, options)
  const threads = Array.from({ length: options.workers ?? Math.min(8, availableParallelism()) }, startWorker)
  try {
    for (const part of await Promise.all(threads.map((thread) => serve(thread, plan, batches)))) report.add(part)
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
  await searchAttributes(real, plan, report, (path) => skipped.has(path) || options.exclude?.(path) === true)
  return report
}

function realRoot(root: string): string {
  try {
    return realpathSync.native(root)
  } catch (cause) {
    throw new Error(`cannot search ${root}: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

let workerCode: string | undefined

/**
 * A thread runs one bundled script, made once per process: it starts in a third of the time that a TypeScript loader
 * takes, starts under any loader (tsx, vitest) alike, and imports in hot loops cost it nothing.
 */
function startWorker(): Worker {
  const entry = fileURLToPath(new URL("./tree-worker.ts", import.meta.url))
  workerCode ??= buildSync({ entryPoints: [entry], bundle: true, write: false, platform: "node", target: "node20" })
    .outputFiles[0]?.text
  if (workerCode === undefined) throw new Error(`esbuild made nothing of ${entry}`)
  return new Worker(workerCode, { eval: true, execArgv: [] })
}

function serve(worker: Worker, plan: SearchPlan, batches: Iterator<Uint8Array>): Promise<Report> {
  return new Promise((resolve, reject) => {
    const send = (message: ToWorker) => worker.postMessage(message)
    const next = () => {
      const { value, done } = batches.next()
      send(done ? null : { batch: value })
    }
    worker.once("error", (cause) => reject(new Error("a search worker failed", { cause })))
    worker.once("exit", (code) => reject(new Error(`a search worker ended with ${code} before it was done`)))
    worker.on("message", (message: FromWorker) => {
      try {
        if (message === "more") next()
        else resolve(Report.fromJSON(message.report))
      } catch (cause) {
        reject(cause)
      }
    })
    send({ plan })
    for (let batch = 0; batch < ahead; batch++) next()
  })
}
