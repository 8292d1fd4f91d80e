// The threads that search trees. They stay for the next search: code that has run is several times as fast, and starting
// takes as long as a thousand files. They do not keep the process running.

import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { buildSync } from "esbuild"
import type { SearchPlan } from "./engine.ts"
import { Report, type ReportContent } from "./report.ts"

/** A file that has several names, and has not been read by this one. */
export interface Linked {
  /** `DEVICE:INODE`. */
  inode: string
  names: number
  path: Uint8Array
}

/**
 * What a thread sends, with the number of the search that it is for: it has done a batch but for these files, and wants
 * work; or this is all it saw.
 */
export type FromThread = { search: number } & ({ report: ReportContent } | { linked: Linked[] })
/** What a thread is sent: first the plan and the search's number, then batches of entries (tree-walk.ts), then the end. */
export type ToThread = { plan: SearchPlan; search: number } | { batch: Uint8Array } | "end"

export interface Work {
  next(): Uint8Array | undefined
  add(linked: Linked[]): void
}

// Each thread has one batch at hand while it works on another.
const ahead = 2

const idle: Worker[] = []
let searches = 0

/** What so many threads see in all of the work. Throws if one of them fails: then nothing is known. */
export async function onThreads(count: number, plan: SearchPlan, work: Work): Promise<Report[]> {
  const threads = Array.from({ length: count }, () => idle.pop() ?? startThread())
  try {
    const reports = await Promise.all(threads.map((thread) => serve(thread, plan, work)))
    idle.push(...threads)
    return reports
  } catch (cause) {
    await Promise.all(threads.map((thread) => thread.terminate()))
    throw cause
  }
}

let code: string | undefined

/**
 * A thread runs one bundled script, made once per process: it starts in a third of the time that a TypeScript loader
 * takes, starts under any loader (tsx, vitest) alike, and imports in hot loops cost it nothing.
 */
function startThread(): Worker {
  const entry = fileURLToPath(new URL("./tree-worker.ts", import.meta.url))
  code ??= buildSync({ entryPoints: [entry], bundle: true, write: false, platform: "node", target: "node20" })
    .outputFiles[0]?.text
  if (code === undefined) throw new Error(`esbuild made nothing of ${entry}`)
  const thread = new Worker(code, { eval: true, execArgv: [] })
  thread.once("exit", () => {
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1)
  })
  return thread
}

async function serve(thread: Worker, plan: SearchPlan, work: Work): Promise<Report> {
  const listening = new AbortController()
  thread.ref()
  try {
    return await new Promise((resolve, reject) => {
      const send = (message: ToThread) => thread.postMessage(message)
      const search = ++searches
      let out = 0
      const next = () => {
        const batch = work.next()
        if (batch === undefined) return
        send({ batch })
        out++
      }
      const hear = (message: FromThread) => {
        try {
          // What an earlier search saw must never pass for this one.
          if (message.search !== search) throw new Error("a search thread answered another search")
          if ("report" in message) return resolve(Report.fromJSON(message.report))
          out--
          work.add(message.linked)
          next()
          // Whatever a batch has left over came with its answer: none is out any more.
          if (out === 0) send("end")
        } catch (cause) {
          reject(cause)
        }
      }
      const failed = (cause: Error) => reject(new Error("a search thread failed", { cause }))
      const ended = (exit: number) => reject(new Error(`a search thread ended with ${exit} before it was done`))
      thread.on("message", hear).on("error", failed).on("exit", ended)
      listening.signal.addEventListener("abort", () =>
        thread.off("message", hear).off("error", failed).off("exit", ended),
      )
      send({ plan, search })
      for (let batch = 0; batch < ahead; batch++) next()
      if (out === 0) send("end")
    })
  } finally {
    listening.abort()
    thread.unref()
  }
}
