// Secrets to plant, the forms in which a program may print them, and an oracle that tries to read them again. The oracle
// knows nothing of the redactor: it decodes whatever can be decoded, again and again, and looks for eight characters.

import { gunzipSync, gzipSync } from "node:zlib"

/** Always the same numbers from 0 to 1 for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const pick = (random: () => number, alphabet: string, count: number) => {
  const characters = [...alphabet]
  return Array.from({ length: count }, () => characters[Math.floor(random() * characters.length)]).join("")
}

export interface Canary {
  /** What is registered. */
  registered: string
  /** What of it a program prints. */
  secret: string
}

const same = (secret: string): Canary => ({ registered: secret, secret })

/** Kinds of secrets, each made anew from random numbers. */
export const kinds: Record<string, (random: () => number) => Canary> = {
  token: (random) => same(pick(random, alphanumeric, 32)),
  "token of a vendor": (random) => same(`ghp_${pick(random, alphanumeric, 36)}`),
  "password with quotes and é": (random) =>
    same(`${pick(random, `${alphanumeric}!$#*é&<>`, 9)}"é'${pick(random, `${alphanumeric}!$%`, 14)}`),
  "key in PEM": (random) => {
    const line = () => pick(random, `${alphanumeric}+/`, 64)
    const body = `${line()}\n${line()}\n${line()}`
    return {
      registered: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
      secret: body.replaceAll("\n", ""),
    }
  },
  "string in JSON": (random) => {
    const secret = pick(random, `${alphanumeric}"\\/é`, 28)
    return {
      registered: JSON.stringify({ auths: { "registry.example.org": { username: "ci", password: secret } } }),
      secret,
    }
  },
  "password in a URL": (random) => {
    const secret = pick(random, `${alphanumeric}!@#é`, 20)
    return {
      registered: `postgres://drone:${encodeURIComponent(secret)}@db.example.org:5432/drone?sslmode=require`,
      secret,
    }
  },
  UUID: (random) => same([8, 4, 4, 4, 12].map((count) => pick(random, "0123456789abcdef", count)).join("-")),
  "key of age": (random) => same(`AGE-SECRET-KEY-1${pick(random, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)}`),
}

const each = (text: string, between: string) => [...text].join(between)
const percent = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
const json = (text: string) => JSON.stringify(text).slice(1, -1)
const entities = (text: string, write: (code: number) => string) =>
  text.replace(/[^A-Za-z0-9]/gu, (character) => write(character.codePointAt(0) ?? 0))
const named: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  é: "&eacute;",
}
const hexOf = (text: string) => [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, "0"))
const rotated = (text: string) =>
  text.replace(/[a-z]/gi, (letter) => {
    const base = letter < "a" ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
  })

