import { createPrivateKey } from "node:crypto"

const secretNumbers = ["d", "p", "q", "dp", "dq", "qi"] as const
/** In bytes: versions, algorithms and lengths, which stand in front of every key. */
const preamble = 96
const magic = "openssh-key-v1\0"

/**
 * The secret bytes in the body of a PEM private key, as ranges of the body. Modulus, point and public key are in what
 * everybody may see. Of a key that cannot be read, all that is not in every such key.
 */
export function secretRanges(pem: string, body: Buffer): [from: number, to: number][] {
  const found = (body.toString("latin1", 0, magic.length) === magic ? opensshNumbers(body) : numbers(pem))
    .filter((number) => number.length >= 16)
    .map((number): [number, number] => [body.indexOf(number), body.indexOf(number) + number.length])
    .filter(([from]) => from >= 0)
  if (found.length > 0) return found
  const structured = body[0] === 0x30 || body.toString("latin1", 0, magic.length) === magic
  return [[structured && body.length > 2 * preamble ? preamble : 0, body.length]]
}

function numbers(pem: string): Buffer[] {
  try {
    const key = createPrivateKey(pem).export({ format: "jwk" })
    return secretNumbers.flatMap((name) => (key[name] ? [Buffer.from(key[name], "base64url")] : []))
  } catch {
    return []
  }
}

/** OpenSSH's PROTOCOL.key, not sealed: of the private section, what the public key has not. The last field is a comment. */
function opensshNumbers(body: Buffer): Buffer[] {
  const [cipher, , , , publicKey, sealed] = fields(body, magic.length, [4, 4, 4, 0, 4, 4])
  if (cipher?.toString() !== "none" || publicKey === undefined || sealed === undefined) return []
  return fields(sealed, 8, [])
    .slice(1, -1)
    .filter((field) => !publicKey.includes(field))
    .map((field) => {
      // Ed25519 repeats the public key behind the seed.
      const end = field.length === 64 && publicKey.includes(field.subarray(32)) ? 32 : field.length
      return field.subarray(field[0] === 0 ? 1 : 0, end)
    })
}

/** Fields with a length of four bytes before them; where `lengths` says 0, four bytes without one. */
function fields(bytes: Buffer, start: number, lengths: number[]): Buffer[] {
  const all: Buffer[] = []
  for (let at = start; at + 4 <= bytes.length; ) {
    const length = lengths[all.length] === 0 ? 0 : bytes.readUInt32BE(at)
    if (at + 4 + length > bytes.length) break
    all.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return all
}
