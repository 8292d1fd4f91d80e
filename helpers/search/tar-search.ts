// A tree that comes as a tar stream, searched as it comes: names, link targets, extended attributes and contents.

import type { TreeEvent } from "../nar-writer.ts"
import type { Beside } from "../tar.ts"
import type { SearchPlan } from "./engine.ts"
import { FileSearch, searchName } from "./file-search.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"

/** A file or link as it begins. */
export interface Seen {
  path: string
  /** The path as it may be shown: without a secret. */
  shown: string
  type: "file" | "symlink" | "further name"
  /** Of a symbolic link, or the first name of a file with several. */
  target: string
}

/** Is shown every file and link as it begins; what it returns, if anything, is shown the file's first bytes. */
export type Onlooker = (seen: Seen) => ((head: Buffer) => void) | undefined

/** What an onlooker is shown of a file, in bytes; less if the file is shorter. */
const headBytes = 16 * 1024

/** Searches what a tar reader yields. `prefix` is what stands before its paths, such as `/nix/store/`. */
export class TarSearch implements Beside {
  readonly #plan: SearchPlan
  readonly #report: Report
  readonly #prefix: Buffer
  readonly #onlooker: Onlooker | undefined
  /** Whether the contents of what begins now are searched; names always are. */
  reading = true
  #file: FileSearch | undefined
  #head: { bytes: Buffer[]; left: number; show: (head: Buffer) => void } | undefined
  /** Members seen, of whatever type. */
  members = 0

  constructor(plan: SearchPlan, report: Report, prefix: string, onlooker?: Onlooker) {
    this.#plan = plan
    this.#report = report
    this.#prefix = Buffer.from(prefix)
    this.#onlooker = onlooker
  }

  event(event: TreeEvent): void {
    if (event.type === "content") {
      if (this.#head !== undefined) this.#look(event.bytes)
      this.#file?.push(event.bytes)
      return
    }
    this.end()
    this.members++
    const place = this.#placeOf(event.path)
    if (event.type === "symlink") searchName(this.#plan, place, "link target", event.target, this.#report)
    if (event.type === "file" && this.reading) this.#file = new FileSearch(this.#plan, place, this.#report)
    if (event.type === "directory") return
    const target = event.type === "symlink" ? event.target.toString() : ""
    const show = this.#onlooker?.({ path: this.#pathOf(event.path), shown: place.where, type: event.type, target })
    if (show !== undefined) this.#head = { bytes: [], left: headBytes, show }
  }

  attribute(path: Buffer, name: string, value: Buffer): void {
    const text = Buffer.concat([Buffer.from(`${name}=`, "latin1"), value])
    searchName(this.#plan, this.#placeOf(path), "attribute", text, this.#report)
  }

  special(path: Buffer, type: string, target: Buffer): void {
    this.end()
    this.members++
    const place = this.#placeOf(path)
    // Where a hard link leads to is a path of this stream, searched as a name.
    if (type !== "1") return
    this.#onlooker?.({
      ...{ path: this.#pathOf(path), shown: place.where, type: "further name" },
      target: target.toString(),
    })
  }

  /** Ends the file that is being read. */
  end(): void {
    this.#file?.end()
    this.#file = undefined
    const head = this.#head
    this.#head = undefined
    head?.show(Buffer.concat(head.bytes))
  }

  #look(bytes: Buffer): void {
    const head = this.#head
    if (head === undefined || head.left === 0) return
    const piece = bytes.subarray(0, head.left)
    // The memory is the reader's again afterwards.
    head.bytes.push(Buffer.from(piece))
    head.left -= piece.length
  }

  #pathOf(path: Buffer): string {
    return Buffer.concat([this.#prefix, path]).toString()
  }

  #placeOf(path: Buffer): Place {
    return Place.named(this.#plan, Buffer.concat([this.#prefix, path]), this.#report)
  }
}
