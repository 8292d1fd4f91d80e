// One sealed value of a sops file: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, its opening, and what the MAC covers of it.

import { createDecipheriv } from "node:crypto"

export type SealedType = "str" | "int" | "float" | "bytes" | "bool" | "time" | "comment"

export interface Sealed {
  kind: "sealed"
  type: SealedType
  data: Buffer
  /** 32 bytes: sops uses a longer nonce than GCM's usual 12. */
  iv: Buffer
  tag: Buffer
}

// Anchored at both ends. The one sops itself uses is not: it drops text after the `]` without a word.
const sealed =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]{44}),tag:([A-Za-z0-9+/=]{24}),type:(str|int|float|bytes|bool|time|comment)\]$/

/** The sealed value that `text` exactly is; else what is wrong with it, or undefined when it is not one at all. */
export function readSealed(text: string): Sealed | "text after a sealed value" | "malformed sealed value" | undefined {
  if (!text.startsWith("ENC[")) return undefined
  const end = text.indexOf("]")
  const parts = sealed.exec(end < 0 ? text : text.slice(0, end + 1))
  const [data, iv, tag] = [parts?.[1], parts?.[2], parts?.[3]].map(fromBase64)
  if (!data || iv?.length !== 32 || tag?.length !== 16) return "malformed sealed value"
  if (end + 1 !== text.length) return "text after a sealed value"
  return { kind: "sealed", type: parts?.[4] as SealedType, data, iv, tag }
}

function fromBase64(text = ""): Buffer | undefined {
  const bytes = Buffer.from(text, "base64")
  return bytes.toString("base64") === text ? bytes : undefined
}

/**
 * The plaintext, or undefined when it was not sealed with this key for this place: `aad` is the map keys down to the value
 * joined with `:` and a trailing `:` (list positions are not in it), or the MAC's `lastmodified`.
 */
export function unseal(value: Sealed, dataKey: Uint8Array, aad: string): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", dataKey, value.iv, { authTagLength: 16 })
  decipher.setAAD(Buffer.from(aad)).setAuthTag(value.tag)
  try {
    return Buffer.concat([decipher.update(value.data), decipher.final()])
  } catch {
    return undefined
  }
}

/** The AAD of a value, or of a comment in the map or list, under these map keys. */
export const aadOf = (keys: string[]): string => `${keys.join(":")}:`

/** What the MAC takes in for a value of this type (sops: ToBytes), or undefined when the plaintext is not of the type. */
export function macBytes(type: SealedType, plaintext: Buffer): Buffer | undefined {
  const text = plaintext.toString("latin1")
  switch (type) {
    case "str":
    case "bytes":
      return plaintext
    case "int":
      return /^[+-]?\d+$/.test(text) && isInt64(BigInt(text.replace("+", "")))
        ? latin1(`${BigInt(text.replace("+", ""))}`)
        : undefined
    case "float":
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? latin1(decimal(Number(text))) : undefined
    case "bool":
      if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return latin1("True")
      return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? latin1("False") : undefined
    case "time":
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
        ? latin1(rfc3339Nano(text))
        : undefined
    case "comment":
      return undefined
  }
}

const latin1 = (text: string) => Buffer.from(text, "latin1")
const isInt64 = (n: bigint) => BigInt.asIntN(64, n) === n

/** The shortest decimal that reads back the same, never with an exponent: Go's FormatFloat(x, 'f', -1, 64). */
function decimal(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : ""
  const [digits = "", exponent = "0"] = Math.abs(value).toExponential().split("e")
  const [whole = "", fraction = ""] = digits.split(".")
  const all = whole + fraction
  const point = Number(exponent) + 1
  if (point <= 0) return all === "0" ? `${sign}0` : `${sign}0.${"0".repeat(-point)}${all}`
  return point >= all.length ? sign + all.padEnd(point, "0") : `${sign}${all.slice(0, point)}.${all.slice(point)}`
}

/** As Go writes a time it has parsed: no trailing zeros in the fraction, and UTC as `Z`. */
function rfc3339Nano(text: string): string {
  return text
    .replace(/\.(\d+)/, (_, fraction) => `.${fraction.slice(0, 9)}`.replace(/\.?0+$/, ""))
    .replace("+00:00", "Z")
}

/** `lastmodified` as the MAC's AAD has it: whole seconds, UTC as `Z`. */
export const wholeSeconds = (time: string): string => time.replace(/\.\d+/, "").replace(/[+-]00:00$/, "Z")
