// Escapes as those read them for whom they are meant: of JSON and C, of URLs, of HTML, of terminals. Each function is given
// where what follows the lead begins, and returns one number: what is said, and how many characters say it.

/** It is no escape. */
export const none = 0
/** The character that an escape stands for is none: it is left out. */
export const nothing = 0x1fffff
/** What an escape says that is a byte and no character, as a number from here. */
export const rawByte = 0x110000
export const bitsOfCode = 21

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
const [backslashCode, digit0, digit3, letterN, letterR, letterT, letterU, letterX] = [
  92, 48, 51, 110, 114, 116, 117, 120,
]
const octal = /[0-3][0-7]{2}/y

/** However many backslashes in a row: each writer that escapes what another escaped doubles them. */
export function backslash(text: string, at: number): number {
  let next = at
  while (text.charCodeAt(next) === backslashCode && next - at < mostBackslashes) next++
  const length = next - at
  const letter = text.charCodeAt(next)
  // Most often it is a quote that is escaped.
  if (letter < digit0 || Number.isNaN(letter)) return left(length)
  if (letter <= digit3) {
    octal.lastIndex = next
    return octal.test(text) ? byte(Number.parseInt(text.slice(next, next + 3), 8), length + 3) : left(length)
  }
  if (letter === letterN || letter === letterR || letter === letterT) return left(length + 1)
  if (letter === letterX) {
    const value = hex(text, next + 1, 2)
    return value < 0 ? left(length) : byte(value, length + 3)
  }
  if (letter !== letterU) return left(length)
  const unit = hex(text, next + 1, 4)
  if (unit < 0) return left(length)
  if (unit < 0xd800 || unit > 0xdbff) return read(unit, length + 5)
  const pair = /\\{1,64}u(d[c-f][0-9a-f]{2})/iy
  pair.lastIndex = next + 5
  const [whole = "", low = ""] = pair.exec(text) ?? []
  if (whole === "") return left(length + 5)
  return read(0x10000 + ((unit & 0x3ff) << 10) + (Number.parseInt(low, 16) & 0x3ff), length + 5 + whole.length)
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
  // It is a number or a name.
  if (!(text.charCodeAt(at) >= 65 || text.charCodeAt(at) === 35)) return none
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
