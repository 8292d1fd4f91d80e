// Against `openssl s_server`, which sends the chain file exactly as it stands, and raw sockets for what is no handshake.

import { type ChildProcess, spawn } from "node:child_process"
import { X509Certificate } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { run } from "./run.ts"
import { presentedChain } from "./tls.ts"

let directory = ""
const servers: ChildProcess[] = []
const listeners: Server[] = []
const at = (name: string) => join(directory, name)
const versions = ["TLSv1.2", "TLSv1.3"] as const

async function issue(name: string, issuer: string, ca: boolean): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at(`${name}.key`)]
  if (issuer === name) {
    await run("openssl", ["req", "-x509", ...key, "-out", at(`${name}.pem`), "-subj", `/CN=${name}`, "-days", "2"])
    return
  }
  await run("openssl", ["req", ...key, "-out", at(`${name}.csr`), "-subj", `/CN=${name}`])
  await writeFile(at("extensions"), `basicConstraints=CA:${ca ? "TRUE" : "FALSE"}\n`)
  await run("openssl", [
    ...["x509", "-req", "-in", at(`${name}.csr`), "-out", at(`${name}.pem`), "-days", "2", "-CAcreateserial"],
    ...["-CA", at(`${issuer}.pem`), "-CAkey", at(`${issuer}.key`), "-extfile", at("extensions")],
  ])
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tls-"))
  await issue("root", "root", true)
  await issue("upper", "root", true)
  await issue("lower", "upper", true)
  await issue("leaf", "lower", false)
  await issue("stray", "stray", true)
})
afterEach(() => {
  for (const server of servers.splice(0)) server.kill()
  for (const listener of listeners.splice(0)) listener.close()
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Starts s_server with the leaf and the named certificates after it; resolves to its port. */
async function serve(chain: string[], options: string[] = [], address = "127.0.0.1"): Promise<number> {
  const sent = chain.length === 0 ? [] : ["-cert_chain", at("chain.pem")]
  await writeFile(
    at("chain.pem"),
    (await Promise.all(chain.map((name) => readFile(at(`${name}.pem`), "utf8")))).join(""),
  )
  const server = spawn(
    "openssl",
    ["s_server", "-accept", `${address}:0`, "-cert", at("leaf.pem"), "-key", at("leaf.key"), ...sent, ...options],
    { stdio: ["pipe", "pipe", "ignore"] },
  )
  servers.push(server)
  return new Promise((resolve, reject) => {
    let output = ""
    server.stdout?.on("data", (chunk) => {
      output += chunk
      const port = /ACCEPT .*:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    server.once("exit", () => reject(new Error(`s_server ended: ${output}`)))
  })
}

/** A port where `answer` has each connection. */
async function listen(answer: (socket: Socket) => void): Promise<number> {
  const listener = createServer((socket) => {
    socket.on("error", () => {})
    answer(socket)
  }).listen(0, "127.0.0.1")
  listeners.push(listener)
  await new Promise((listening) => listener.once("listening", listening))
  return (listener.address() as AddressInfo).port
}

const greet = (port: number, version: (typeof versions)[number] = "TLSv1.3", servername?: string, timeoutMs?: number) =>
  presentedChain(
    { address: "127.0.0.1", port, version, ...(servername === undefined ? {} : { servername }) },
    timeoutMs,
  )

describe.each(versions)("over %s", (version) => {
  test.each([
    ["in order", ["lower", "upper"]],
    ["misordered", ["upper", "lower"]],
    ["with a duplicate", ["lower", "lower", "upper"]],
    ["with the root and a stranger", ["lower", "upper", "root", "stray"]],
    ["with the leaf again", ["leaf", "lower"]],
    ["of the leaf alone", []],
  ])("a chain %s is seen as sent", async (_, chain) => {
    const port = await serve(chain)
    const presented = await greet(port, version, "drone.ci.example.org")
    if ("refused" in presented) throw new Error(presented.refused)
    const pems = await Promise.all(["leaf", ...chain].map((name) => readFile(at(`${name}.pem`))))
    expect(presented.certificates.map(({ fingerprint256 }) => fingerprint256)).toEqual(
      pems.map((pem) => new X509Certificate(pem).fingerprint256),
    )
    expect(presented.protocol).toBe(version)
  })

  test("the certificate of the name asked for is presented; without a name, the default", async () => {
    const port = await serve([], ["-servername", "other", "-cert2", at("stray.pem"), "-key2", at("stray.key")])
    const subjects = []
    for (const name of ["other", "leaf", undefined]) {
      const presented = await greet(port, version, name)
      subjects.push("certificates" in presented && presented.certificates[0]?.subject)
    }
    expect(subjects).toEqual(["CN=stray", "CN=leaf", "CN=leaf"])
  })

  test("a fatal alert is a refusal", async () => {
    const fatal = ["-servername", "other", "-servername_fatal", "-cert2", at("stray.pem"), "-key2", at("stray.key")]
    expect(await greet(await serve([], fatal), version, "unknown")).toEqual({ refused: "alert unrecognized_name" })
  })

  test("a connection that ends without an alert is an error", async () => {
    const port = await listen((socket) => socket.end())
    await expect(greet(port, version, "a.b")).rejects.toThrow(
      `no TLS handshake with 127.0.0.1:${port} (sni a.b, ${version}): `,
    )
    const resetting = await listen((socket) => socket.resetAndDestroy())
    await expect(greet(resetting, version)).rejects.toThrow(`127.0.0.1:${resetting} (no sni, ${version}): `)
  })
})

test("a server without the version asked for refuses it", async () => {
  expect(await greet(await serve([], ["-tls1_2"]), "TLSv1.3")).toEqual({ refused: "alert protocol_version" })
  expect(await greet(await serve([], ["-tls1_3"]), "TLSv1.2")).toEqual({ refused: "alert protocol_version" })
})

test("a cipher older than TLS 1.2 does not hide that TLS 1.2 was spoken", async () => {
  const port = await serve([], ["-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"])
  expect(await greet(port, "TLSv1.2")).toMatchObject({ protocol: "TLSv1.2" })
})

test("an IPv6 address stands in brackets", async () => {
  const port = await serve([], ["-6"], "[::1]")
  expect(await presentedChain({ address: "::1", port, version: "TLSv1.3" })).toMatchObject({ protocol: "TLSv1.3" })
  const closed = { address: "::1", port: 1, version: "TLSv1.3" } as const
  await expect(presentedChain(closed)).rejects.toThrow("no TLS handshake with [::1]:1 (no sni, TLSv1.3): ")
})

test("nobody there, a silent server and one that speaks no TLS are errors", async () => {
  await expect(greet(1)).rejects.toThrow(/127\.0\.0\.1:1 .*Connection refused/s)
  await expect(greet(await listen(() => {}), "TLSv1.3", "x", 300)).rejects.toThrow(
    /sni x, TLSv1\.3\): .*no end after \d+ ms/,
  )
  await expect(greet(await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")))).rejects.toThrow(
    "no TLS handshake",
  )
})

test("a chain tampered with on its way is an error", async () => {
  const port = await serve([])
  const middle = await listen((socket) => {
    const upstream = connect(port, "127.0.0.1").on("error", () => {})
    upstream.on("data", (chunk) => {
      const subject = chunk.lastIndexOf("leaf")
      if (subject !== -1) chunk.write("loaf", subject)
      socket.write(chunk)
    })
    socket.pipe(upstream)
  })
  await expect(greet(middle, "TLSv1.2")).rejects.toThrow("no TLS handshake")
})

test("without openssl the error says so", async () => {
  const path = process.env.PATH
  process.env.PATH = directory
  try {
    await expect(greet(1)).rejects.toThrow(/no TLS handshake .*openssl s_client .*: program not found/)
  } finally {
    process.env.PATH = path
  }
})
