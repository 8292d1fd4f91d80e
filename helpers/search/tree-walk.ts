import { type Dir, type Dirent, lstatSync, opendirSync } from "node:fs"
import type { SearchPlan } from "./engine.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"
import type { TreeOptions } from "./tree.ts"

/**
 * What an entry of a batch begins with: what it is. Then its path, then a NUL. A `file` is read unless it turns out to
 * have several names, a `chosen` one whatever it has; of what is `named` the name is all that is looked at.
 */
export const entryKind = { file: 102, chosen: 99, link: 108, named: 110 } as const

const entriesPerBatch = 64
const nul = Buffer.alloc(1)

export const entryOf = (kind: number, path: Buffer): Buffer => Buffer.concat([Buffer.from([kind]), path, nul])

/**
 * Everything below the roots, in batches of entries as above. `skipped` gets the directories that are not gone into.
 * A generator, so that nobody walks farther than work is wanted. What is in a directory is believed about what is a
 * file: whoever opens it must see for himself.
 */
export function* walk(
  roots: string[],
  plan: SearchPlan,
  report: Report,
  skipped: Set<string>,
  { exclude, crossMounts }: TreeOptions,
): Generator<Uint8Array, undefined> {
  let entries: Buffer[] = []

  const note = (path: Buffer, reason: string, kind: "bound" | "unreadable" | "unsupported") =>
    report.addNotScanned({ where: Place.named(plan, path, report).where, reason, kind })

  const failed = (path: Buffer, what: string, cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error"
    // What is not there any more leaks nothing.
    if (code !== "ENOENT") note(path, `${what}: ${code}`, "unreadable")
  }

  /** The device of what may be gone into: it is a directory. */
  const looked = (path: Buffer): number | undefined => {
    try {
      const stats = lstatSync(path)
      take(path, stats)
      return stats.isDirectory() ? stats.dev : undefined
    } catch (cause) {
      failed(path, "cannot be looked at", cause)
      return undefined
    }
  }

  const take = (path: Buffer, is: Pick<Dirent, "isFile" | "isSymbolicLink" | "isBlockDevice">) => {
    const kind = is.isFile() ? entryKind.file : is.isSymbolicLink() ? entryKind.link : entryKind.named
    // A FIFO or a socket holds nothing; a device may be a disk.
    if (is.isBlockDevice()) note(path, "a block device: not opened", "unsupported")
    entries.push(entryOf(kind, path))
  }

  function* inside(path: Buffer, device: number): Generator<Uint8Array, undefined> {
    let directory: Dir
    try {
      directory = opendirSync(path as unknown as string, { encoding: "buffer" as BufferEncoding, bufferSize: 256 })
    } catch (cause) {
      failed(path, "directory cannot be read", cause)
      return
    }
    const under = path.at(-1) === 47 ? path : Buffer.concat([path, Buffer.from("/")])
    try {
      for (;;) {
        const entry = directory.readSync() as unknown as Dirent<Buffer> | null
        if (entry === null) break
        const below = Buffer.concat([under, entry.name])
        if (exclude?.(below.toString())) continue
        // Not every file system says in a directory what is in it.
        if (entry.isFile() || entry.isSymbolicLink()) take(below, entry)
        else {
          const itsDevice = looked(below)
          if (itsDevice !== undefined) yield* within(below, itsDevice, device)
        }
        if (entries.length >= entriesPerBatch) yield taken()
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
      failed(path, "directory cannot be read to its end", cause)
    } finally {
      directory.closeSync()
    }
  }

  function* within(path: Buffer, device: number, above: number): Generator<Uint8Array, undefined> {
    if (crossMounts || device === above) yield* inside(path, device)
    else {
      skipped.add(path.toString())
      note(path, "another file system is mounted here: not gone into", "bound")
    }
  }

  const taken = () => {
    const all = Buffer.concat(entries)
    entries = []
    return all
  }

  for (const root of roots.filter((root) => !exclude?.(root)).map((root) => Buffer.from(root))) {
    const device = looked(root)
    if (device !== undefined) yield* inside(root, device)
  }
  if (entries.length > 0) yield taken()
}
