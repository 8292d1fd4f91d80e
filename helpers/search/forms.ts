// What encoders make of some bytes. Each gives the bytes to look for, or several where encoders differ or where it is
// not known how what precedes them is aligned. What comes out equal is one needle in the end.

type Encoder = (bytes: Buffer) => Buffer[]

const ascii = (text: string) => Buffer.from(text, "latin1")
const unique = (texts: string[]) => [...new Set(texts)]

/** The text if these bytes are one: only then are there escapes of it. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8")
  return Buffer.from(text).equals(bytes) && !text.includes("\0") ? text : undefined
}

const ofText =
  (...escapes: ((text: string) => string)[]): Encoder =>
  (bytes) => {
    const text = textOf(bytes)
    return text === undefined ? [] : unique(escapes.map((write) => write(text))).map((escaped) => Buffer.from(escaped))
  }

const replacing =
  (pattern: RegExp, replacement: (character: string) => string) =>
  (text: string): string =>
    text.replace(pattern, replacement)

const through =
  (...escapes: ((text: string) => string)[]) =>
  (text: string): string =>
    escapes.reduce((escaped, write) => write(escaped), text)

const code = (character: string, base: number, width = 0) =>
  (character.codePointAt(0) ?? 0).toString(base).padStart(width, "0")

/** The characters of base64 that do not depend on what stands before and behind the bytes, for 0, 1 and 2 bytes before. */
function base64(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64")
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
}

const urlSafe = replacing(/[+/]/g, (character) => (character === "+" ? "-" : "_"))
const bothAlphabets = (texts: string[]) => unique([...texts, ...texts.map(urlSafe)]).map(ascii)

const hexOf = (bytes: Buffer) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0"))

/** Two bytes to a group, as in xxd, or swapped as in hexdump: it is not known where groups begin. */
function groups(bytes: Buffer, swapped: boolean): Buffer[] {
  return [0, 1].map((skipped) => {
    const hex = hexOf(bytes.subarray(skipped))
    const pairs = hex.filter((_, at) => at % 2 === 0).map((byte, pair) => [byte, hex[pair * 2 + 1]])
    return ascii(pairs.flatMap(([a, b]) => (b === undefined ? [] : [swapped ? b + a : a + b])).join(" "))
  })
}

