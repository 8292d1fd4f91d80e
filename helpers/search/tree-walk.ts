import { type Dir, type Dirent, lstatSync, opendirSync, type Stats } from "node:fs"
import type { SearchPlan } from "./engine.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"
import type { TreeOptions } from "./tree.ts"

/** What an entry of a batch begins with: what it is. Then its path, then a NUL. */
export const entryKind = { file: 102, link: 108, named: 110 } as const

const batch = { entries: 200, bytes: 4 * 1024 * 1024 }

/**
 * Everything below the roots, in batches of entries as above. `skipped` gets the directories that are not gone into.
 * A generator, so that nobody walks farther than work is wanted.
 */
export function* walk(
  roots: string[],
  plan: SearchPlan,
  report: Report,
  skipped: Set<string>,
  { exclude, crossMounts }: TreeOptions,
): Generator<Uint8Array, undefined> {
  const links = new Map<string, number>()
  let entries: Buffer[] = []
  let bytes = 0

  const note = (path: Buffer, reason: string, kind: "bound" | "unreadable" | "unsupported") =>
    report.addNotScanned({ where: Place.named(plan, path, report).where, reason, kind })

  const failed = (path: Buffer, what: string, cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error"
    // What is not there any more leaks nothing.
    if (code !== "ENOENT") note(path, `${what}: ${code}`, "unreadable")
  }

  /** Of a file with several names the first is read; the others are names. */
  const isAnotherName = ({ nlink, dev, ino }: Stats): boolean => {
    if (nlink < 2) return false
    const file = `${dev}:${ino}`
    const seen = (links.get(file) ?? 0) + 1
    if (seen >= nlink) links.delete(file)
    else links.set(file, seen)
    return seen > 1
  }

  const kindOf = (path: Buffer, stats: Stats): number => {
    if (stats.isFile()) return isAnotherName(stats) ? entryKind.named : entryKind.file
    if (stats.isSymbolicLink()) return entryKind.link
    // A FIFO or a socket holds nothing; a device may be a disk.
    if (stats.isBlockDevice()) note(path, "a block device: not opened", "unsupported")
    return entryKind.named
  }

  function* visit(path: Buffer, device: number): Generator<Uint8Array, undefined> {
    if (exclude?.(path.toString())) return
    let stats: Stats
    try {
      stats = lstatSync(path)
    } catch (cause) {
      failed(path, "cannot be looked at", cause)
      return
    }
    entries.push(Buffer.from([kindOf(path, stats)]), path, Buffer.alloc(1))
    bytes += stats.size
    if (entries.length >= batch.entries * 3 || bytes >= batch.bytes) yield taken()
    if (!stats.isDirectory()) return
    if (crossMounts || device < 0 || stats.dev === device) yield* inside(path, stats.dev)
    else {
      skipped.add(path.toString())
      note(path, "another file system is mounted here: not gone into", "bound")
    }
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
        yield* visit(Buffer.concat([under, entry.name]), device)
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
      failed(path, "directory cannot be read to its end", cause)
    } finally {
      directory.closeSync()
    }
  }

  const taken = () => {
    const all = Buffer.concat(entries)
    entries = []
    bytes = 0
    return all
  }

  for (const root of roots) yield* visit(Buffer.from(root), -1)
  if (entries.length > 0) yield taken()
}
