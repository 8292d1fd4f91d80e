// A value in each form it could have got into a text by, written by encoders of the platform: what a scan must see.

import { deflateSync, gzipSync } from "node:zlib"

export type Plant = (value: Buffer) => Buffer

const asText =
  (write: (text: string) => string): Plant =>
  (value) =>
    Buffer.from(`so it said: ${write(value.toString())} and went on`)

const every = (text: string, size: number) => text.match(new RegExp(`.{1,${size}}`, "gsu")) ?? []
const hex = (value: Buffer) => value.toString("hex")
const rotated = (text: string) =>
  text.replace(/[a-z]/gi, (letter) => {
    const moved = letter.charCodeAt(0) + 13
    return String.fromCharCode(moved > (letter < "a" ? 90 : 122) ? moved - 26 : moved)
  })
const ascii = (text: string, escaped = /[^ -~]/g) =>
  text.replace(escaped, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }
const markup = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
const percent = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${hex(Buffer.from(mark))}`)
const lower = (text: string) => percent(text).replace(/%../g, (escaped) => escaped.toLowerCase())
const words = (value: Buffer) => Buffer.concat([value, Buffer.alloc(value.length % 2)]).swap16()

/** By name. Each begins and ends in a text that is no part of it. */
export const planted: Record<string, Plant> = {
  raw: asText((text) => text),
  "base64 with a prefix": asText((text) => Buffer.from(`user:${text}`).toString("base64")),
  "base64 with a suffix": asText((text) => Buffer.from(`${text}@somewhere`).toString("base64")),
  "base64 after letters": asText((text) => `abc${Buffer.from(text).toString("base64")}`),
  base64url: asText((text) => Buffer.from(text).toString("base64url")),
  "base64 in base64": asText((text) => Buffer.from(Buffer.from(text).toString("base64")).toString("base64")),
  "UTF-16 base64": asText((text) => Buffer.from(text, "utf16le").toString("base64")),
  "wrapped base64": asText((text) => every(Buffer.from(text).toString("base64"), 7).join("\n")),
  JSON: asText((text) => ascii(JSON.stringify(text))),
  "JSON, all marks escaped": asText((text) => `"${ascii(text, /[^a-zA-Z0-9]/g)}"`),
  "JSON in JSON": asText((text) => JSON.stringify({ said: ascii(JSON.stringify({ text })) })),
  HTML: asText(markup),
  "HTML in JSON": asText((text) => JSON.stringify(markup(text))),
  hex: (value) => asText(() => hex(value))(value),
  HEX: (value) => asText(() => hex(value).toUpperCase())(value),
  "hex with colons": (value) => asText(() => every(hex(value), 2).join(":"))(value),
  "hex with \\x": (value) =>
    asText(() =>
      every(hex(value), 2)
        .map((digits) => `\\x${digits}`)
        .join(""),
    )(value),
  "a hex dump": (value) => asText(() => every(hex(words(value)), 4).join(" "))(value),
  "a list of bytes": (value) => asText(() => JSON.stringify(value))(value),
  "wrapped lines": asText((text) => every(text, 5).join("\n  ")),
  "lines behind marks": asText((text) => every(text, 5).join("\n| ")),
  "ANSI inside": asText((text) => every(text, 4).join("\x1b[1;31m")),
  "zero-width inside": asText((text) => every(text, 4).join("\u200b")),
  "percent, lower case": asText(lower),
  "percent in percent": asText((text) => percent(percent(text))),
  "shell quotes": asText((text) => `'${text.replaceAll("'", "'\\''")}'`),
  "shell backslashes": asText((text) => text.replace(/[^\w\n]/gu, (character) => `\\${character}`)),
  "cut at 70 %": asText((text) => `${text.slice(0, Math.floor(text.length * 0.7))}…`),
  reversed: asText((text) => [...text].reverse().join("")),
  ROT13: asText(rotated),
  "reversed base64": asText((text) => [...Buffer.from(text).toString("base64")].reverse().join("")),
  "gzip and base64": (value) => asText(() => gzipSync(logOf(value)).toString("base64"))(value),
  "zlib and base64": (value) => asText(() => deflateSync(logOf(value)).toString("base64"))(value),
  "UTF-16": (value) => Buffer.from(`a log: ${value.toString()}\n`, "utf16le"),
  gzip: (value) => gzipSync(logOf(value)),
}

// So much of the same that it is worth to be compressed.
const logOf = (value: Buffer) =>
  Buffer.from(`${"a line of a log\n".repeat(40)}${value}\n${"and more of it\n".repeat(40)}`)
