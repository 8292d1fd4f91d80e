// What a secret consists of: values in JSON, in lines, in URLs, in keys. A command that reads a secret prints those.

import { secretRanges } from "./private-key.ts"
import { isCommon, looksRandom } from "./randomness.ts"
import { inOrder, jsonSpelling, type Spelling, spelledIn, unquoted, urlSpelling } from "./spelling.ts"

/** Part of a secret, to be hidden wherever it stands. */
export interface Leaf {
  bytes: Buffer
  /** Undefined if the bytes are no text: then only what encodes them is searched for. */
  text: string | undefined
}

/**
 * Text that is a secret, or contains some. `trusted` if a person or a key's name says that it is one. `at` tells where
 * in the text that was taken apart each unit of this one begins, and where the last one ends; without it no unit has a
 * place of its own there.
 */
export interface Part {
  text: string
  trusted: boolean
  at?: ArrayLike<number>
}

/** Takes a text apart. Undefined if it is not of this kind; what it returns is taken apart in turn. */
export type Opener = (part: Part) => (Part | Leaf)[] | undefined

/** In characters. Shorter secrets are not printed by anybody. */
const least = 8
const deepest = 6

const secretName = /secret|pass|token|credential|auth|key$|pwd|pin$/i

export function leavesOf(bytes: Uint8Array, openers: Opener[]): Leaf[] {
  const whole = Buffer.from(bytes)
  const text = whole.toString("utf8")
  if (!Buffer.from(text).equals(whole) || text.includes("\0"))
    return whole.length < least ? [] : [{ bytes: whole, text: undefined }]
  const leaves = new Map<string, Leaf>()
  const keep = (leaf: Leaf, around: Spelling[]) => {
    leaves.set(leaf.bytes.toString("latin1"), leaf)
    // What is packed as it stands is packed with its escapes.
    for (const text of spelledIn(around)) {
      const bytes = Buffer.from(text)
      leaves.set(bytes.toString("latin1"), { bytes, text })
    }
  }
  const open = (part: Part, depth: number, around: Spelling[]) => {
    const text = part.text.trim()
    if (text.length < least || isPublic(text)) return
    const trimmed = part.text.length - part.text.trimStart().length
    const own = around.map((spelling) => ({ ...spelling, at: spelling.at.slice(trimmed, trimmed + text.length + 1) }))
    const opened = depth < deepest ? openers.map((opener) => opener({ ...part, text })) : []
    for (const inner of opened.flatMap((parts) => parts ?? [])) {
      if ("bytes" in inner) keep(inner, inner.text === text ? own : [])
      else open(inner, depth + 1, inner.at === undefined ? [] : within(text, Array.from(inner.at), own))
    }
    const structured = opened.some((parts) => parts !== undefined)
    if (!structured && (looksRandom(text) || (part.trusted && !isCommon(text))))
      keep({ bytes: Buffer.from(text), text }, own)
  }
  open({ text, trusted: true }, 0, [])
  return [...leaves.values()]
}

/** How a part of a text is spelled in it, and in all that the text is in. */
const within = (text: string, at: number[], around: Spelling[]): Spelling[] => [
  { text, at },
  ...around.map((spelling) => ({ text: spelling.text, at: at.map((unit) => spelling.at[unit] ?? 0) })),
]

const publicForms = [
  /^[\d\s.,:/TZ+-]+$/, // numbers, dates, addresses
  /^(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)[\w@.-]+ AAAA[\w+/=]+/,
  /^AAAA[BCEGI]3NzaC1[\w+/=]+$/,
  /^age1[a-z0-9]{20,}$/,
  /^(?:sha(?:1|256|384|512)|md5)[-:][\w+/=:-]+$/i,
  /^ENC\[.*\]$/,
  /^\$(?:\w+|\{[^}]*\})$/,
]
const isPublic = (text: string) => publicForms.some((form) => form.test(text))

const armour = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

