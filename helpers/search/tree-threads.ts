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

/** What a thread gives back of a batch: files that it did not choose, and what it leaves to whoever is free. */
export interface Left {
  linked: Linked[]
  rest: Uint8Array | undefined
}

/** What a thread sends, with the number of the search that it is for: it is done with a batch; or this is all it saw. */
export type FromThread = { search: number } & ({ report: ReportContent } | Left)
/** What a thread is sent: first the plan and the search's number, then batches of entries (tree-walk.ts), then the end. */
export type ToThread = { plan: SearchPlan; search: number } | { batch: Uint8Array } | "end"

export interface Work {
  next(): Uint8Array | undefined
  add(left: Left): void
}

// Each thread has one batch at hand while it works on another.
const ahead = 2

const idle: Worker[] = []
let searches = 0

/** What so many threads see in all of the work. Throws if one of them fails: then nothing is known. */
export async function onThreads(count: number, plan: SearchPlan, work: Work): Promise<Report[]> {
  const threads = Array.from({ length: count }, () => idle.pop() ?? startThread())
  const search = ++searches
  const sharing = new Sharing(threads, work)
  const begin = async () => {
    for (const thread of threads) send(thread, { plan, search })
    for (let batch = 0; batch < ahead; batch++) for (const thread of threads) sharing.give(thread)
  }
  try {
    const reports = threads.map((thread) => reportOf(thread, search, (left) => sharing.take(thread, left)))
    const [all] = await Promise.all([Promise.all(reports), begin()])
    idle.push(...threads)
    return all
  } catch (cause) {
    await Promise.all(threads.map((thread) => thread.terminate()))
    throw cause
  }
}

const send = (thread: Worker, message: ToThread) => thread.postMessage(message)

/** Who has what of the work. Whoever finds none left waits for what others give back, until nobody has any. */
class Sharing {
  readonly #threads: Worker[]
  readonly #work: Work
  readonly #waiting = new Set<Worker>()
  #out = 0
  #ended = false

  constructor(threads: Worker[], work: Work) {
    this.#threads = threads
    this.#work = work
  }

  give(thread: Worker): void {
    const batch = this.#work.next()
    if (batch !== undefined) {
      this.#out++
      send(thread, { batch })
    } else if (this.#out > 0) this.#waiting.add(thread)
    else if (!this.#ended) {
      this.#ended = true
      for (const each of this.#threads) send(each, "end")
    }
  }

  take(thread: Worker, left: Left): void {
    this.#out--
    this.#work.add(left)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const each of [...waiting, thread]) this.give(each)
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

/** What a thread saw when it has reached the end. `done` gets what it leaves of each batch. */
async function reportOf(thread: Worker, search: number, done: (left: Left) => void): Promise<Report> {
  const listening = new AbortController()
  thread.ref()
  try {
    return await new Promise((resolve, reject) => {
      const hear = (message: FromThread) => {
        try {
          // What an earlier search saw must never pass for this one.
          if (message.search !== search) throw new Error("a search thread answered another search")
          if ("report" in message) resolve(Report.fromJSON(message.report))
          else done(message)
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
    })
  } finally {
    listening.abort()
    thread.unref()
  }
}
