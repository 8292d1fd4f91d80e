import { X509Certificate } from "node:crypto"
import { run } from "./run.ts"

export interface Greeting {
  /** IPv4 or IPv6 address. */
  address: string
  port: number
  /** The name asked for (SNI); without it none is sent. */
  servername?: string
  version: "TLSv1.2" | "TLSv1.3"
}

/** What a server answered: every certificate in the order sent, or the TLS alert by which it declined. */
export type Presented = { certificates: X509Certificate[]; protocol: string } | { refused: string }

/**
 * The certificates a server presents, trusted or not: judging them is the spec's job. Only an alert that declines is a refusal;
 * anything else that is no whole handshake is an error, and so is another protocol version than the one asked for.
 *
 * Node's own `getPeerCertificate()` rebuilds the chain by issuer, which hides wrong order, duplicates and extras;
 * `openssl s_client -showcerts` prints what came.
 */
export async function presentedChain(greeting: Greeting, timeoutMs = 8_000): Promise<Presented> {
  const { address, port, servername, version } = greeting
  const where = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`
  const what = `no TLS handshake with ${where} (${servername === undefined ? "no sni" : `sni ${servername}`}, ${version})`
  const { stdout, stderr, exitCode } = await run(
    "openssl",
    [
      ...["s_client", "-connect", where, "-showcerts"],
      ...(servername === undefined ? ["-noservername"] : ["-servername", servername]),
      version === "TLSv1.2" ? "-tls1_2" : "-tls1_3",
      // A weak key is for the spec to see, not for our openssl to hide.
      ...["-cipher", "DEFAULT@SECLEVEL=0"],
      // Whom this machine trusts is not asked here, and reading all of them takes longer than the handshake.
      ...["-no-CAfile", "-no-CApath"],
    ],
    { answers: [0, 1], timeoutMs },
  ).catch((cause: Error) => {
    throw new Error(`${what}: ${cause.message}`, { cause })
  })

  if (exitCode !== 0) {
    // openssl says "SSL alert number" only of an alert it received.
    const refused = refusals[Number(/SSL alert number (\d+)/.exec(stderr)?.[1])]
    if (refused !== undefined) return { refused: `alert ${refused}` }
    throw new Error(`${what}: ${stderr.trim() || "the connection ended without an alert"}`)
  }
  const cipher = /^New, (.+), Cipher is (.+)$/m.exec(stdout)
  if (cipher === null || cipher[2] === "(NONE)") throw new Error(`${what}: it did not complete`)
  // The cipher line names the version that introduced the cipher: the protocol's own only for TLS 1.3.
  const protocol = /^ *Protocol *: *(\S+)$/m.exec(stdout)?.[1] ?? cipher[1] ?? "unknown"
  if (protocol !== version) throw new Error(`${what}: the server chose ${protocol}`)

  const [section = ""] = stdout.split("\nServer certificate\n")
  const blocks = section.match(/^-----BEGIN CERTIFICATE-----\n[\s\S]*?\n-----END CERTIFICATE-----$/gm) ?? []
  const listed = section.match(/^ *\d+ s:/gm)?.length ?? 0
  if (blocks.length === 0) throw new Error(`${what}: no certificate was presented`)
  if (blocks.length !== listed)
    throw new Error(`${what}: openssl listed ${listed} certificates and printed ${blocks.length}`)
  return { certificates: blocks.map((pem) => new X509Certificate(pem)), protocol }
}

/**
 * The alerts by which a server declines (RFC 8446, section 6); Go's TLS, and so Traefik, may say `internal_error` of a
 * name it has no certificate for. Any other alert, `bad_record_mac` say, is an accident on the way.
 */
const refusals: Record<number, string> = {
  40: "handshake_failure",
  49: "access_denied",
  70: "protocol_version",
  71: "insufficient_security",
  80: "internal_error",
  112: "unrecognized_name",
  116: "certificate_required",
  120: "no_application_protocol",
}
