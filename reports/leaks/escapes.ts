// Escapes undone: of JSON and its like, of shells, of URLs, of HTML. Only what is near an escape is given back.

// In characters: as much as a piece of a secret may reach beyond its escape.
const context = 64
const gap = "\xff\xff"
// What was escaped more often than this is escaped to hide.
const rounds = 8

export type Unescape = (escaped: string) => string

/** A view that undoes escapes, and those within, again and again. */
export const unescaping =
  (pattern: RegExp, undo: Unescape) =>
  (text: Buffer, tooDeep: () => void): Buffer[] => {
    const views: Buffer[] = []
    let escaped = text.toString("latin1")
    for (let round = 0; ; round++) {
      const undone = around(escaped, pattern, undo)
      if (undone === undefined) return views
      if (round === rounds) {
        tooDeep()
        return views
      }
      views.push(Buffer.from(undone, "latin1"))
      escaped = undone
    }
  }

function around(text: string, pattern: RegExp, undo: Unescape): string | undefined {
  let out = ""
  let done = -1
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [escaped] = match
    const { index } = match
    if (done < 0) out += text.slice(Math.max(0, index - context), index)
    else if (index - done <= 2 * context) out += text.slice(done, index)
    else out += text.slice(done, done + context) + gap + text.slice(index - context, index)
    out += undo(escaped)
    done = index + escaped.length
  }
  return done < 0 ? undefined : out + text.slice(done, done + context)
}

// Texts are handled byte by byte, as latin1: what an escape stands for is written in UTF-8.
const utf8 = (text: string) => Buffer.from(text).toString("latin1")
const point = (digits: string, base: number) => {
  const value = Number.parseInt(digits, base)
  return value <= 0x10ffff ? utf8(String.fromCodePoint(value)) : ""
}
const byte = (digits: string, base: number) => String.fromCharCode(Number.parseInt(digits, base) & 255)
const controls: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

/** Of JSON, and of the languages that escape as it does. */
export const json = unescaping(
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{2}|["\\/bfnrt])/g,
  (escaped) => {
    const [, kind = ""] = escaped
    if (kind === "u" && escaped.length === 12)
      return utf8(String.fromCharCode(Number.parseInt(escaped.slice(2, 6), 16), Number.parseInt(escaped.slice(8), 16)))
    if (kind === "u") return point(escaped.replace(/[\\u{}]/g, ""), 16)
    if (kind === "x") return byte(escaped.slice(2), 16)
    return controls[kind] ?? kind
  },
)

/** Of shells: one quote within others, octal bytes, and a backslash before anything. */
export const shell = unescaping(/'\\''|'"'"'|"'"'"|''\$\{|\\[0-3][0-7]{2}|\\[^0-9a-zA-Z\\]|\\\\/g, (escaped) => {
  if (/^'\\|^'"/.test(escaped)) return "'"
  if (escaped.startsWith('"')) return '"'
  if (escaped.startsWith("''")) return "${"
  return escaped.length === 4 ? byte(escaped.slice(1), 8) : escaped.slice(1)
})

export const percent = unescaping(/%[0-9a-fA-F]{2}/g, (escaped) => byte(escaped.slice(1), 16))

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " }
export const html = unescaping(/&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp);/g, (escaped) => {
  const name = escaped.slice(1, -1)
  if (/^#x/i.test(name)) return point(name.slice(2), 16)
  return name.startsWith("#") ? point(name.slice(1), 10) : (named[name] ?? "")
})

// What begins a line of captured or quoted output, and what parts the strings of a list.
const between = /[\r\n]+[ \t]*(?:[|>#*]|[+-](?=[ \t])|\/\/|\d{1,5}[:|])+[ \t]?|["'][ \t]*[,+][ \t]*[\r\n]*[ \t]*["']/g

/** Lines that were put behind a mark each, or into a list, put together again. */
export const joined = unescaping(between, () => "")
