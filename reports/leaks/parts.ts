// What of a secret is secret: a file of JSON, a URL or a key is mostly what everybody knows.

import { privateStretches } from "./private-numbers.ts"
import { Surprise, surpriseOf } from "./surprise.ts"
import { width } from "./windows.ts"

export interface Part {
  bytes: Buffer
  /** Secret even if it is nothing but words. */
  phrase: boolean
}

/** In bits: nobody writes that by chance in any amount of evidence. */
const random = 44
/** What reads like a word may be one that is seldom. */
const randomLetters = 52
/** In bytes: words of ordinary text need more for as much. */
const randomWithin = 12

/** Where the shortest random piece ends that begins here, if there is one. */
export function randomPiece(bytes: Uint8Array, from: number): number | undefined {
  const surprise = new Surprise()
  for (let at = from; at < Math.min(bytes.length, from + randomWithin); at++) {
    surprise.add(bytes[at] as number)
    const enough = surprise.words ? randomLetters : random
    if (at - from + 1 >= width && surprise.bits >= enough) return at + 1
  }
  return undefined
}

const isRandom = (bytes: Uint8Array) => bytes.some((_, from) => randomPiece(bytes, from) !== undefined)

export function partsOf(secret: Uint8Array): Part[] {
  const bytes = Buffer.from(secret)
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) return [{ bytes, phrase: false }]
  return ofText(text, true, 0)
}

const deepest = 6
const pem = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)(?:-----END \1-----|$)/g
const publicText = /\bage1[02-9ac-hj-np-z]{58}\b|\b(?:ssh-|ecdsa-sha2-|sk-)[\w.@-]+ AAAA[\w+/=]+/g
const secretName = /pass|secret|token|key|auth|cred|pin\b|private/i
const url = /^([a-z][a-z0-9+.-]*):\/\/(?:([^\s/?#@:]*)(?::([^\s/?#]*))?@)?([^\s/?#@]+)(.*)$/i
const assignment = /^(?:export +)?["']?([A-Za-z_][\w.-]*)["']?(?:\s*=\s*|:\s+)["']?(.+?)["']?$/
const jwt = /^(ey[\w-]+)\.(ey[\w-]+)\.([\w-]+)$/

function ofText(given: string, phrase: boolean, depth: number): Part[] {
  const text = given.trim()
  if (text.length < 8) return []
  if (depth > deepest) return [{ bytes: Buffer.from(text), phrase }]
  const deeper = (inner: string, isPhrase = phrase) => ofText(inner, isPhrase, depth + 1)

  if (text.includes("-----BEGIN ")) {
    const blocks = [...text.matchAll(pem)].flatMap(([block, label = "", body = ""]) => ofPem(block, label, body))
    return [...blocks, ...deeper(text.replace(pem, "\n"))]
  }
  const withoutPublic = text.replace(publicText, "\n")
  if (withoutPublic !== text) return deeper(withoutPublic)
  const document = parsed(text)
  if (document !== undefined) return leavesOf(document, phrase).flatMap(([leaf, isPhrase]) => deeper(leaf, isPhrase))
  if (/[\r\n]/.test(text)) {
    const lines = text.split(/[\r\n]+/).filter((line) => !/^\s*(?:#|\/\/)/.test(line))
    // Lines that name nothing may be one value that was broken: pieces reach over the breaks.
    if (!lines.some((line) => /[\s:=]/.test(line.trim().replace(/=+$/, ""))))
      return ofWord(lines.map((line) => line.trim()).join(""), phrase, depth)
    return lines.flatMap((line) => deeper(line))
  }
  const [, scheme, user = "", password = "", , path = ""] = url.exec(text) ?? []
  if (scheme !== undefined) {
    const decoded = unescaped(password)
    const parts = [
      ...(password === decoded ? [] : deeper(decoded, true)),
      ...deeper(password, true),
      ...deeper(user, false),
    ]
    return [...parts, ...path.split(/[/?#&=]/).flatMap((segment) => deeper(segment, false))]
  }
  const [, name = "", value = ""] = assignment.exec(text) ?? []
  if (value !== "" && !/^=*$/.test(value) && name.length > 1 && !isRandom(Buffer.from(name)))
    // A password may look like an assignment.
    return [
      { bytes: Buffer.from(text), phrase: false },
      ...deeper(value, phrase && (secretName.test(name) || depth === 0)),
    ]
  const [, , claims = "", signature = ""] = jwt.exec(text) ?? []
  if (signature !== "") return [...deeper(claims, false), { bytes: Buffer.from(signature), phrase: false }]
  return ofWord(text, phrase, depth)
}

/** One word, which may be bytes or a text in base64 or hex. */
function ofWord(text: string, phrase: boolean, depth: number): Part[] {
  const bytes = Buffer.from(text)
  const whole = { bytes, phrase }
  const digits = text.replaceAll("-", "")
  if (/^(?:[0-9a-fA-F]{2}){8,}$/.test(digits)) return [whole, { bytes: Buffer.from(digits, "hex"), phrase: false }]
  if (!/^[\w+/-]{11,}={0,2}$/.test(text)) return [whole]
  const inner = Buffer.from(text, "base64")
  const readable = inner.toString()
  if (Buffer.from(readable).equals(inner) && !/[^\P{Cc}\s]/u.test(readable) && inner.length >= 8) {
    // Its own characters say no more than what they stand for, and that may begin as such texts do.
    const [, user = "", password] = /^([\w.@-]+):(\S+)$/.exec(readable) ?? []
    if (password === undefined) return ofText(readable, phrase, depth + 1)
    return [...ofText(user, false, depth + 1), ...ofText(password, true, depth + 1)]
  }
  // What has words in it stands for noise that those words stand for elsewhere.
  const begins = [...bytes.keys()].slice(0, -randomWithin)
  const isEncoded = begins.every((from) => randomPiece(bytes, from) !== undefined) && inner.length >= 16
  return isEncoded ? [whole, { bytes: inner, phrase: false }] : [whole]
}

function ofPem(block: string, label: string, body: string): Part[] {
  if (!label.includes("PRIVATE KEY")) return []
  const text = body.replace(/^[\w-]+:.*$/gm, "").replace(/[^A-Za-z0-9+/]/g, "")
  const binary = Buffer.from(text, "base64")
  return privateStretches(binary, block).flatMap(([from, to]) => [
    { bytes: binary.subarray(from, to), phrase: false },
    { bytes: Buffer.from(text.slice(Math.ceil((from * 8) / 6), Math.floor((to * 8) / 6))), phrase: false },
  ])
}

function parsed(text: string): unknown {
  if (!/^[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The strings and long numbers of a document; what is said to be one may be a phrase. */
function leavesOf(value: unknown, phrase: boolean): [leaf: string, phrase: boolean][] {
  if (typeof value === "string" || typeof value === "number") return [[String(value), phrase]]
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, phrase))
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => leavesOf(item, secretName.test(name)))
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** In bits: what a phrase of words must have, whole and cut. */
const wholePhrase = 36
const cutPhrase = 32
const kept = 0.6
const longest = 48

export const isPhrase = (bytes: Uint8Array): boolean => surpriseOf(bytes) >= wholePhrase

/** Where a piece of a phrase ends that begins here: most of the phrase. */
export function phrasePiece(bytes: Uint8Array, from: number): number | undefined {
  const least = Math.min(longest, Math.max(width, Math.ceil(bytes.length * kept)))
  const surprise = new Surprise()
  for (let to = from; to < bytes.length; to++) {
    surprise.add(bytes[to] as number)
    if (to + 1 - from >= least && surprise.bits >= cutPhrase) return to + 1
  }
  return undefined
}
