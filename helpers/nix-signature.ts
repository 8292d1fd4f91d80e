// Signatures of store paths: who says that a path has these bytes and these references.

import { verify } from "node:crypto"
import { nix32 } from "./nix-hash.ts"
import type { PathInfo } from "./nix-path-info.ts"

type Signed = Pick<PathInfo, "path" | "narHash" | "narSize" | "references">

// What goes before the 32 bytes of an Ed25519 public key to make it a SubjectPublicKeyInfo (RFC 8410).
const spki = Buffer.from("302a300506032b6570032100", "hex")

/** What a signature is over (nix, src/libstore/path-info.cc). */
export function fingerprint({ path, narHash, narSize, references }: Signed): string {
  return `1;${path};sha256:${nix32(Buffer.from(narHash, "hex"))};${narSize};${[...references].sort().join(",")}`
}

/**
 * Whether a signature (`NAME:BASE64`) over a path is by the public key (`NAME:BASE64`) of that name. A malformed signature
 * is none; a malformed public key, which the target file would have named, throws.
 */
export function verifies(info: Signed, signature: string, publicKeys: string[]): boolean {
  const [name, bytes] = named(signature, 64)
  const message = Buffer.from(fingerprint(info))
  return publicKeys.some((text) => {
    const [keyName, key] = named(text, 32)
    if (key === undefined) throw new Error(`${text} is no public key NAME:BASE64`)
    if (bytes === undefined || keyName !== name) return false
    return verify(null, message, { key: Buffer.concat([spki, key]), format: "der", type: "spki" }, bytes)
  })
}

/** NAME:BASE64, of so many bytes, spelt in the one way there is. */
function named(text: string, length: number): [name: string, bytes: Buffer | undefined] {
  const colon = text.indexOf(":")
  const bytes = Buffer.from(text.slice(colon + 1), "base64")
  const whole = colon > 0 && bytes.length === length && bytes.toString("base64") === text.slice(colon + 1)
  return [text.slice(0, Math.max(colon, 0)), whole ? bytes : undefined]
}
