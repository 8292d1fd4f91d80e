// Against TLS servers of this process, and `openssl s_server` for one that gives no tickets.

import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer, type TlsOptions } from "node:tls"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { type Place, resumes } from "./resumption.ts"
import { run } from "./run.ts"

let directory = ""
let pair: Pick<TlsOptions, "cert" | "key">
const closing: (() => void)[] = []
const at = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "resumption-"))
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at("key")]
  await run("openssl", ["req", "-x509", ...key, "-out", at("cert"), "-subj", "/CN=ci", "-days", "2"])
  pair = { cert: await readFile(at("cert")), key: await readFile(at("key")) }
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function listening(name: string, server: Server): Promise<Place> {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})))
  server.on("tlsClientError", () => {})
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  return { name, address: "127.0.0.1", port: (server.address() as AddressInfo).port }
}
const serve = (name: string, options: TlsOptions = {}) =>
  listening(
    name,
    createServer({ ...pair, ...options }, (socket) => void socket.on("error", () => {})),
  )
const ask = (from: Place, to: Place) => resumes(from, to, "ci.example.org", 1000)

test("a server resumes a session of its own", async () => {
  const server = await serve("ci")
  expect(await ask(server, server)).toBe(true)
})

test("a copy of certificate and key does not resume the other's session", async () => {
  const [origin, copy] = [await serve("origin"), await serve("copy")]
  expect(await ask(origin, copy)).toBe(false)
  expect(await ask(copy, origin)).toBe(false)
})

test("two doors of one server, which knows the key of its tickets, resume each other's sessions", async () => {
  const ticketKeys = randomBytes(48)
  const [front, back] = [await serve("front", { ticketKeys }), await serve("back", { ticketKeys })]
  expect(await ask(front, back)).toBe(true)
  expect(await ask(back, front)).toBe(true)
})

test("a gateway that passes the bytes through is the server behind it", async () => {
  const origin = await serve("origin")
  const gateway = await listening(
    "gateway",
    createTcpServer((socket) => {
      const upstream = connect(origin.port, "127.0.0.1").on("error", () => socket.destroy())
      socket.on("close", () => upstream.destroy())
      socket.pipe(upstream).pipe(socket)
    }),
  )
  expect(await ask(origin, gateway)).toBe(true)
})

test("a server that has changed the key of its tickets since then does not resume", async () => {
  const server = createServer(pair, (socket) => void socket.on("error", () => {}))
  server.prependListener("connection", () => server.setTicketKeys(randomBytes(48)))
  const place = await listening("rotating", server)
  expect(await ask(place, place)).toBe(false)
})

test("nobody there is an error that says where, at either place", async () => {
  const server = await serve("ci")
  const nobody = { name: "gateway", address: "127.0.0.1", port: 1 }
  await expect(ask(nobody, server)).rejects.toThrow(
    /^no TLS session with gateway \(127\.0\.0\.1 port 1\), sni ci\.example\.org, for a session: .*ECONNREFUSED/,
  )
  await expect(ask(server, nobody)).rejects.toThrow(
    /^no TLS session with gateway \(127\.0\.0\.1 port 1\), sni ci\.example\.org, with a session: .*ECONNREFUSED/,
  )
})

test("a server that gives no ticket is an error, for nothing could be resumed", async () => {
  const options = ["-cert", at("cert"), "-key", at("key"), "-num_tickets", "0", "-tls1_3"]
  const server: ChildProcess = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", ...options], {
    stdio: ["pipe", "pipe", "ignore"],
  })
  closing.push(() => server.kill())
  const port = await new Promise<number>((resolve, reject) => {
    let output = ""
    server.once("exit", () => reject(new Error(`s_server ended: ${output}`)))
    server.stdout?.on("data", (chunk) => {
      output += chunk
      const port = /ACCEPT .*:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })
  const silent = { name: "silent", address: "127.0.0.1", port }
  const started = performance.now()
  await expect(resumes(silent, silent, "ci", 300)).rejects.toThrow("for a session: no answer within 300 ms")
  expect(performance.now() - started).toBeLessThan(2000)
})

test.each<[string, (socket: Socket) => void, string]>([
  ["ends the connection", (socket) => socket.end(), "for a session: "],
  ["resets the connection", (socket) => socket.resetAndDestroy(), "for a session: "],
  ["speaks no TLS", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "for a session: "],
  ["says nothing", () => {}, "for a session: no answer within 1000 ms"],
])("a server that %s is an error", async (_, answer, message) => {
  const place = await listening("odd", createTcpServer(answer))
  await expect(ask(place, place)).rejects.toThrow(message)
})

test("a server without TLS 1.3 is an error, for an older session could be resumed by others", async () => {
  const old = await serve("old", { maxVersion: "TLSv1.2" })
  await expect(ask(old, old)).rejects.toThrow("no TLS session with old")
})
