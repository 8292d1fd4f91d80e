import { type Range, secretRanges } from "./private-key.ts"
import { enough, isSecretByItself, worth } from "./worth.ts"

/** A piece of a secret that is secret by itself. */
export interface Part {
  /** "" is the whole, or what counts of it. */
  what: "" | "line" | "pem line" | "der"
  bytes: Buffer
  /** Which of two neighbouring pieces of it to look for where lines may be broken; parts in a row share the work. */
  pieces: "both" | "first" | "second"
}

/** In bytes. Any line is searched for as it is; what is longer, in windows: an excerpt of it is a leak too. */
const line = 72
const window = 32
/** In bytes. */
const shortestPart = 9
/** In bytes: fewer secret bytes in a line of a key are no secret. */
const leastOfKey = 12

const pem = /-----BEGIN ([A-Z0-9 ]+)-----\s([\s\S]*?)-----END \1-----/g
const publicBlock = /CERTIFICATE|PUBLIC KEY|PARAMETERS|CRL/

/** What everybody knows of a secret that follows it: an age key's prefix, a JSON Web Token's header, a name before `=`. */
const known = [
  /^AGE-SECRET-KEY-(?:PQ-)?1(.+)$/i,
  /^eyJ[\w-]+\.(.+)$/,
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/@]*:([^\s@]+)@/i,
  /^(?:export\s+)?["']?[\w.-]+["']?\s*[:=]\s*["']?(.*?)["']?,?$/,
]

/**
 * The parts of a secret to look for, and how many of its lines and windows are not secret by themselves. No parts: the
 * whole is too short or too common to be looked for in any form.
 */
export function partsOf(secret: Buffer): { parts: Part[]; ordinary: number } {
  const text = secret.toString("utf8")
  if (!Buffer.from(text).equals(secret)) return windowsOf(secret, "")
  const plain = text.includes("-----BEGIN ") ? text.replaceAll("\\n", "\n") : text
  const keys = [...plain.matchAll(pem)]
    .filter(([, label = ""]) => !publicBlock.test(label))
    .flatMap(([block, , body = ""]) => partsOfKey(block, body))
  const lines = plain
    .replace(pem, "\n")
    .split(/\r?\n/)
    .map((each) => each.trim())
    .filter((each) => each !== "")
  const only = keys.length === 0 && lines.length === 1
  if (only) return partsOfLine(lines[0] ?? "", "", isWhole)
  const found = lines.filter((each) => !each.startsWith("# ")).map((each) => partsOfLine(each, "line", isExcerpt))
  const parts = [...keys, ...found.flatMap((each) => each.parts)]
  if (parts.length > 0) return { parts, ordinary: found.reduce((sum, each) => sum + each.ordinary, 0) }
  return keep(Buffer.from(text.trimEnd()), "", isWhole)
}

function partsOfLine(text: string, what: Part["what"], counts: Counts): { parts: Part[]; ordinary: number } {
  for (const pattern of known) {
    const value = pattern.exec(text)?.[1]
    if (value && isExcerpt(Buffer.from(value))) return partsOfLine(value, what, isExcerpt)
  }
  return keep(Buffer.from(text), what, counts)
}

type Counts = (bytes: Buffer) => boolean
const isWhole: Counts = (bytes) => bytes.length >= shortestPart && worth(bytes) >= enough.whole
const isExcerpt: Counts = (bytes) => bytes.length >= shortestPart && isSecretByItself(bytes)

function keep(bytes: Buffer, what: Part["what"], counts: Counts): { parts: Part[]; ordinary: number } {
  if (!counts(bytes)) return { parts: [], ordinary: 1 }
  return bytes.length > line ? windowsOf(bytes, what) : { parts: [{ what, bytes, pieces: "both" }], ordinary: 0 }
}

/** Windows that are secret by themselves; if none is, the whole. */
function windowsOf(bytes: Buffer, what: Part["what"]): { parts: Part[]; ordinary: number } {
  if (bytes.length <= line) return keep(bytes, what, isWhole)
  const all = cut(bytes)
  const secret = all.filter(isExcerpt)
  if (secret.length === 0) return { parts: [{ what, bytes, pieces: "both" }], ordinary: all.length }
  return { parts: inRow(secret, what), ordinary: all.length - secret.length }
}

function cut(bytes: Buffer): Buffer[] {
  const starts = Array.from({ length: Math.floor(bytes.length / window) }, (_, index) => index * window)
  if (bytes.length % window !== 0) starts.push(Math.max(0, bytes.length - window))
  // Not inside a character of UTF-8.
  const whole = (at: number) => {
    let moved = at
    while (moved < bytes.length && ((bytes[moved] ?? 0) & 0xc0) === 0x80 && moved - at < 4) moved++
    return moved
  }
  return starts.map((start) => bytes.subarray(whole(start), whole(Math.min(bytes.length, start + window))))
}

const inRow = (all: Buffer[], what: Part["what"]): Part[] =>
  all.map((bytes, index) => ({ what, bytes, pieces: all.length < 3 ? "both" : index % 2 === 0 ? "first" : "second" }))

function partsOfKey(block: string, text: string): Part[] {
  const lines = text
    .split(/\r?\n/)
    .map((each) => each.trim())
    .filter((each) => /^[A-Za-z0-9+/=]+$/.test(each))
  const body = Buffer.from(lines.join(""), "base64")
  const ranges = secretRanges(`${block}\n`, body)
  const numbers = ranges.flatMap(({ from, to }) => inRow(cut(body.subarray(from, to)), "der"))
  let at = 0
  const secretLines = lines.map((each) => {
    const first = at
    at += each.length
    return secretOf(each, first, ranges)
  })
  const long = secretLines.filter((each) => (each.length * 3) / 4 >= leastOfKey)
  return [
    ...inRow(
      long.map((each) => Buffer.from(each)),
      "pem line",
    ),
    ...numbers,
  ]
}

/** The longest run of characters of a line of base64, its first being number `first`, that are secret bytes only. */
function secretOf(text: string, first: number, ranges: Range[]): string {
  const runs = ranges.map(({ from, to }) =>
    text.slice(Math.max(0, Math.ceil((from * 4) / 3) - first), Math.max(0, Math.floor((to * 4) / 3) - first)),
  )
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), "").replace(/=+$/, "")
}