/** Keys in PEM: their secret numbers, as they stand there and as bytes. What else is in PEM is public. */
export const pem: Opener = ({ text }) => {
  if (!text.includes("-----BEGIN ")) return undefined
  const keys = [...text.matchAll(armour)].flatMap(([block, kind = "", inside = ""]) => {
    if (!kind.includes("PRIVATE KEY")) return []
    const armoured = inside.replace(/^[\w-]+: .*$/gm, "").replace(/\s/g, "")
    const body = Buffer.from(armoured, "base64")
    return secretRanges(block, body).flatMap(([from, to]): (Leaf | Part)[] => {
      const base64 = armoured.slice(Math.ceil((from * 4) / 3), Math.ceil((to * 4) / 3))
      return [
        { bytes: Buffer.from(base64), text: base64 },
        { bytes: body.subarray(from, to), text: undefined },
      ]
    })
  })
  return [...keys, ...linesOf(text.replace(armour, (block) => "\n".repeat(block.length)))]
}

/** Strings anywhere in JSON; those under a telling name are secrets even if they are words. */
export const json: Opener = ({ text }) => (isJson(text) ? strings(text) : undefined)

function isJson(text: string): boolean {
  if (!/^[[{"]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function strings(text: string): Part[] {
  const parts: Part[] = []
  const names: string[] = []
  let name = ""
  for (const { 0: token, 1: string, 2: colon, index } of text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[[\]{}]/g)) {
    if (string === undefined) {
      if (token === "[" || token === "{") names.push(name)
      else name = names.pop() ?? ""
      continue
    }
    const key = colon !== undefined
    const part = jsonSpelling(string, index + 1)
    if (key) name = part.text
    parts.push({ ...part, trusted: !key && secretName.test(name) })
  }
  return parts
}

export const lines: Opener = ({ text }) =>
  !text.includes("\n") || text.includes("-----BEGIN ") || isJson(text) ? undefined : linesOf(text)

const linesOf = (text: string): Part[] =>
  [...text.matchAll(/[^\n]+/g)].map(({ 0: line, index }) => ({ text: line, trusted: false, at: inOrder(line, index) }))

/** `KEY=value`, `key: value`, `- key: value`, `user:password`. */
export const assignment: Opener = ({ text, trusted }) => {
  const [, name = "", value = ""] =
    /^(?:export\s+|[-#]\s+)*["']?([A-Za-z_][\w .-]{0,63}?)["']?\s*[:=]\s*(?!\/\/)([^\n]+)$/.exec(text) ?? []
  if (name === "") return undefined
  // It may be a password with a colon in it.
  const whole = trusted && !/\s/.test(text) && looksRandom(text) ? [{ bytes: Buffer.from(text), text }] : []
  const trust = secretName.test(name) || /^[\w.-]+:\S/.test(text)
  return [...unquoted(value, text.length - value.length).map((part) => ({ ...part, trusted: trust })), ...whole]
}

const urls = /[a-z][a-z0-9+.-]*:\/\/(?:([^\s/@]*)@)?([^\s/?#"']*)([^\s?#"']*)\??([^\s#"']*)(?:#(\S*))?/dgi

/** Of a URL the password, the values of its query and fragment, and steps of its path that are no words. */
export const url: Opener = ({ text }) => {
  const found = [...text.matchAll(urls)]
  if (found.length === 0) return undefined
  return found.flatMap(({ indices = [] }) => {
    const part = (group: number, inner: RegExp, trusted: boolean) => {
      const [from, to] = indices[group] ?? [0, 0]
      return [...text.slice(from, to).matchAll(inner)].flatMap(({ 0: piece, index }) =>
        urlSpelling(piece, from + index).map((spelled) => ({ ...spelled, trusted })),
      )
    }
    return [
      ...part(1, /(?<=^[^:]*:).+/g, true),
      ...part(1, /^[^:]+/g, false),
      ...part(3, /[^/]+/g, false),
      ...part(4, /(?<![^&;=])[^&;]+/g, false),
      ...part(5, /(?<![^&=])[^&]+/g, false),
    ]
  })
}

/** What base64 holds: `user:password` in a registry's auth, the bytes of a key. */
export const encoded: Opener = ({ text, trusted }) => {
  if (!/^(?:[A-Za-z0-9+/]{4}){3,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined
  const bytes = Buffer.from(text, "base64")
  const inner = bytes.toString("utf8")
  const own: Leaf = { bytes: Buffer.from(text), text }
  // That so many random bytes are all printable is no accident.
  if (/^(?:[^\p{Cc}\ufffd]|[\r\n\t])*$/u.test(inner)) return [own, { text: inner, trusted }]
  return looksRandom(text) && bytes.length >= 16 ? [own, { bytes, text: undefined }] : undefined
}
