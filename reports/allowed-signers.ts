// Whose signature counts: ssh-keygen's allowed_signers file, read more strictly than ssh-keygen reads it.

import { namespaceOf, type Role, roles } from "./roles.ts"

/** The file of signers is wrong; the message names every line and what is wrong with it. */
export class SignersError extends Error {
  override name = "SignersError"
}

export interface Signers {
  /** The lines as ssh-keygen gets them: written anew from what was understood, so that both read the same. */
  lines: string[]
  /** The roles that have a key. */
  roles: Set<Role>
}

const shape = /^(\S+)[ \t]+((?:[^\s"]|"[^"]*")+)[ \t]+(\S+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t].*)?$/
const types = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/
const example = `adversary namespaces="${namespaceOf.adversary}" ssh-ed25519 AAAA…`

/**
 * Reads the text of an allowed_signers file. ssh-keygen lets a line without namespaces sign anything, and a pattern or a
 * key that stands twice be anybody; each of these is refused here, before anything is verified with it.
 */
export function readSigners(text: string, file: string): Signers {
  const seen = new Map<string, number>()
  const mistakes: string[] = []
  const read: { role: Role; line: string }[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue
    const [, principal = "", options = "", type = "", key = ""] = shape.exec(line) ?? []
    const wrong =
      key === "" ? [`no line of a signer; one is: ${example}`] : signerMistakes(principal, options, type, key)
    const before = seen.get(key)
    if (key !== "" && before !== undefined)
      wrong.push(`the key of line ${before} again: two roles with one key are one`)
    seen.set(key, index + 1)
    mistakes.push(...wrong.map((what) => `${file}:${index + 1}: ${what}`))
    const role = roles.find((name) => name === principal)
    if (role !== undefined) read.push({ role, line: `${principal} ${options} ${type} ${key}` })
  }
  if (mistakes.length === 0 && read.length === 0) mistakes.push(`${file}: names no signer; a line is: ${example}`)
  if (mistakes.length > 0) throw new SignersError(mistakes.join("\n"))
  return { lines: read.map(({ line }) => line), roles: new Set(read.map(({ role }) => role)) }
}

function signerMistakes(principal: string, options: string, type: string, key: string): string[] {
  const role = roles.find((name) => name === principal)
  if (role === undefined)
    return [`a principal is one of ${roles.join(", ")}, without list or pattern, not ${principal}`]
  const given = options.match(/(?:[^,"]|"[^"]*")+/g) ?? []
  const scopes = given.filter((option) => /^namespaces=/i.test(option))
  const others = given.filter(
    (option) => !/^(namespaces="[^"]*"|valid-(after|before)="?\d{8}(\d{4}(\d{2})?)?Z"?)$/.test(option),
  )
  const right = `namespaces="${namespaceOf[role]}"`
  return [
    ...(scopes.length === 1 && scopes[0] === right ? [] : [`${role} signs for exactly ${right}`]),
    ...others
      .filter((option) => !/^namespaces=/i.test(option))
      .map((option) => `${option} is not among namespaces, valid-after and valid-before (both in UTC, with a Z)`),
    ...(types.test(type) && typeIn(key) === type ? [] : [`no public key of a kind that signs: ${type}`]),
  ]
}

function typeIn(key: string): string {
  const blob = Buffer.from(key, "base64")
  if (blob.length < 4 || blob.toString("base64") !== key) return ""
  return blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1")
}
