import { realpathSync } from "node:fs"
import { availableParallelism } from "node:os"
import type { SearchPlan } from "./engine.ts"
import { Report } from "./report.ts"
import { Attributes } from "./tree-attributes.ts"
import { type Left, onThreads, type Work } from "./tree-threads.ts"
import { entryKind, entryOf, walk } from "./tree-walk.ts"

export interface TreeOptions {
  /** Threads that read and search; as many as there are processors unless told, 8 at most. */
  threads?: number
  /** Neither looked at nor listed; what is below a directory goes with it. The caller answers for it. */
  exclude?: (path: string) => boolean
  /** Go into file systems mounted below the roots. Otherwise they are listed as not scanned. */
  crossMounts?: boolean
}

/**
 * Searches local trees: every regular file once, whatever is unpacked from it, names, symbolic links' targets and
 * extended attributes. FIFOs, sockets and devices are listed and never opened. What cannot be read, vanishes or shrinks
 * meanwhile is listed. A file is read up to the size it had when it was opened. Sparse files are read like others, holes
 * as the zeros they stand for. Throws if a root is not there, or a thread dies: then nothing is known.
 */
export async function searchTree(roots: string[], plan: SearchPlan, options: TreeOptions = {}): Promise<Report> {
  if (roots.length === 0) throw new Error("no tree to search: the list of roots is empty")
  const real = roots.map(realRoot)
  const report = new Report()
  const skipped = new Set<string>()
  const work = new Walked(walk(real, plan, report, skipped, options))
  const attributes = new Attributes(real)
  try {
    const threads = options.threads ?? Math.min(8, availableParallelism())
    for (const part of await onThreads(threads, plan, work)) report.add(part)
    await attributes.search(plan, report, (path) => skipped.has(path) || options.exclude?.(path) === true)
  } finally {
    attributes.stop()
  }
  return report
}

/** What is still to be searched. Of a file with several names the first that is met is read; the others are names. */
class Walked implements Work {
  readonly #walked: Iterator<Uint8Array>
  readonly #seen = new Map<string, number>()
  readonly #rests: Uint8Array[] = []
  #chosen: Buffer[] = []

  constructor(walked: Iterator<Uint8Array>) {
    this.#walked = walked
  }

  add({ linked, rest }: Left): void {
    if (rest !== undefined) this.#rests.push(rest)
    for (const { inode, names, path } of linked) {
      const seen = (this.#seen.get(inode) ?? 0) + 1
      // The last of its names: the number may be another file's, later.
      if (seen >= names) this.#seen.delete(inode)
      else this.#seen.set(inode, seen)
      if (seen === 1) this.#chosen.push(entryOf(entryKind.chosen, Buffer.from(path)))
    }
  }

  next(): Uint8Array | undefined {
    const rest = this.#rests.pop()
    if (rest !== undefined) return rest
    if (this.#chosen.length === 0) return this.#walked.next().value
    const batch = Buffer.concat(this.#chosen)
    this.#chosen = []
    return batch
  }
}

function realRoot(root: string): string {
  try {
    return realpathSync.native(root)
  } catch (cause) {
    throw new Error(`cannot search ${root}: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}
