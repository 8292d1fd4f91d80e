// Where a decoder puts what it unpacks.

import { Beyond } from "./bounds.ts"
import type { Input } from "./input.ts"
import type { Layer, Search } from "./layer.ts"
import { type NameKind, type Place, searchName } from "./place.ts"
import type { NotScannedKind } from "./report.ts"

export class Contents {
  /** Unpacked so far. */
  bytes = 0
  members = 0
  readonly #format: string
  readonly #search: Search
  readonly #place: Place
  readonly #input: Input
  readonly #within: (place: Place) => Layer
  #member: Layer | undefined
  #stream: Layer | undefined
  #streamOutput = 0
  #streamFrom = 0
  #memberPlace: Place

  constructor(format: string, search: Search, place: Place, input: Input, within: (place: Place) => Layer) {
    this.#format = format
    this.#search = search
    this.#place = place
    this.#memberPlace = place
    this.#input = input
    this.#within = within
    this.#streamFrom = input.read
  }

  /** A member of an archive begins. */
  member(name: Uint8Array): void {
    this.members++
    const { plan, report, budget } = this.#search
    budget.member()
    report.addUnpacked(this.#format, 1, 0)
    this.#memberPlace = this.#place.member(plan, name, report)
    this.#member = this.#within(this.#memberPlace)
    this.#streamOutput = 0
    this.#streamFrom = this.#input.read
  }

  /** `cut`: bytes of it are missing, and that is said already. */
  endMember(cut = false): void {
    this.#member?.end(cut)
    this.#member = undefined
  }

  /** A link target or an attribute of the last member. */
  also(kind: NameKind, bytes: Uint8Array): void {
    searchName(this.#search.plan, this.#memberPlace, kind, bytes, this.#search.report)
  }

  /** What the last member holds was not unpacked. */
  notUnpacked(reason: string, kind: NotScannedKind = "unsupported"): void {
    const where = this.#memberPlace.where
    this.#search.report.addNotScanned({ where, reason: `${this.#format}: ${reason}`, kind })
  }

  /** Bytes of the last member, as they stand in the archive. */
  write(bytes: Buffer): void {
    this.#count(bytes.length)
    this.#member?.push(bytes)
  }

  /** Bytes that come out of a compression: into the last member if there is one, else into what the whole holds. */
  inflate(bytes: Buffer): void {
    const { bounds } = this.#search.budget
    this.#streamOutput += bytes.length
    const taken = this.#input.read - this.#streamFrom
    if (this.#streamOutput > bounds.free && this.#streamOutput > bounds.ratio * taken) {
      throw new Beyond(`decompression bomb: ${this.#streamOutput} bytes out of ${taken}`)
    }
    this.#search.budget.unpack(bytes.length)
    this.#count(bytes.length)
    if (this.#member === undefined && this.#stream === undefined) {
      this.#search.report.addUnpacked(this.#format, 1, 0)
      this.#stream = this.#within(this.#place.unpacked())
    }
    const layer = this.#member ?? this.#stream
    layer?.push(bytes)
  }

  #count(bytes: number): void {
    this.bytes += bytes
    this.#search.report.addUnpacked(this.#format, 0, bytes)
  }

  /** Ends what is still open. */
  close(cut: boolean): void {
    this.#member?.end(cut)
    this.#stream?.end(cut)
    this.#member = undefined
    this.#stream = undefined
  }
}
