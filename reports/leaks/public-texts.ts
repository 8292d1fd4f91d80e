// What stands in secrets and is the same in everybody's: not a secret, however random it looks.

import { generateKeyPairSync } from "node:crypto"

const headers = ["HS256", "HS384", "RS256", "ES256", "EdDSA"].flatMap((alg) => [
  Buffer.from(JSON.stringify({ alg, typ: "JWT" })).toString("base64url"),
  Buffer.from(JSON.stringify({ typ: "JWT", alg })).toString("base64url"),
])

const said = [
  ...["-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN EC PRIVATE KEY-----"],
  ...["-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"],
  ...["-----BEGIN AGE ENCRYPTED FILE-----", "age-encryption.org/v1", "AGE-SECRET-KEY-1", "AGE-PLUGIN-"],
  ...[
    '{"auths":{"https://index.docker.io/v1/":{"auth":"',
    '{"auths":{"ghcr.io":{"username":"',
    "PuTTY-User-Key-File-3:",
  ],
  ...[
    "ghp_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "sk_live_",
    "$argon2id$v=19$m=65536,t=3,p=4$",
    "$2y$10$",
    "$6$rounds=5000$",
  ],
  ...["0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"],
]

// "openssh-key-v1", no cipher, no key derivation, one key: 47 bytes and the kind.
const openssh = Buffer.concat([
  Buffer.from(
    "openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01\0\0\0\x33\0\0\0\x0bssh-ed25519\0\0\0\x20",
    "latin1",
  ),
])

// How DER begins, up to the first byte that differs from key to key.
const der = [
  generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" }).subarray(0, 16),
  generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ format: "der", type: "pkcs8" })
    .subarray(0, 36),
  Buffer.from("308204bd020100300d06092a864886f70d0101010500048204a7308204a30201000282010100", "hex"),
  Buffer.from("308204a40201000282010100", "hex"),
  Buffer.from("3082025c02010002818100", "hex"),
]

/** Whole, and as the base64 that keys and tokens begin with. */
export const publicTexts: Uint8Array[] = [
  ...said.map((text) => Buffer.from(text)),
  ...headers.map((text) => Buffer.from(text)),
  ...[openssh, ...der, ...said.map((text) => Buffer.from(text))].flatMap((bytes) => [
    bytes,
    // Without the last characters: what they say depends on what follows.
    Buffer.from(
      bytes
        .toString("base64")
        .replace(/=*$/, "")
        .slice(0, Math.floor((bytes.length * 8) / 6)),
    ),
  ]),
]
