import { createPrivateKey } from "node:crypto"
import ssh2 from "ssh2"

/** Bytes from `from` to before `to`. */
export interface Range {
  from: number
  to: number
}

/** What secret numbers are called in a JSON Web Key: RFC 7518 for RSA and EC, RFC 8037 for Ed25519 and the like. */
const secretNumbers = ["d", "p", "q", "dp", "dq", "qi"] as const

/** In bytes: what stands before the first secret byte in a key of an unknown kind, more or less. */
const preamble = 128

/**
 * Where in the body of a PEM private key its secret numbers are: modulus, point and public key are in the certificate
 * too, and headers are in every key. Of a key that cannot be read (encrypted, of a kind that node does not know),
 * everything behind the preamble.
 */
export function secretRanges(pem: string, body: Buffer): Range[] {
  const ranges = numbersOf(pem)
    .map((number) => ({ from: body.indexOf(number), to: body.indexOf(number) + number.length }))
    .filter(({ from }) => from >= 0)
  if (ranges.length > 0) return ranges
  const sealed = pem.includes("OPENSSH") ? sealedInOpenSsh(body) : sealedInPkcs8(body)
  if (sealed !== undefined) return [sealed]
  return body.length > 2 * preamble ? [{ from: preamble, to: body.length }] : [{ from: 0, to: body.length }]
}

/** RFC 5958: SEQUENCE { AlgorithmIdentifier, OCTET STRING }. Of the algorithm nearly every byte is in every such key. */
function sealedInPkcs8(body: Buffer): Range | undefined {
  const outer = element(body, 0, 0x30)
  const algorithm = outer && element(body, outer.from, 0x30)
  return algorithm && element(body, algorithm.to, 0x04)
}

/** Where the contents of a DER element with this tag are. */
function element(bytes: Buffer, at: number, tag: number): Range | undefined {
  const first = bytes[at + 1]
  if (bytes[at] !== tag || first === undefined) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  if (count > 4 || at + 2 + count > bytes.length) return undefined
  const length = count === 0 ? first : bytes.readUIntBE(at + 2, count)
  const from = at + 2 + count
  return from + length <= bytes.length ? { from, to: from + length } : undefined
}

/** OpenSSH, PROTOCOL.key: magic, cipher, kdf, its options, how many keys, the public one, and what is sealed. */
function sealedInOpenSsh(body: Buffer): Range | undefined {
  let at = body.indexOf(0) + 1
  const next = () => {
    if (at + 4 > body.length) return undefined
    const from = at + 4
    at = from + body.readUInt32BE(at)
    return at <= body.length ? { from, to: at } : undefined
  }
  const before = [next(), next(), next()]
  at += 4
  const [publicKey, sealed] = [next(), next()]
  return before.includes(undefined) || publicKey === undefined ? undefined : sealed
}

function numbersOf(pem: string): Buffer[] {
  try {
    const parsed = pem.includes("OPENSSH") ? ssh2.utils.parseKey(pem) : pem
    if (parsed instanceof Error) return []
    const key = createPrivateKey(typeof parsed === "string" ? parsed : parsed.getPrivatePEM()).export({ format: "jwk" })
    return secretNumbers.flatMap((name) => (key[name] ? [Buffer.from(key[name], "base64url")] : []))
  } catch {
    return []
  }
}
