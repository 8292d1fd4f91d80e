import { createPrivateKey } from "node:crypto"
import ssh2 from "ssh2"

/** Bytes from `from` to before `to`. */
export interface Range {
  from: number
  to: number
}

/** What secret numbers are called in a JSON Web Key: RFC 7518 for RSA and EC, RFC 8037 for Ed25519 and the like. */
const secretNumbers = ["d", "p", "q", "dp", "dq", "qi"] as const

/** In bytes: what stands before the first secret byte in an encrypted key, more or less. */
const preamble = 64

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
  return body.length > 2 * preamble ? [{ from: preamble, to: body.length }] : [{ from: 0, to: body.length }]
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
