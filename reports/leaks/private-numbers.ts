// Of a private key's bytes, those that are private: the rest is the same in every key, or its public half.

import { createPrivateKey } from "node:crypto"

/** The stretches of a key's binary form, PKCS#1, PKCS#8, SEC1 or OpenSSH's, that nobody but its owner may know. */
export function privateStretches(binary: Buffer, pem: string): [from: number, to: number][] {
  const numbers = binary.subarray(0, openssh.length).equals(openssh) ? ofOpenssh(binary) : ofPem(pem)
  // A key that cannot be read, one with a passphrase say: all behind what such files begin with.
  if (numbers === undefined) return [[Math.min(unread, binary.length), binary.length]]
  return numbers
    .flatMap((number) => placesOf(number, binary))
    .toSorted(([a], [b]) => a - b)
    .reduce<[number, number][]>((apart, [from, to]) => {
      const before = apart.at(-1)
      if (before && from <= before[1]) before[1] = Math.max(before[1], to)
      else apart.push([from, to])
      return apart
    }, [])
}

const openssh = Buffer.from("openssh-key-v1\0")
const unread = 96

function placesOf(number: Buffer, binary: Buffer): [number, number][] {
  const places: [number, number][] = []
  for (let at = binary.indexOf(number); at >= 0; at = binary.indexOf(number, at + 1))
    places.push([at, at + number.length])
  return places
}

function ofPem(pem: string): Buffer[] | undefined {
  try {
    const { d, p, q, dp, dq, qi } = createPrivateKey(pem).export({ format: "jwk" })
    return [d, p, q, dp, dq, qi].flatMap((number) => (number === undefined ? [] : [Buffer.from(number, "base64url")]))
  } catch {
    return undefined
  }
}

/** PROTOCOL.key of OpenSSH: lengths precede what they are the lengths of. */
function ofOpenssh(binary: Buffer): Buffer[] | undefined {
  try {
    const file = stringsFrom(binary.subarray(openssh.length))
    const [cipher] = [file.next(), file.next(), file.next()]
    const keys = file.number()
    const [, inner] = [file.next(), file.next()]
    if (cipher?.toString() !== "none" || keys !== 1 || inner === undefined) return undefined
    const key = stringsFrom(inner.subarray(8))
    const kind = key.next().toString()
    const fields = Array.from({ length: kind === "ssh-rsa" ? 6 : kind === "ssh-ed25519" ? 2 : 3 }, () => key.next())
    if (kind === "ssh-rsa") return fields.slice(2)
    if (kind === "ssh-ed25519") return fields.slice(1).map((seedAndPublic) => seedAndPublic.subarray(0, 32))
    return kind.startsWith("ecdsa-") ? fields.slice(2) : undefined
  } catch {
    return undefined
  }
}

function stringsFrom(bytes: Buffer): { next(): Buffer; number(): number } {
  let at = 0
  const number = () => {
    at += 4
    return bytes.readUInt32BE(at - 4)
  }
  const next = () => {
    const length = number()
    at += length
    return bytes.subarray(at - length, at)
  }
  return { next, number }
}
