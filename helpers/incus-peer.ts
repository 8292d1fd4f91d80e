// For tests: a TLS server that answers as Incus 6.0.4 was seen to, and as it, a proxy or an impostor must not. Whoever
// imports it has certificates minted before its tests, and every server closed after each.

import { readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo, Server, Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TLSSocket } from "node:tls"
import { afterAll, afterEach, beforeAll, expect } from "vitest"
import { type Command, recordFor } from "./commands.ts"
import { type Incus, openIncus } from "./incus.ts"
import { run } from "./run.ts"
import type { Target } from "./target.ts"

let directory = ""
export const at = (name: string) => join(directory, name)
export const closing: (() => void)[] = []
export let commands: Command[] = []

async function mint(name: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", at(`${name}.key`)]
  await run("openssl", ["req", "-x509", ...key, "-out", at(`${name}.crt`), "-subj", "/CN=incus", "-days", "2"])
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "incus-"))
  await Promise.all(["server", "impostor", "client", "stranger"].map(mint))
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
})
afterAll(() => rm(directory, { recursive: true, force: true }))

export const pem = (name: string) => ({ cert: readFileSync(at(`${name}.crt`)), key: readFileSync(at(`${name}.key`)) })

export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})))
  server.on("tlsClientError", () => {})
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  return (server.address() as AddressInfo).port
}

export const target = (port: number, changes: Partial<Target["incus"]> = {}): Target["incus"] => ({
  url: `https://127.0.0.1:${port}`,
  certificate: { file: at("client.crt") },
  key: { file: at("client.key") },
  serverCertificate: { file: at("server.crt") },
  project: "ci",
  guideline: 12 * 2 ** 30,
  instances: [{ name: "host", memory: 4 * 2 ** 30, host: true }],
  throwaway: { name: "throwaway", memory: 4 * 2 ** 30 },
  image: "base",
  type: "container",
  baseline: { file: at("baseline.json") },
  ...changes,
})

export type Answer = (response: ServerResponse, request: IncomingMessage) => void
export const sync = (metadata: unknown): Answer => json({ type: "sync", status: "Success", status_code: 200, metadata })
export const failing = (code: number, error: string, status = code): Answer =>
  json({ type: "error", status: "", status_code: 0, error_code: code, error, metadata: null }, status)
export const json =
  (body: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`)

export const trusted = { auth: "trusted", auth_user_name: "f00", environment: { server_version: "6.0.4" } }

/** A peer that trusts the client certificate alone and answers by path; without an answer it says what Incus says. */
export async function peer(
  answers: Record<string, Answer>,
): Promise<{ port: number; asked: string[]; connected: () => number }> {
  const asked: string[] = []
  const server = createServer(
    { ...pem("server"), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      asked.push(`${request.method} ${request.url}`)
      const presented = (request.socket as TLSSocket).getPeerX509Certificate()
      const known = presented?.toString() === pem("client").cert.toString()
      if (request.url === "/1.0" && answers["/1.0"] === undefined) {
        return sync(known ? trusted : { auth: "untrusted" })(response, request)
      }
      const answer = answers[request.url ?? ""] ?? failing(404, "not found")
      answer(response, request)
    },
  )
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  return { port: await listening(server), asked, connected: () => sockets.size }
}

export async function opened(answers: Record<string, Answer>): Promise<Incus & { port: number; asked: string[] }> {
  const { port, asked } = await peer(answers)
  commands = []
  recordFor(commands)
  const incus = await openIncus(target(port))
  closing.push(() => void incus.close())
  return { ...incus, port, asked }
}

export const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("no error"),
    (error: Error) => error,
  )

export const instances = "/1.0/instances?recursion=2&project=ci"
