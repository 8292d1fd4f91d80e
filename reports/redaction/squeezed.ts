// Text as the redactor compares it: what terminals, wrapping and quoting add is left out, what encoders escaped is
// read, and every byte of it remembers where in the text it came from. Secrets go through the same, so that both agree.

export interface Squeezed {
  /** UTF-8; only the first `length` bytes count, and only until the next text is squeezed. */
  bytes: Uint8Array
  /** Where in the text, in UTF-16 units, what gave a byte begins. */
  at: Int32Array
  length: number
  /** The text itself; `count` of them. */
  units: Uint16Array
  count: number
}

/** How one kind of noise is read. Either some characters are nothing, or become another, or one leads an escape. */
export interface Reading {
  /** ASCII characters that are left out. */
  without?: string
  /** Characters beyond ASCII that are left out. */
  withoutAll?: RegExp
  /** ASCII characters in pairs: the first is taken for the second. */
  same?: [string, string][]
  lead?: string
  /** What the escape is whose lead stands before `at`; `none` if it is no escape. */
  escape?: (text: string, at: number) => number
}

export const none = 0
const nothing = 0x1fffff
const rawByte = 0x110000
const bitsOfCode = 21

/** An escape as one number: the code point it stands for, and how many characters behind its lead belong to it. */
const read = (code: number, length: number) => (length << bitsOfCode) | code
const byte = (value: number, length: number) => read(value < 0x80 ? value : rawByte + value, length)
const left = (length: number) => read(nothing, length)

function hex(text: string, at: number, count: number): number {
  let value = 0
  for (let digit = at; digit < at + count; digit++) {
    const code = text.charCodeAt(digit)
    if (code >= 48 && code <= 57) value = value * 16 + code - 48
    else if ((code >= 65 && code <= 70) || (code >= 97 && code <= 102)) value = value * 16 + (code & 31) + 9
    else return -1
  }
  return value
}

const mostBackslashes = 64
const octal = /[0-3][0-7]{2}/y

/** However many backslashes in a row: each writer that escapes what another escaped doubles them. */
export function backslash(text: string, at: number): number {
  let next = at
  while (text[next] === "\\" && next - at < mostBackslashes) next++
  const length = next - at
  const letter = text[next]
  if (letter === "u") {
    const unit = hex(text, next + 1, 4)
    if (unit < 0) return left(length)
    if (unit < 0xd800 || unit > 0xdbff) return read(unit, length + 5)
    const pair = /\\{1,64}u(d[c-f][0-9a-f]{2})/iy
    pair.lastIndex = next + 5
    const [whole = "", low = ""] = pair.exec(text) ?? []
    if (whole === "") return left(length + 5)
    return read(0x10000 + ((unit & 0x3ff) << 10) + (Number.parseInt(low, 16) & 0x3ff), length + 5 + whole.length)
  }
  if (letter === "x") {
    const value = hex(text, next + 1, 2)
    return value < 0 ? left(length) : byte(value, length + 3)
  }
  if (letter === "n" || letter === "r" || letter === "t") return left(length + 1)
  octal.lastIndex = next
  return octal.test(text) ? byte(Number.parseInt(text.slice(next, next + 3), 8), length + 3) : left(length)
}

export function percent(text: string, at: number): number {
  const value = hex(text, at, 2)
  return value < 0 ? none : byte(value, 2)
}

const latin1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro " +
  "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil " +
  "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave " +
  "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml " +
  "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute " +
  "thorn yuml"
const ascii =
  "amp & lt < gt > quot \" apos ' excl ! num # dollar $ percnt % lpar ( rpar ) ast * plus + comma , period . sol / " +
  "colon : semi ; equals = quest ? commat @ lsqb [ lbrack [ bsol \\ rsqb ] rbrack ] Hat ^ lowbar _ grave ` lcub { " +
  "lbrace { verbar | vert | rcub } rbrace }"
