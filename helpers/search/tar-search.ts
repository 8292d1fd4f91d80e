// A tree that comes as a tar stream, searched as it comes: names, link targets, extended attributes and contents.

import type { TreeEvent } from "../nar-writer.ts"
import type { Beside } from "../tar.ts"
import type { SearchPlan } from "./engine.ts"
import { FileSearch, searchName } from "./file-search.ts"
import { Place } from "./place.ts"
import type { Report } from "./report.ts"

/** Is shown every file and link as it begins; what it returns, if anything, is shown the file's first bytes. */
export type Onlooker = (path: string, type: "file" | "symlink", target: Buffer) => ((head: Buffer) => void) | undefined

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
    if (event.type === "directory" || this.#onlooker === undefined) return
    const path = Buffer.concat([this.#prefix, event.path]).toString()
    const show = this.#onlooker(path, event.type, event.type === "symlink" ? event.target : Buffer.alloc(0))
    if (show !== undefined) this.#head = { bytes: [], left: headBytes, show }
  }

  attribute(path: Buffer, name: string, value: Buffer): void {
    const text = Buffer.concat([Buffer.from(`${name}=`, "latin1"), value])
    searchName(this.#plan, this.#placeOf(path), "attribute", text, this.#report)
  }

  special(path: Buffer, _type: string, target: Buffer): void {
    this.end()
    this.members++
    if (target.length > 0) searchName(this.#plan, this.#placeOf(path), "link target", target, this.#report)
    else this.#placeOf(path)
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

  #placeOf(path: Buffer): Place {
    return Place.named(this.#plan, Buffer.concat([this.#prefix, path]), this.#report)
  }
}
