// Native age keys (X25519): who a file can be opened by, and opening it. Formats: age-encryption.org/v1, BIP 173.

import { createPrivateKey, createPublicKey } from "node:crypto"
import { armor, Decrypter } from "age-encryption"
import { Secret } from "./secret.ts"

export interface AgeIdentity {
  /** `age1…`, the public half. */
  recipient: string
  /** The `AGE-SECRET-KEY-1…` line. */
  key: Secret
}

/**
 * The identities in a key file as age-keygen writes it: `#` comments, blank lines and one `AGE-SECRET-KEY-1…` a line.
 * Throws on any other line, by its number, and when there is no identity.
 */
export function identitiesIn(file: Secret): AgeIdentity[] {
  const identities: AgeIdentity[] = []
  for (const [index, line] of file.reveal().toString("utf8").split(/\r?\n/).entries()) {
    if (line === "" || line.startsWith("#")) continue
    const scalar = line.startsWith("AGE-SECRET-KEY-1") ? bech32Decode("AGE-SECRET-KEY-", line) : undefined
    if (scalar?.length !== 32) throw new Error(`${file.name}: line ${index + 1} is not a native X25519 age identity`)
    const key = new Secret(`${file.name} line ${index + 1}`, Buffer.from(line))
    identities.push({ recipient: bech32Encode("age", x25519Public(scalar)), key })
  }
  if (identities.length === 0) throw new Error(`${file.name}: no age identity in it`)
  return identities
}

/**
 * The plaintext of an armored age file, or null when none of its stanzas is for this identity.
 * Throws, naming `what`, when the file is malformed, cut or altered.
 */
export async function openAge(armored: string, identity: AgeIdentity, what: string): Promise<Buffer | null> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity.key.reveal().toString("latin1"))
  try {
    return Buffer.from(await decrypter.decrypt(armor.decode(armored)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown error"
    if (reason === "no identity matched any of the file's recipients") return null
    // The library's messages are fixed phrases, save one that quotes the file.
    const said = reason.startsWith("invalid version") ? "not an age v1 file" : reason
    throw new Error(`${what}: cannot open the age file: ${said}`)
  }
}

/**
 * The stanza types in an armored age file's header, such as `["X25519"]`. A file can be opened by as many keys as it has
 * stanzas, whatever recipients are written beside it. Throws, naming `what`, when it is malformed.
 */
export function stanzasOf(armored: string, what: string): string[] {
  let text: string
  try {
    text = Buffer.from(armor.decode(armored)).toString("latin1")
  } catch {
    throw new Error(`${what}: not an armored age file`)
  }
  const header = /^age-encryption\.org\/v1\n((?:-> [^\n]+\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)+)--- /.exec(
    text,
  )
  if (header?.[1] === undefined) throw new Error(`${what}: no age v1 header`)
  return [...header[1].matchAll(/^-> (\S+)/gm)].map((stanza) => stanza[1] ?? "")
}

/**
 * The age recipient that ssh-to-age makes of a public key line `ssh-ed25519 AAAA… [comment]`. The Edwards point is
 * mapped to Curve25519, u = (1 + y) / (1 − y), and the sign of x is dropped. Throws on any other kind of key.
 */
export function recipientOfSshHostKey(line: string): string {
  const [type, base64 = ""] = line.trim().split(/\s+/)
  const blob = Buffer.from(base64, "base64")
  const prefix = Buffer.from("0000000b7373682d6564323535313900000020", "hex") // lengths and the string ssh-ed25519
  if (type !== "ssh-ed25519" || blob.length !== 51 || !blob.subarray(0, 19).equals(prefix)) {
    throw new Error(`not an ssh-ed25519 public key line: ${type === "ssh-ed25519" ? "malformed" : type || "empty"}`)
  }
  const y = littleEndian(blob.subarray(19)) & ((1n << 255n) - 1n)
  const u = modP((1n + y) * power(modP(1n - y), p - 2n))
  return bech32Encode("age", Buffer.from(u.toString(16).padStart(64, "0"), "hex").reverse())
}

const p = 2n ** 255n - 19n
const modP = (n: bigint) => ((n % p) + p) % p
const littleEndian = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, e = exponent; e > 0n; e >>= 1n, square = modP(square * square)) {
    if (e & 1n) result = modP(result * square)
  }
  return result
}

function x25519Public(scalar: Uint8Array): Buffer {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), scalar])
  const key = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }))
  return key.export({ format: "der", type: "spki" }).subarray(-32)
}

// Bech32 (checksum constant 1), without BIP 173's limit of 90 characters.
const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

function bech32Encode(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5)
  const checksum = polymod([...expanded(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1
  const check = [25, 20, 15, 10, 5, 0].map((shift) => (checksum >> shift) & 31)
  return `${prefix}1${[...words, ...check].map((word) => alphabet[word]).join("")}`
}

/** The bytes of an all upper-case Bech32 string with this prefix, or undefined when it is not one. */
function bech32Decode(prefix: string, text: string): Buffer | undefined {
  if (text !== text.toUpperCase()) return undefined
  const words = [...text.slice(prefix.length + 1).toLowerCase()].map((letter) => alphabet.indexOf(letter))
  if (words.includes(-1) || polymod([...expanded(prefix.toLowerCase()), ...words]) !== 1) return undefined
  const bytes = Buffer.from(regroup(words.slice(0, -6), 5, 8))
  const spare = ((words.length - 6) * 5) % 8
  const last = words.at(-7) ?? 0
  return spare < 5 && (last & ((1 << spare) - 1)) === 0 ? bytes.subarray(0, ((words.length - 6) * 5) >> 3) : undefined
}

const expanded = (prefix: string) => {
  const codes = [...Buffer.from(prefix)]
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
}

function polymod(words: number[]): number {
  let sum = 1
  for (const word of words) {
    const top = sum >> 25
    sum = ((sum & 0x1ffffff) << 5) ^ word
    for (const [bit, constant] of [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].entries()) {
      if ((top >> bit) & 1) sum ^= constant
    }
  }
  return sum
}

/** Regroups bits, most significant first; what is left over is filled with zeros. */
function regroup(from: Iterable<number>, fromBits: number, toBits: number): number[] {
  const bits = [...from].map((word) => word.toString(2).padStart(fromBits, "0")).join("")
  return (bits.match(new RegExp(`.{1,${toBits}}`, "g")) ?? []).map((group) =>
    Number.parseInt(group.padEnd(toBits, "0"), 2),
  )
}