const named = new Map<string, number>([
  ...latin1.split(" ").map((name, index): [string, number] => [name, 0xa0 + index]),
  ...[...ascii.matchAll(/(\w+) (\S)/g)].map(([, name = "", character = ""]): [string, number] => [
    name,
    character.charCodeAt(0),
  ]),
])
const entities = /(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z]{2,8}[0-9]{0,2}));/y

export function entity(text: string, at: number): number {
  entities.lastIndex = at
  const [whole = "", hexadecimal, decimal, name] = entities.exec(text) ?? []
  const code = name ? (named.get(name) ?? -1) : Number.parseInt(hexadecimal ?? decimal ?? "", hexadecimal ? 16 : 10)
  return code >= 0 && code <= 0x10ffff ? read(code, whole.length) : none
}

const sequences = /\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\p{Cc}]{0,400}\p{Cc}\\?|[ -/]{0,8}[0-Z\\^-~]/uy

/** ECMA-48: colours, cursor movements, window titles and links. */
export function terminal(text: string, at: number): number {
  sequences.lastIndex = at
  return left(sequences.exec(text)?.[0].length ?? 0)
}

const escaped = -2
const dropped = -1

export class Squeezer {
  /** For each ASCII character the byte it becomes, or what else is done about it. */
  readonly #ascii = Int16Array.from({ length: 128 }, (_, code) => code)
  readonly #same = Uint8Array.from({ length: 128 }, (_, code) => code)
  readonly #escapes: (((text: string, at: number) => number) | undefined)[] = []
  readonly #dropped = new Uint8Array(0x10000)
  #view = viewOf(0)
  #written: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  /** Where what was read last ends. */
  #next = 0

  constructor(readings: Reading[]) {
    for (const { without = "", withoutAll, same = [], lead, escape: readEscape } of readings) {
      for (const character of without) this.#ascii[character.charCodeAt(0)] = dropped
      for (const [from, to] of same) this.#same[from.charCodeAt(0)] = to.charCodeAt(0)
      if (lead !== undefined) this.#ascii[lead.charCodeAt(0)] = escaped
      if (lead !== undefined) this.#escapes[lead.charCodeAt(0)] = readEscape
      if (withoutAll !== undefined)
        for (let code = 0x80; code < 0x10000; code++)
          if (withoutAll.test(String.fromCharCode(code))) this.#dropped[code] = 1
    }
    for (let code = 0; code < 128; code++)
      if ((this.#ascii[code] ?? 0) >= 0) this.#ascii[code] = this.#same[code] ?? code
  }

  /** The view is used again for the next text. */
  squeeze(text: string): Squeezed {
    if (this.#view.units.length < text.length) {
      this.#view = viewOf(Math.max(4096, text.length))
      this.#written = Buffer.from(this.#view.units.buffer)
    }
    const { bytes, at, units } = this.#view
    // Numbers in an array are read several times as fast as characters of a string.
    this.#written.write(text, "utf16le")
    const ascii = this.#ascii
    const end = text.length
    let length = 0
    for (let index = 0; index < end; ) {
      const code = units[index] ?? 0
      const become = code < 128 ? (ascii[code] ?? 0) : escaped
      if (become !== escaped) {
        // What is left out is written over by what follows: no branch, for there is much white space.
        bytes[length] = become
        at[length] = index++
        length += become >> 15 === 0 ? 1 : 0
      } else {
        const point = this.#read(text, index)
        const before = length
        length = this.#write(point, bytes, length)
        for (let written = before; written < length; written++) at[written] = index
        index = this.#next
      }
    }
    this.#view.length = length
    this.#view.count = end
    return this.#view
  }

  /** As if something that is left out stood between the characters. */
  squeezeApart(text: string): Squeezed {
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
    if (code < 0x80) {
      if (this.#ascii[code] === dropped) return to
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
    if (this.#dropped[code] === 1) return to
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
  const [bytes, at, units] = [new Uint8Array(3 * size), new Int32Array(3 * size), new Uint16Array(size)]
  return { bytes, at, length: 0, units, count: 0 }
}
