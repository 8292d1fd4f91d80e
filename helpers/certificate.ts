// Certificates as facts: what each says, and which key really signed it. Judging them is a spec's business.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from "node:crypto"
import type { Secret } from "./secret.ts"

export interface CertificateFacts {
  subject: string
  issuer: string
  /** ISO 8601, UTC. */
  validFrom: string
  validTo: string
  /** Of the DER, 64 lower-case hex digits. */
  sha256: string
  spkiSha256: string
  /** `RSA 2048`, `EC prime256v1`, `ED25519`. */
  keyType: string
  isCa: boolean
  /** Signed by its own key and issued by its own name. */
  selfSigned: boolean
}

export interface LinkFacts {
  /** `0 CN=… is signed by 1 CN=…`, or `… is not signed by …`. */
  says: string
  /** The names match, the issuer is a CA, and its key made the signature. */
  signed: boolean
}

export interface ChainFacts {
  certificates: CertificateFacts[]
  /** Entries of the leaf's subjectAltName, such as `DNS:*.example.org`. */
  names: string[]
  /** Whether the leaf is for this name, for the domain itself and for a random name right under it. */
  coversApex: boolean
  coversWildcard: boolean
  /** Whether the leaf's extended key usage has serverAuth; false when it has none. */
  serverAuth: boolean
  /** From `at` to the end of the leaf, rounded down; negative once it is over. */
  daysLeft: number
  /** Certificates whose validity does not include `at`, as `0 CN=…`. */
  notValidAt: string[]
  /** One for each pair of neighbours, in the order of the file. */
  links: LinkFacts[]
  /** The root among `roots` that the last certificate is, or is signed by; null when there is none. */
  anchor: { subject: string; sha256: string } | null
}

/**
 * The certificates of a PEM file in its order; whitespace between them and CRLF are fine. Throws, naming `what`, when there
 * is none, when anything else stands in the file, and when a certificate cannot be parsed.
 */
export function parseChain(pem: Uint8Array | string, what = "certificate chain"): X509Certificate[] {
  const text = typeof pem === "string" ? pem : Buffer.from(pem).toString("latin1")
  const blocks = text.match(block) ?? []
  if (blocks.length === 0) throw new Error(`${what}: no certificate in it`)
  if (text.replace(block, "").trim() !== "")
    throw new Error(`${what}: something beside ${blocks.length} certificates in it`)
  return blocks.map((found, index) => {
    try {
      return new X509Certificate(found)
    } catch {
      throw new Error(`${what}: certificate ${index} of ${blocks.length} cannot be parsed`)
    }
  })
}

const block = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]*-----END CERTIFICATE-----/g

/** What a chain, leaf first, says and proves for `domain` at a moment, with `roots` as the only anchors. */
export function chainFacts(chain: X509Certificate[], roots: X509Certificate[], domain: string, at: Date): ChainFacts {
  const [leaf] = chain
  const top = chain.at(-1)
  if (!leaf || !top) throw new Error(`certificate chain for ${domain}: no certificate in it`)
  const anchor = roots.find((root) => root.raw.equals(top.raw)) ?? roots.find((root) => isSignedBy(top, root))
  return {
    certificates: chain.map(certificateFacts),
    names: leaf.subjectAltName?.split(", ") ?? [],
    coversApex: covers(leaf, domain),
    coversWildcard: covers(leaf, `${randomBytes(8).toString("hex")}.${domain}`),
    serverAuth: leaf.keyUsage?.includes(serverAuth) ?? false,
    daysLeft: Math.floor((Date.parse(leaf.validTo) - at.getTime()) / 86_400_000),
    notValidAt: chain.flatMap((certificate, index) => (isValid(certificate, at) ? [] : [label(certificate, index)])),
    links: chain.slice(1).map((issuer, index) => link(chain[index] as X509Certificate, issuer, index)),
    anchor: anchor ? { subject: oneLine(anchor.subject), sha256: certificateSha256(anchor) } : null,
  }
}

const serverAuth = "1.3.6.1.5.5.7.3.1"

function certificateFacts(certificate: X509Certificate): CertificateFacts {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    sha256: certificateSha256(certificate),
    spkiSha256: spkiSha256(certificate),
    keyType: keyType(certificate.publicKey),
    isCa: certificate.ca,
    selfSigned: certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey),
  }
}

/** By subjectAltName alone, as browsers do, and never by a partial wildcard such as `a*.example.org`. */
function covers(leaf: X509Certificate, name: string): boolean {
  return leaf.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined
}

function isValid(certificate: X509Certificate, at: Date): boolean {
  return Date.parse(certificate.validFrom) <= at.getTime() && at.getTime() <= Date.parse(certificate.validTo)
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function link(certificate: X509Certificate, issuer: X509Certificate, index: number): LinkFacts {
  const signed = isSignedBy(certificate, issuer)
  const says = `${label(certificate, index)} is ${signed ? "" : "not "}signed by ${label(issuer, index + 1)}`
  return { says, signed }
}

const label = (certificate: X509Certificate, index: number) => `${index} ${oneLine(certificate.subject)}`
const oneLine = (name: string | undefined) => (name ?? "").trim().replaceAll("\n", ", ")

function keyType(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  return [key.asymmetricKeyType?.toUpperCase(), modulusLength ?? namedCurve]
    .filter((part) => part !== undefined)
    .join(" ")
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

/** SHA-256 of the certificate's DER, hex. */
export const certificateSha256 = (certificate: X509Certificate): string => sha256(certificate.raw)

/** SHA-256 of the certificate's public key (SubjectPublicKeyInfo, DER), hex. */
export const spkiSha256 = (certificate: X509Certificate): string => spki(certificate.publicKey)

/** SHA-256 of the public half of a PEM private key, comparable with {@link spkiSha256}. Throws without quoting it. */
export function publicKeyOf(privateKeyPem: Secret): string {
  let key: KeyObject
  try {
    key = createPublicKey(createPrivateKey(privateKeyPem.reveal()))
  } catch {
    throw new Error(`${privateKeyPem.name}: not a PEM private key`)
  }
  return spki(key)
}

const spki = (key: KeyObject) => sha256(key.export({ type: "spki", format: "der" }))

/** Which key a PEM file is about: a chain's first certificate, or a private key; anything else has none. */
export function publicKeyIn(pem: Secret): {
  kind: "certificate" | "private key" | "neither"
  spkiSha256: string | null
} {
  try {
    return { kind: "private key", spkiSha256: publicKeyOf(pem) }
  } catch {
    // Not a key; a chain, perhaps.
  }
  try {
    const [leaf] = parseChain(pem.reveal())
    return { kind: "certificate", spkiSha256: leaf ? spkiSha256(leaf) : null }
  } catch {
    return { kind: "neither", spkiSha256: null }
  }
}
