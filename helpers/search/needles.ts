import type { Secret } from "../secret.ts"
import { unbroken, wrapped } from "./forms.ts"
import { type Part, partsOf } from "./parts.ts"
import { piecesOf } from "./pieces.ts"
import { asWord, worth } from "./worth.ts"

export interface Needle {
  /** The secret's name. */
  secret: string
  /** The class of form: "raw", "base64", "pem line", "hex of a line", … */
  form: string
  bytes: Buffer
  /** Counts only between word boundaries. */
  bounded?: true
}

/** What is not looked for, although one might think so. */
export interface NotSearched {
  secret: string
  /** Absent: in no form at all. */
  form?: string
  reason: string
}

/**
 * Everything to look for so that none of these secrets goes unseen in a form that is not compressed, and all that is
 * left out, with the reason. Needles are at least 9 bytes long, but for words of their own; equal ones are one, by its
 * first name. Certificates and public keys are not for here: they are everywhere, and that is fine.
 */
export function needlesOf(secrets: Secret[]): { needles: Needle[]; notSearched: NotSearched[] } {
  const needles = new Map<string, Needle>()
  const notSearched = new Map<string, NotSearched>()
  const leaveOut = (left: NotSearched) => notSearched.set(`${left.secret}\n${left.form}\n${left.reason}`, left)
  const add = (needle: Needle) => {
    const key = needle.bytes.toString("latin1")
    if (!needles.has(key)) needles.set(key, needle)
  }
  for (const secret of secrets) {
    const bytes = secret.reveal()
    const { parts, ordinary } = partsOf(bytes)
    if (parts.length === 0) addWord(secret.name, bytes, add, leaveOut)
    if (parts.length > 0 && ordinary > 0)
      leaveOut({
        secret: secret.name,
        form: "line",
        reason: `${ordinary} of its lines or windows read like ordinary text: not searched by themselves`,
      })
    for (const part of parts) addForms(secret.name, part, add, leaveOut)
  }
  return { needles: [...needles.values()], notSearched: [...notSearched.values()] }
}

type Add = (needle: Needle) => void
type LeaveOut = (left: NotSearched) => void

function addForms(secret: string, part: Part, add: Add, leaveOut: LeaveOut): void {
  const named = (form: string) => (part.what === "" ? form : `${form} of a ${part.what}`)
  add({ secret, form: part.what || "raw", bytes: part.bytes })
  for (const [form, encode] of Object.entries(part.what === "der" ? {} : unbroken))
    for (const bytes of encode(part.bytes)) add({ secret, form: named(form), bytes })
  for (const [form, encoding] of Object.entries(wrapped)) {
    // The base64 of a key's bytes is its PEM, and the base64 of that is the base64 of its lines.
    if (part.what === "der" && form === "base64 of base64") continue
    const { pieces, broken } = piecesOf(part, encoding)
    for (const piece of pieces) for (const bytes of encoding.encode(piece)) add({ secret, form: named(form), bytes })
    if (!broken)
      leaveOut({ secret, form: named(form), reason: "too short to be found where a line break is inside it" })
  }
}

/** What is too short or too common for all forms may still be a word that is nowhere else. */
function addWord(secret: string, whole: Buffer, add: Add, leaveOut: LeaveOut): void {
  const bytes = Buffer.from(whole.toString("latin1").trim(), "latin1")
  const what = bytes.length < 9 ? "shorter than 9 bytes" : "too common"
  const ordinary = worth(bytes) < asWord.bits || /^[\d.,:-]*$|^[a-z]+$|^[A-Z][a-z]+$/.test(bytes.toString("latin1"))
  if (bytes.length === 0) leaveOut({ secret, reason: "empty" })
  else if (bytes.length < asWord.length)
    leaveOut({ secret, reason: `shorter than ${asWord.length} bytes: it is everywhere` })
  else if (ordinary) leaveOut({ secret, reason: `${what}, and reads like an ordinary word or number` })
  else {
    add({ secret, form: "raw", bytes, bounded: true })
    leaveOut({ secret, form: "any but raw", reason: `${what}: searched only as it is, between word boundaries` })
  }
}
