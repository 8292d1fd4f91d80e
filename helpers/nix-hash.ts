// Hashes as Nix writes them, and the store path that a locked source input must have.

import { createHash } from "node:crypto"

const alphabet = "0123456789abcdfghijklmnpqrsvwxyz"

/** Nix's base 32: its own alphabet, least significant digit last, no padding (nix, src/libutil/hash.cc). */
export function nix32(bytes: Uint8Array): string {
  let text = ""
  for (let digit = Math.ceil((bytes.length * 8) / 5) - 1; digit >= 0; digit--) {
    const [index, shift] = [(digit * 5) >> 3, (digit * 5) & 7]
    const pair = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8)
    text += alphabet.charAt((pair >> shift) & 31)
  }
  return text
}

/** The bytes of a text in Nix's base 32; a text that {@link nix32} never writes throws. */
export function fromNix32(text: string): Buffer {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8))
  for (const [place, letter] of [...text].reverse().entries()) {
    const [index, shift] = [(place * 5) >> 3, (place * 5) & 7]
    const value = alphabet.indexOf(letter) << shift
    if (value < 0) throw new Error(`no nix32: ${JSON.stringify(text)}`)
    bytes[index] = (bytes[index] ?? 0) | (value & 255)
    bytes[index + 1] = (bytes[index + 1] ?? 0) | (value >> 8)
  }
  // Lengths that no number of bytes has, and bits beyond the last byte, are lost here.
  if (nix32(bytes) !== text) throw new Error(`no nix32: ${JSON.stringify(text)}`)
  return bytes
}

/** A SHA-256 as `sha256-` and base64, the way flake.lock writes it. */
export function sri(sha256: Buffer): string {
  return `sha256-${sized(sha256).toString("base64")}`
}

/** The bytes of a SHA-256 in any spelling that Nix writes: SRI (old locks lack its `=`), or `sha256:` and a base. */
export function parseHash(text: string): Buffer {
  const [, mark, digits = ""] = /^sha256([-:])([0-9a-zA-Z+/=]*)$/.exec(text) ?? []
  const shape = `${mark}${digits.length}`
  if (shape === "-44" || shape === ":44") return base64(digits, text)
  if (shape === "-43") return base64(`${digits}=`, text)
  if (shape === ":52") return fromNix32(digits)
  if (shape === ":64" && /^[0-9a-f]*$/.test(digits)) return Buffer.from(digits, "hex")
  throw new Error(`no SHA-256 hash: ${JSON.stringify(text)}`)
}

/** The store path that a source with this NAR hash must have (nix, src/libstore/store-path.cc, makeFixedOutputPath). */
export function sourceStorePath(narHash: Buffer, name = "source", storeDir = "/nix/store"): string {
  return storePathOf(`source:sha256:${sized(narHash).toString("hex")}`, name, storeDir)
}

/** The path that a text with these references must have, as a `.drv` is one (nix, src/libstore/store-dir-config.cc, makeTextPath). */
export function textStorePath(text: Uint8Array, references: string[], name: string, storeDir = "/nix/store"): string {
  const sha256 = createHash("sha256").update(text).digest("hex")
  return storePathOf(["text", ...references.toSorted(), "sha256", sha256].join(":"), name, storeDir)
}

function storePathOf(what: string, name: string, storeDir: string): string {
  if (!/^[0-9a-zA-Z+\-_?=][0-9a-zA-Z+\-._?=]{0,210}$/.test(name)) {
    throw new Error(`no name in a store: ${JSON.stringify(name)}`)
  }
  const digest = createHash("sha256").update(`${what}:${storeDir}:${name}`).digest()
  const folded = Buffer.alloc(20)
  for (const [index, byte] of digest.entries()) folded[index % 20] = (folded[index % 20] ?? 0) ^ byte
  return `${storeDir}/${nix32(folded)}-${name}`
}

function base64(digits: string, text: string): Buffer {
  const bytes = Buffer.from(digits, "base64")
  // Node forgives wrong letters and stray bits; written again they differ.
  if (bytes.length !== 32 || bytes.toString("base64") !== digits) {
    throw new Error(`no SHA-256 hash: ${JSON.stringify(text)}`)
  }
  return bytes
}

function sized(sha256: Buffer): Buffer {
  if (sha256.length !== 32) throw new Error(`no SHA-256: ${sha256.length} bytes`)
  return sha256
}
