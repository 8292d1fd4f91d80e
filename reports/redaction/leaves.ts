// What a secret consists of: values in JSON, in lines, in URLs, in keys. A command that reads a secret prints those.

import { secretRanges } from "./private-key.ts"
import { isCommon, looksRandom } from "./randomness.ts"

/** Part of a secret, to be hidden wherever it stands. */
export interface Leaf {
  bytes: Buffer
  /** Undefined if the bytes are no text: then only what encodes them is searched for. */
  text: string | undefined
}

/** Text that is a secret, or contains some. `trusted` if a person or a key's name says that it is one. */
export interface Part {
  text: string
  trusted: boolean
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
  const open = (part: Part | Leaf, depth: number) => {
    if ("bytes" in part) {
      leaves.set(part.bytes.toString("latin1"), part)
      return
    }
    const text = part.text.trim()
    if (text.length < least || isPublic(text)) return
    const opened = depth < deepest ? openers.map((opener) => opener({ ...part, text })) : []
    for (const inner of opened.flatMap((parts) => parts ?? [])) open(inner, depth + 1)
    const structured = opened.some((parts) => parts !== undefined)
    if (!structured && (looksRandom(text) || (part.trusted && !isCommon(text))))
      leaves.set(Buffer.from(text).toString("latin1"), { bytes: Buffer.from(text), text })
  }
  open({ text, trusted: true }, 0)
  return [...leaves.values()]
}

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
  const rest = text.replace(armour, "\n").trim()
  return [...keys, ...rest.split("\n").map((line) => ({ text: line, trusted: false }))]
}

/** Strings anywhere in JSON; those under a telling name are secrets even if they are words. */
export const json: Opener = ({ text }) => {
  if (!/^[[{"]/.test(text)) return undefined
  try {
    return strings(JSON.parse(text), "")
  } catch {
    return undefined
  }
}

function strings(value: unknown, name: string): Part[] {
  if (typeof value === "string") return [{ text: value, trusted: secretName.test(name) }]
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    { text: key, trusted: false },
    ...strings(inner, Array.isArray(value) ? name : key),
  ])
}

export const lines: Opener = ({ text }) => {
  if (!text.includes("\n") || text.includes("-----BEGIN ") || json({ text, trusted: false }) !== undefined)
    return undefined
  return text.split("\n").map((line) => ({ text: line, trusted: false }))
}

/** `KEY=value`, `key: value`, `- key: value`, `user:password`. */
export const assignment: Opener = ({ text, trusted }) => {
  const [, name = "", value = ""] =
    /^(?:export\s+|[-#]\s+)*["']?([A-Za-z_][\w .-]{0,63}?)["']?\s*[:=]\s*(?!\/\/)([^\n]+)$/.exec(text) ?? []
  if (name === "") return undefined
  const bare = value.replace(/^(["'])(.*)\1[,;]?$/, "$2")
  // It may be a password with a colon in it.
  const whole = trusted && !/\s/.test(text) && looksRandom(text) ? [{ bytes: Buffer.from(text), text }] : []
  return [{ text: bare, trusted: secretName.test(name) || /^[\w.-]+:\S/.test(text) }, ...whole]
}

const urls = /[a-z][a-z0-9+.-]*:\/\/(?:([^\s/@]*)@)?([^\s/?#"']*)([^\s?#"']*)\??([^\s#"']*)(?:#(\S*))?/gi

/** Of a URL the password, the values of its query and fragment, and steps of its path that are no words. */
export const url: Opener = ({ text }) => {
  const found = [...text.matchAll(urls)]
  if (found.length === 0) return undefined
  return found.flatMap(([, userinfo = "", , path = "", query = "", fragment = ""]) => {
    const [user = "", ...password] = userinfo.split(":")
    const values = [...query.split(/[&;]/), ...fragment.split("&")].map((pair) => pair.slice(pair.indexOf("=") + 1))
    return [
      ...both(password.join(":")).map((text) => ({ text, trusted: true })),
      ...[user, ...path.split("/"), ...values].flatMap(both).map((text) => ({ text, trusted: false })),
    ]
  })
}

function both(text: string): string[] {
  try {
    return [...new Set([text, decodeURIComponent(text)])]
  } catch {
    return [text]
  }
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
