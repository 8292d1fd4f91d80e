// How connections to Incus are made: to the server that is pinned, and without answers that nobody reads.

import type { X509Certificate } from "node:crypto"
import type { SecureContext, TLSSocket } from "node:tls"
import { buildConnector } from "undici"
import { certificateSha256 } from "./certificate.ts"

/** Whoever answers at the URL does not present the pinned server certificate; nothing was asked of it. */
export class ServerCertificateMismatch extends Error {
  override name = "ServerCertificateMismatch"
}

/**
 * Incus signs its own certificate, for no name anybody uses: equality with the pinned one is the only thing that says who
 * answers, and it is checked before the socket is given to HTTP. A resumed session would not show the certificate again.
 */
export function pinnedConnector(where: string, pinned: X509Certificate, secureContext: SecureContext) {
  const connector = buildConnector({ secureContext, rejectUnauthorized: false, maxCachedSessions: 0, timeout: 10_000 })
  return (options: buildConnector.Options, callback: buildConnector.Callback): void =>
    connector(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      const presented = (socket as TLSSocket).getPeerX509Certificate()
      if (presented?.raw.equals(pinned.raw)) return callback(null, socket)
      socket.destroy()
      const [expected, got] = [pinned, presented].map((one) => (one ? certificateSha256(one) : "none"))
      const message = `${where}: its certificate is not the pinned one, nothing was sent: do not continue`
      callback(new ServerCertificateMismatch(`${message} (expected SHA256 ${expected}, got ${got})`), null)
    })
}

/** FIN and the opcode of a pong (RFC 6455, 5.2). */
const pong = 0x8a

/**
 * Incus pings every websocket, but reads none that it writes a program's output to. When it closes one with an answer unread
 * in it, its kernel resets the connection, and what was still on its way is lost. So nobody answers there.
 */
export function withoutPongs(connect: ReturnType<typeof pinnedConnector>) {
  return (options: buildConnector.Options, callback: buildConnector.Callback): void =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
      socket.write = (...[chunk, ...rest]: unknown[]) =>
        Buffer.isBuffer(chunk) && chunk[0] === pong ? true : write(chunk, ...rest)
      callback(null, socket)
    })
}
