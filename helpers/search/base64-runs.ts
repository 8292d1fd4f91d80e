// Runs of base64 that hold something packed: only what is unpacked can say what is in it. Of what is not packed, the
// needles know every form that base64 gives it.
//
// A run counts only if it is long enough and begins like base64 of a packed file: next to no run is ever decoded.

import { Base64Run, bitsOf } from "./base64-run.ts"
import type { Layer } from "./layer.ts"
import { borrowBlock, code, giveBlockBack, hitsAt, resident, view } from "./sampling-memory.ts"

const shortestRun = 40
/** Whether a run counts is decided when so many bytes behind its beginning are there. */
const lookahead = 512
/** Smaller pieces are gathered first. */
const gathered = 32 * 1024
/** A run that is long enough covers one of the bytes at multiples of this, and the 15 behind it (sampling.wat). */
const stride = 24
const probe = 16
/** So much is looked at together: what one run ends is looked at again behind it, and all of it lies close by. */
const section = 682 * stride

/** gzip, xz (in both alphabets), zstd, bzip2, zip, cpio, 7z. */
const beginnings = new Set(["H4sI", "/Td6", "_Td6", "KLUv", "Qlpo", "UEsD", "MDcw", "N3q8"].map(wordOf))

/** "ustar" in byte 257 of a tar: 343 characters behind the beginning, and further where lines are broken. */
const tarMark = Buffer.from("1c3Rhc")
const shortestTarLine = 60
const tarMarkAt = 343
const tarMarkSpan = 80

function wordOf(four: string): number {
  return Buffer.from(four, "latin1").readInt32LE()
}

const none = Buffer.alloc(0)

/** The bytes of one stream. `within` opens the layer that what a run decodes to goes into. */
export class Base64Runs {
  readonly #within: (offset: number) => Layer
  #small: Buffer | undefined
  #filled = 0
  /** The last bytes before what is looked at, and how many bytes of the stream were looked at. */
  #tail = none
  #at = 0
  /** Where in the stream the next run may begin. */
  #next = 0
  #run: Base64Run | undefined

  constructor(within: (offset: number) => Layer) {
    this.#within = within
  }

  push(chunk: Buffer): void {
    let from = 0
    while (from < chunk.length) {
      if (this.#filled === 0 && chunk.length - from >= gathered) {
        this.#look(chunk.subarray(from), false)
        return
      }
      this.#small ??= borrowBlock(gathered)
      const piece = chunk.copy(this.#small, this.#filled, from, from + gathered - this.#filled)
      this.#filled += piece
      from += piece
      if (this.#filled === gathered) this.#flush(false)
    }
  }

  end(): void {
    this.#flush(true)
    this.#run?.end()
    if (this.#small !== undefined) giveBlockBack(this.#small)
    this.#small = undefined
  }

  #flush(ended: boolean): void {
    const view = this.#small?.subarray(0, this.#filled) ?? none
    this.#filled = 0
    this.#look(view, ended)
  }

  #look(view: Buffer, ended: boolean): void {
    const at = this.#at
    const end = at + view.length
    const until = ended ? end : end - lookahead
    if (this.#run !== undefined) this.#feed(this.#run, view, 0)
    while (this.#run === undefined && at > 0 && this.#next <= at && this.#next < until) this.#acrossBorder(view, until)
    while (this.#run === undefined && this.#next < until) {
      const start = beginningIn(view, this.#next - at, until - at)
      if (start < 0) this.#next = until
      else this.#begin(at + start, view, start)
    }
    this.#at = end
    if (ended) return
    if (view.length > lookahead) this.#tail = Buffer.from(view.subarray(-lookahead - 1))
    else this.#tail = Buffer.concat([this.#tail, view]).subarray(-lookahead - 1)
  }

  /** Runs that begin before this view or with its first byte. */
  #acrossBorder(view: Buffer, until: number): void {
    const { length } = this.#tail
    const from = this.#at - length
    const joined = Buffer.concat([this.#tail, view.subarray(0, lookahead)])
    const last = Math.min(this.#at + 1, until)
    const start = beginningIn(joined, this.#next - from, last - from)
    if (start < 0) this.#next = last
    else {
      this.#begin(from + start, joined.subarray(0, length), start)
      if (this.#run !== undefined) this.#feed(this.#run, view, 0)
    }
  }

  #begin(offset: number, bytes: Buffer, from: number): void {
    this.#next = offset
    this.#run = new Base64Run(this.#within(offset))
    this.#feed(this.#run, bytes, from)
  }

  #feed(run: Base64Run, bytes: Buffer, from: number): void {
    const taken = run.push(bytes, from)
    this.#next += taken
    if (from + taken === bytes.length) return
    run.end()
    this.#run = undefined
  }
}

/** Where from `from` on, and before `until`, a run begins that counts; -1 if nowhere. */
function beginningIn(bytes: Buffer, from: number, until: number): number {
  const last = Math.min(bytes.length - probe, until + stride)
  for (let at = from; at <= last; at += section) {
    const { address } = resident(bytes, at, Math.min(bytes.length, at + section + lookahead))
    const end = code.inRuns(address, address, address + Math.min(section - stride, last - at), hitsAt)
    for (let hit = hitsAt; hit < end; hit += 4) {
      const met = at + view.getUint32(hit, true) - address
      const start = startOf(bytes, met, Math.max(from, met - stride + 1))
      if (start >= 0 && start < until && (packed(bytes, start) || tarred(bytes, start))) return start
    }
  }
  return -1
}

/** The first byte of the run that `at` lies in; -1 if it begins before `from`. */
function startOf(bytes: Buffer, at: number, from: number): number {
  const bits = bitsOf
  let start = at
  while (start > from && bits[bytes[start - 1] ?? 0] !== 64) start--
  return start > 0 && bits[bytes[start - 1] ?? 0] !== 64 ? -1 : start
}

function packed(bytes: Buffer, start: number): boolean {
  return runs(bytes, start, shortestRun) && beginnings.has(bytes.readInt32LE(start))
}

function tarred(bytes: Buffer, start: number): boolean {
  if (bitsOf[bytes[start + shortestTarLine - 1] ?? 0] === 64 || !runs(bytes, start, shortestTarLine)) return false
  const last = Math.min(bytes.length - tarMark.length, start + tarMarkAt + tarMarkSpan)
  for (let at = start + tarMarkAt; at <= last; at++) {
    if (bytes[at] === tarMark[0] && tarMark.equals(bytes.subarray(at, at + tarMark.length))) return true
  }
  return false
}

function runs(bytes: Buffer, start: number, length: number): boolean {
  if (start + length > bytes.length) return false
  for (let at = start; at < start + length; at++) if (bitsOf[bytes[at] ?? 0] === 64) return false
  return true
}
