// Whether two endpoints are one TLS server: a session begun at the first resumes at the second only if both know the key
// that seals its tickets, which lives in the server's memory and nowhere else. A copy of certificate and key does not help.

import { connect, type TLSSocket } from "node:tls"

export interface Place {
  name: string
  address: string
  port: number
}

/** Begins a session (TLS 1.3) at `from` and tries to resume it at `to`. Throws when either cannot be reached. */
export async function resumes(from: Place, to: Place, servername: string, timeoutMs = 8000): Promise<boolean> {
  const begin = (socket: TLSSocket, done: (session: Buffer) => void) => socket.once("session", done)
  const session = await greetOnce(from, servername, undefined, timeoutMs, begin)
  return greetOnce(to, servername, session, timeoutMs, (socket, done: (reused: boolean) => void) =>
    socket.once("secureConnect", () => done(socket.isSessionReused())),
  )
}

function greetOnce<T>(
  { name, address, port }: Place,
  servername: string,
  session: Buffer | undefined,
  timeoutMs: number,
  listen: (socket: TLSSocket, done: (answer: T) => void) => void,
): Promise<T> {
  const what = `${name} (${address} port ${port}), sni ${servername}, ${session === undefined ? "for a session" : "with a session"}`
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      servername,
      minVersion: "TLSv1.3",
      rejectUnauthorized: false,
      ...(session === undefined ? {} : { session }),
    })
    const fail = (message: string) => {
      clearTimeout(deadline)
      socket.destroy()
      reject(new Error(`no TLS session with ${what}: ${message}`))
    }
    const deadline = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs)
    listen(socket, (answer) => {
      clearTimeout(deadline)
      socket.destroy()
      resolve(answer)
    })
    socket.once("error", (cause) => fail(cause.message))
    socket.once("end", () => fail("the server ended the connection"))
  })
}