/** What programs make of a secret. */
export const forms: Record<string, (secret: string) => string> = {
  raw: (secret) => secret,
  base64: (secret) => Buffer.from(secret).toString("base64"),
  "base64 with a prefix": (secret) => Buffer.from(`x:${secret}`).toString("base64"),
  "base64 with prefix and suffix": (secret) => Buffer.from(`user:${secret}\nmore of it`).toString("base64"),
  base64url: (secret) => Buffer.from(`?${secret}`).toString("base64url"),
  "base64 of base64": (secret) => Buffer.from(`a ${Buffer.from(`u:${secret}`).toString("base64")}`).toString("base64"),
  "base64, wrapped": (secret) =>
    (
      Buffer.from(`--${secret}`)
        .toString("base64")
        .match(/.{1,19}/g) ?? []
    ).join("\n  "),
  json,
  "json in json": (secret) => json(json(secret)),
  "json, ASCII only": (secret) =>
    json(secret).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "HTML, named": (secret) => secret.replace(/[&<>"'é]/g, (character) => named[character] ?? ""),
  "HTML, decimal": (secret) => entities(secret, (code) => `&#${code};`),
  "HTML, hex": (secret) => entities(secret, (code) => `&#x${code.toString(16)};`),
  hex: (secret) => hexOf(secret).join(""),
  HEX: (secret) => hexOf(secret).join("").toUpperCase(),
  "hex with colons": (secret) => hexOf(secret).join(":"),
  "HEX with spaces": (secret) => hexOf(secret).join(" ").toUpperCase(),
  "hex in a C array": (secret) =>
    hexOf(secret)
      .map((byte) => `0x${byte}`)
      .join(", "),
  "\\x escapes": (secret) =>
    hexOf(secret)
      .map((byte) => `\\x${byte}`)
      .join(""),
  "octal escapes": (secret) =>
    [...Buffer.from(secret)].map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`)).join(""),
  "decimal bytes": (secret) => JSON.stringify([...Buffer.from(secret)]),
  "base64 of UTF-16": (secret) => Buffer.from(`$ ${secret}`, "utf16le").toString("base64"),
  "UTF-16": (secret) => Buffer.from(secret, "utf16le").toString("latin1"),
  "wrapped lines": (secret) => (secret.match(/.{1,11}/gu) ?? []).join("\n    "),
  "ANSI inside": (secret) => each(secret, "\x1b[1;31m"),
  "a link of a terminal inside": (secret) => each(secret, "\x1b]8;;http://x\x07"),
  "zero-width inside": (secret) => each(secret, "\u200b"),
  "soft hyphens inside": (secret) => each(secret, "\u00ad"),
  "%xx": (secret) => encodeURIComponent(secret),
  "%xx lower case, all of it": percent,
  "%xx of JSON": (secret) => encodeURIComponent(json(secret)),
  "shell, quoted": (secret) => `'${secret.replaceAll("'", "'\\''")}'`,
  "shell, quoted otherwise": (secret) => `'${secret.replaceAll("'", `'"'"'`)}'`,
  "shell, backslashes": (secret) => secret.replace(/[^A-Za-z0-9_-]/gu, (character) => `\\${character}`),
  "cut at 70 %": (secret) => secret.slice(0, Math.ceil(secret.length * 0.7)),
  "cut from 30 %": (secret) => secret.slice(Math.floor(secret.length * 0.3)),
  "cut on both sides": (secret) => secret.slice(Math.floor(secret.length * 0.2), Math.ceil(secret.length * 0.85)),
  "cut, then base64": (secret) => Buffer.from(secret.slice(0, Math.ceil(secret.length * 0.7))).toString("base64"),
  reversed: (secret) => [...secret].reverse().join(""),
  ROT13: rotated,
  "gzip in base64": (secret) => gzipSync(`password is ${secret}`).toString("base64"),
  "gzip in hex": (secret) => gzipSync(`password is ${secret}`).toString("hex"),
}

const entityCodes: Record<string, string> = Object.fromEntries(
  Object.entries(named).map(([character, name]) => [name, character]),
)
const bytes = (text: string) => Buffer.from(text, "latin1").toString("utf8")

/** Each reads a text in one way; what it cannot read stays. */
const readers: ((text: string) => string[])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  (text) => [text.replace(/\x1b(?:\[[0-9;]*[a-zA-Z]|\][^\x07]*\x07)/g, "").replace(/[\s\0\u200b\u00ad]/g, "")],
  (text) => [
    text.replace(/\\+(?:u([0-9a-f]{4})|(.))/gi, (_, code, other) =>
      code ? String.fromCharCode(Number.parseInt(code, 16)) : other,
    ),
  ],
  (text) => [
    bytes(
      Buffer.from(text)
        .toString("latin1")
        .replace(/\\x([0-9a-f]{2})|\\([0-7]{3})|%([0-9a-f]{2})/gi, (_, hex, octal, url) =>
          String.fromCharCode(Number.parseInt(hex ?? octal ?? url, octal ? 8 : 16)),
        ),
    ),
  ],
  (text) => [
    text.replace(/&#x([0-9a-f]+);|&#(\d+);|&\w+;/gi, (whole, hex, decimal) =>
      hex || decimal
        ? String.fromCodePoint(Number.parseInt(hex ?? decimal, hex ? 16 : 10))
        : (entityCodes[whole] ?? whole),
    ),
  ],
  (text) => [text.replace(/'\\''|'"'"'/g, "'"), text.replace(/['"]/g, "")],
  (text) => [[...text].reverse().join("")],
  (text) => [rotated(text)],
  (text) =>
    runs(text.replace(/0x/g, ""), /(?:[0-9a-f]{2}[\s:,-]*){8,}/gi).flatMap((run) =>
      unpacked(Buffer.from(run.replace(/[^0-9a-f]/gi, ""), "hex")),
    ),
  (text) =>
    runs(text, /(?:\d{1,3},\s*){7,}\d{1,3}/g).map((run) => Buffer.from(run.split(",").map(Number)).toString("utf8")),
  (text) =>
    runs(text, /[A-Za-z0-9+/_-]{11,}/g).flatMap((run) =>
      [0, 1, 2, 3].flatMap((from) => unpacked(Buffer.from(run.slice(from), "base64"))),
    ),
]

const runs = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([run]) => run)

function unpacked(data: Buffer): string[] {
  const texts = [data.toString("utf8"), data.toString("utf16le"), data.subarray(1).toString("utf16le")]
  try {
    return [...texts, gunzipSync(data).toString("utf8")]
  } catch {
    return texts
  }
}

/** In steps of decoding. */
const deepest = 3
const mostViews = 800
const piece = 8

/** What texts were read as in which nothing was found: most of what is redacted looks the same. */
const remembered = new Map<string, string[]>()
const mostRemembered = 400

/** A piece of the secret of eight characters that can be read in the text, or undefined. */
export function readable(text: string, secret: string): string | undefined {
  const pieceIn = lookingFor(secret)
  const seen = new Set<string>()
  let views = remembered.get(text) ?? [text]
  for (let depth = 0; depth <= deepest; depth++) {
    for (const view of views) {
      const found = pieceIn(view)
      if (found !== undefined) return found
      seen.add(view)
    }
    if (remembered.has(text)) return undefined
    views = [...new Set(views.flatMap((view) => readers.flatMap((read) => read(view))))].filter(
      (view) => view.length >= piece && !seen.has(view),
    )
    if (seen.size + views.length > mostViews) views = views.slice(0, mostViews - seen.size)
  }
  if (remembered.size < mostRemembered) remembered.set(text, [...seen])
  return undefined
}

function lookingFor(secret: string): (view: string) => string | undefined {
  const slices = (length: number, step: number) =>
    Array.from({ length: Math.floor((secret.length - length) / step) + 1 }, (_, at) =>
      secret.slice(at * step, at * step + length),
    )
  const pieces = secret.length < piece ? [secret] : slices(piece, 1)
  // Each piece of eight has four characters whose place is a multiple of five.
  const hints = secret.length < piece ? [secret] : slices(4, 5)
  return (view) => (hints.some((hint) => view.includes(hint)) ? pieces.find((one) => view.includes(one)) : undefined)
}