// JSON writers differ in what they escape beyond what they must.
const json = (text: string) => JSON.stringify(text).slice(1, -1)
const unicode = (character: string) =>
  [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("")
const unicodeUpper = (character: string) => unicode(character).toUpperCase().replaceAll("\\U", "\\u")
const slashes = replacing(/\//g, () => "\\/")
const jsons = [
  json,
  through(json, slashes),
  through(json, replacing(/[^\0-~]/g, unicode)),
  through(json, slashes, replacing(/[^\0-~]/g, unicode)),
  through(json, replacing(/[<>&\u2028\u2029]/g, unicode)),
  through(json, replacing(/[<>&'\u2028\u2029]|[^\0-~]/g, unicode)),
  through(
    (text) => text.replaceAll('"', "\0"),
    json,
    replacing(/\\u0000/g, () => "\\u0022"),
    replacing(/[<>&'+`]|[^\0-~]/g, unicodeUpper),
  ),
]

const entities = (named: Record<string, string>) => replacing(/[&<>"']/g, (character) => named[character] ?? character)
const markup = { "&": "&amp;", "<": "&lt;" }
const brackets = { ...markup, ">": "&gt;" }
const numeric = replacing(/[^\0-~]/gu, (character) => `&#${code(character, 10)};`)
const xmls = [
  markup,
  brackets,
  { ...brackets, '"': "&quot;" },
  { ...brackets, '"': "&quot;", "'": "&#x27;" },
  { ...brackets, '"': "&quot;", "'": "&#39;" },
  { ...brackets, '"': "&quot;", "'": "&#039;" },
  { ...brackets, '"': "&quot;", "'": "&apos;" },
  { ...brackets, '"': "&#34;", "'": "&#39;" },
].flatMap((named) => [entities(named), through(entities(named), numeric)])

const percent = (pattern: RegExp) => (text: string) =>
  text.replace(pattern, (character) =>
    hexOf(Buffer.from(character))
      .map((byte) => `%${byte.toUpperCase()}`)
      .join(""),
  )
const lowerPercent = replacing(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase())
const plus = replacing(/%20/g, () => "+")
const urls = [
  /[^\w.~-]/gu,
  /[^\w.~/-]/gu,
  /[^\w.~!'()*-]/gu,
  /[^\w.*-]/gu,
  /[^\w.-]/gu,
  /[^\w.~:/?#[\]@!$&'()*+,;=-]/gu,
]
  .map(percent)
  .flatMap((write) => [write, through(write, plus)])
  .flatMap((write) => [write, through(write, lowerPercent)])

const controls = { "\n": "\\n", "\r": "\\r", "\t": "\\t" } as Record<string, string>
const aterm = replacing(/[\\"\n\r\t]/g, (character) => controls[character] ?? `\\${character}`)
const dollar = replacing(/\$\{/g, () => "\\${")
const indented = through(
  replacing(/''/g, () => "'''"),
  replacing(/\$\{/g, () => "''${"),
)

const bash = through(
  replacing(/[ !"$&'()*,;<>?[\\\]^`{|}]/g, (character) => `\\${character}`),
  replacing(/^[#~]|(?<=[:=])~/g, (character) => `\\${character}`),
)
const ansi = replacing(/[\\'\n\r\t]/g, (character) => controls[character] ?? `\\${character}`)
const ansiInAscii = through(
  ansi,
  replacing(/[^\0-~]/gu, (character) => [...Buffer.from(character)].map((byte) => `\\${byte.toString(8)}`).join("")),
)
const shells = [
  replacing(/'/g, () => "'\\''"),
  replacing(/'/g, () => `'"'"'`),
  replacing(/[\\"$`]/g, (character) => `\\${character}`),
  bash,
  ansi,
  ansiInAscii,
]

const utf16 = (bytes: Buffer) => {
  const text = textOf(bytes)
  return text === undefined ? [] : [Buffer.from(text, "utf16le")]
}

/** Encodings of bytes that stay together: escapes never break what they escape into lines. */
export const unbroken: Record<string, Encoder> = {
  crlf: ofText(replacing(/\r?\n/g, () => "\r\n")),
  json: ofText(...jsons),
  xml: ofText(...xmls),
  url: ofText(...urls),
  nix: ofText(through(aterm, dollar), indented),
  aterm: ofText(aterm, ...jsons.map((write) => through(write, aterm))),
  shell: ofText(...shells),
  "utf-16le": utf16,
  "utf-16be": (bytes) => utf16(bytes).map((swapped) => swapped.swap16()),
}

export interface Wrapped {
  encode: Encoder
  /** The fewest bytes that give a needle that is long enough. */
  bytes: number
  /** What a piece of the secret must be worth: dumps are rare, so that less than elsewhere is no coincidence there. */
  bits: number
  /** At least how many bytes are between two line breaks. */
  line: number
  /** By how much the second piece may overlap the first, because breaks are exactly `line` bytes apart. */
  overlap?: number
}

const both = (texts: string[]) => unique([...texts, ...texts.map((text) => text.toUpperCase())]).map(ascii)

/**
 * Encodings whose lines may be broken anywhere: at 64 characters or more, in dumps at 16 bytes, with a gap after 8. Of
 * base64 in base64 the outer lines may be broken; if the inner ones were too, parts in a row survive it.
 */
export const wrapped: Record<string, Wrapped> = {
  base64: { encode: (bytes) => bothAlphabets(base64(bytes)), bytes: 9, bits: 28, line: 48 },
  "base64 of base64": {
    encode: (bytes) => {
      const inner = base64(bytes)
      return unique([...inner, ...inner.map(urlSafe)]).flatMap((text) => bothAlphabets(base64(ascii(text))))
    },
    bytes: 9,
    bits: 28,
    line: 36,
  },
  hex: { encode: (bytes) => both([hexOf(bytes).join("")]), bytes: 6, bits: 22, line: 30 },
  "hex with colons": { encode: (bytes) => both([hexOf(bytes).join(":")]), bytes: 6, bits: 22, line: 15 },
  "hex with spaces": { encode: (bytes) => both([hexOf(bytes).join(" ")]), bytes: 5, bits: 14, line: 8, overlap: 1 },
  "hex in groups": {
    encode: (bytes) => [...groups(bytes, false), ...groups(bytes, true)],
    bytes: 7,
    bits: 22,
    line: 16,
  },
}
