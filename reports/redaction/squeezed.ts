// Text as the redactor compares it: what terminals, wrapping and quoting add is left out, what encoders escaped is
// read, and every byte of it remembers where in the text it came from. Secrets go through the same, so that both agree.

import { bitsOfCode, none, nothing, rawByte } from "./escapes.ts"

export interface Squeezed {
  /** UTF-8; only the first `length` bytes count, and only until the next text is squeezed. */
  bytes: Uint8Array
  /** The same bytes. */
  data: DataView
  /** Where in the text, in UTF-16 units, what gave a byte begins; only if that was asked for. */
  at: Int32Array
  length: number
  /** The text itself; `count` of them. */
  units: Uint16Array
  count: number
  /** Does a line end so soon behind the lead of an escape that it may cut it? */
  torn: boolean
}

/** How one kind of noise is read. Either some characters are nothing, or become another, or one leads an escape. */
export interface Reading {
  /** Characters that are left out, none of them beyond U+FFFF. */
  without?: string
  /** ASCII characters in pairs: the first is taken for the second. */
  same?: [string, string][]
  lead?: string
  /** What the escape is whose lead stands before `at`; `none` if it is no escape. */
  escape?: (text: string, at: number) => number
}

const escaped = -2
const dropped = -1
const lineFeed = 10
/** With white space before the end of the line. */
const longestEscape = 18

export class Squeezer {
  /** For each unit the byte it becomes, or what else is done about it. */
  readonly #becomes = new Int16Array(0x10000).fill(escaped)
  readonly #same = Uint8Array.from({ length: 128 }, (_, code) => code)
  readonly #escapes: (((text: string, at: number) => number) | undefined)[] = []
  readonly #dropped = new Uint8Array(0x10000)
  #view = viewOf(0)
  #written: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  /** Where what was read last ends. */
  #next = 0

  constructor(readings: Reading[]) {
    for (const { without = "", same = [], lead, escape: readEscape } of readings) {
      for (let at = 0; at < without.length; at++) this.#dropped[without.charCodeAt(at)] = 1
      for (const [from, to] of same) this.#same[from.charCodeAt(0)] = to.charCodeAt(0)
      if (lead !== undefined) this.#escapes[lead.charCodeAt(0)] = readEscape
    }
    for (let code = 0; code < 128; code++)
      if (this.#escapes[code] === undefined)
        this.#becomes[code] = this.#dropped[code] === 1 ? dropped : (this.#same[code] ?? code)
  }

  /** The view is used again for the next text. */
  squeeze(text: string): Squeezed {
    this.#load(text)
    const { bytes, units } = this.#view
    const becomes = this.#becomes
    const end = text.length
    let length = 0
    for (let index = 0; index < end; ) {
      const become = becomes[units[index] ?? 0] ?? 0
      if (become !== escaped) {
        // What is left out is written over by what follows: no branch, for there is much white space.
        bytes[length] = become
        length += 1 + (become >> 15)
        index++
      } else {
        length = this.#write(this.#read(text, index), bytes, length)
        this.#view.torn ||= this.#lineEnds(index)
        index = this.#next
      }
    }
    this.#view.length = length
    return this.#view
  }

  #lineEnds(from: number): boolean {
    const { units, count } = this.#view
    const to = Math.min(count, from + longestEscape)
    for (let index = from; index < to; index++) if (units[index] === lineFeed) return true
    return false
  }

  /** As {@link squeeze}, with the place of each byte, which few texts are asked for. */
  locate(text: string): Squeezed {
    this.#load(text)
    const { bytes, at } = this.#view
    let length = 0
    for (let index = 0; index < text.length; index = this.#next) {
      const before = length
      length = this.#write(this.#read(text, index), bytes, length)
      at.fill(index, before, length)
    }
    this.#view.length = length
    return this.#view
  }

  #load(text: string): void {
    if (this.#view.units.length < text.length) {
      this.#view = viewOf(Math.max(4096, text.length))
      this.#written = Buffer.from(this.#view.units.buffer)
    }
    // Numbers in an array are read several times as fast as characters of a string.
    this.#written.write(text, "utf16le")
    this.#view.count = text.length
    this.#view.torn = false
  }

  /** As if something that is left out stood between the characters. */
  locateApart(text: string): Squeezed {
    const view = viewOf(text.length)
    for (let index = 0; index < text.length; ) {
      const character = String.fromCodePoint(text.codePointAt(index) ?? 0)
      const { bytes, length } = this.squeeze(character)
      view.bytes.set(bytes.subarray(0, length), view.length)
      view.at.fill(index, view.length, view.length + length)
      view.length += length
      index += character.length
    }
    return view
  }

  /** Where what begins at this index of the text ends. */
  after(text: string, index: number): number {
    this.#read(text, index)
    return this.#next
  }

  /** What is escaped may be the lead of another escape: a backslash of JSON in a URL. */
  #read(text: string, index: number): number {
    let code = text.codePointAt(index) ?? 0
    this.#next = index + (code > 0xffff ? 2 : 1)
    for (;;) {
      const found = code < 128 ? (this.#escapes[code]?.(text, this.#next) ?? none) : none
      if (found === none) return code
      code = found & nothing
      this.#next += found >>> bitsOfCode
    }
  }

  #write(code: number, bytes: Uint8Array, to: number): number {
    if (code === nothing) return to
    if (this.#dropped[code] === 1) return to
    if (code < 0x80) {
      bytes[to] = this.#same[code] ?? code
      return to + 1
    }
    if (code >= rawByte) {
      bytes[to] = code - rawByte
      return to + 1
    }
    if (code > 0xffff) {
      bytes[to] = 0xf0 | (code >> 18)
      bytes[to + 1] = 0x80 | ((code >> 12) & 63)
      bytes[to + 2] = 0x80 | ((code >> 6) & 63)
      bytes[to + 3] = 0x80 | (code & 63)
      return to + 4
    }
    if (code < 0x800) {
      bytes[to] = 0xc0 | (code >> 6)
      bytes[to + 1] = 0x80 | (code & 63)
      return to + 2
    }
    bytes[to] = 0xe0 | (code >> 12)
    bytes[to + 1] = 0x80 | ((code >> 6) & 63)
    bytes[to + 2] = 0x80 | (code & 63)
    return to + 3
  }
}

/** Outside ASCII a unit becomes at most three bytes. */
function viewOf(size: number): Squeezed {
  const bytes = new Uint8Array(3 * size)
  const data = new DataView(bytes.buffer)
  return { bytes, data, at: new Int32Array(3 * size), length: 0, units: new Uint16Array(size), count: 0, torn: false }
}
