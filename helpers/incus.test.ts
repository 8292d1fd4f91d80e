// Against a TLS server that answers as Incus 6.0.4 was seen to, and as it, a proxy or an impostor must not.

import { readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createServer as createTlsServer, type TLSSocket } from "node:tls"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { type Command, recordFor } from "./commands.ts"
import { type Incus, openIncus } from "./incus.ts"
import { IncusError, ServerCertificateMismatch } from "./incus-request.ts"
import { run } from "./run.ts"
import type { Target } from "./target.ts"

let directory = ""
const at = (name: string) => join(directory, name)
const closing: (() => void)[] = []
let commands: Command[] = []

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

const pem = (name: string) => ({ cert: readFileSync(at(`${name}.crt`)), key: readFileSync(at(`${name}.key`)) })

async function listening(server: Server): Promise<number> {
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

const target = (port: number, changes: Partial<Target["incus"]> = {}): Target["incus"] => ({
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

type Answer = (response: ServerResponse, request: IncomingMessage) => void
const sync = (metadata: unknown): Answer => json({ type: "sync", status: "Success", status_code: 200, metadata })
const failing = (code: number, error: string, status = code): Answer =>
  json({ type: "error", status: "", status_code: 0, error_code: code, error, metadata: null }, status)
const json =
  (body: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`)

const trusted = { auth: "trusted", auth_user_name: "f00", environment: { server_version: "6.0.4" } }

/** A peer that trusts the client certificate alone and answers by path; without an answer it says what Incus says. */
async function peer(answers: Record<string, Answer>): Promise<{ port: number; asked: string[] }> {
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
  return { port: await listening(server), asked }
}

async function opened(answers: Record<string, Answer>): Promise<Incus & { port: number; asked: string[] }> {
  const { port, asked } = await peer(answers)
  commands = []
  recordFor(commands)
  const incus = await openIncus(target(port))
  closing.push(() => void incus.close())
  return { ...incus, port, asked }
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("no error"),
    (error: Error) => error,
  )

describe("whom it speaks to", () => {
  test("a server with another certificate gets no byte of a request", async () => {
    let received = 0
    const server = createTlsServer({ ...pem("impostor"), requestCert: true, rejectUnauthorized: false }, (socket) => {
      socket.on("error", () => {})
      socket.on("data", (chunk) => {
        received += chunk.length
        socket.end()
      })
    })
    const port = await listening(server)
    const error = await failureOf(openIncus(target(port)))
    expect(error).toBeInstanceOf(ServerCertificateMismatch)
    const fingerprint = async (name: string) => {
      const { stdout } = await run("openssl", ["x509", "-in", at(`${name}.crt`), "-noout", "-fingerprint", "-sha256"])
      return (stdout.split("=")[1] ?? "").trim().replaceAll(":", "").toLowerCase()
    }
    const [expected, got] = [await fingerprint("server"), await fingerprint("impostor")]
    expect(error.message).toMatch(/^incus https:\/\/127\.0\.0\.1:\d+: its certificate is not the pinned one, nothing/)
    expect(error.message).toContain(`(expected SHA256 ${expected}, got ${got})`)
    await sleep(50)
    expect(received).toBe(0)
    // Had it been the pinned one, it would have been asked.
    await failureOf(openIncus(target(port, { serverCertificate: { file: at("impostor.crt") } })))
    expect(received).toBeGreaterThan(0)
  })

  test("a certificate of the same name with another key is another certificate", async () => {
    const { port } = await peer({})
    const pinned = target(port, { serverCertificate: { file: at("impostor.crt") } })
    expect(await failureOf(openIncus(pinned))).toBeInstanceOf(ServerCertificateMismatch)
  })

  test("every connection is checked, not the first one alone", async () => {
    const incus = await opened({ "/1.0/images?recursion=1&project=ci": sync([]) })
    expect(await incus.images()).toEqual([])
    for (const close of closing.splice(0, 1)) close()
    // The connection kept alive learns that it is closed.
    await sleep(50)
    const impostor = createServer({ ...pem("impostor"), requestCert: true, rejectUnauthorized: false }, () => {})
    await new Promise<void>((ready) => impostor.listen(incus.port, "127.0.0.1", ready))
    closing.push(() => impostor.close())
    expect(await failureOf(incus.images())).toBeInstanceOf(ServerCertificateMismatch)
  })

  test("without Incus trusting the client certificate there is nothing to look at", async () => {
    const { port, asked } = await peer({})
    const stranger = target(port, { certificate: { file: at("stranger.crt") }, key: { file: at("stranger.key") } })
    const error = await failureOf(openIncus(stranger))
    expect(error).toBeInstanceOf(IncusError)
    expect(error.message).toMatch(
      /: Incus does not trust this client certificate \(untrusted\): .*stranger\.crt, SHA256/,
    )
    expect(asked).toEqual(["GET /1.0"])
  })

  test("a key that is not the certificate's is an error that does not quote it", async () => {
    const error = await failureOf(openIncus(target(1, { key: { file: at("stranger.key") } })))
    expect(error.message).toMatch(/stranger\.key is not the unencrypted PEM private key of .*client\.crt$/)
    expect(error.cause).toBeUndefined()
    await writeFile(at("several.crt"), Buffer.concat([pem("server").cert, pem("impostor").cert]))
    const several = target(1, { serverCertificate: { file: at("several.crt") } })
    await expect(openIncus(several)).rejects.toThrow("several.crt: several certificates in it")
  })

  test("nobody there, and a server without TLS 1.3 or without TLS, are errors that say so", async () => {
    await expect(openIncus(target(1))).rejects.toThrow(/GET \/1\.0: no whole answer: connect ECONNREFUSED/)
    const old = createServer({ ...pem("server"), maxVersion: "TLSv1.2" })
    await expect(openIncus(target(await listening(old)))).rejects.toThrow(/GET \/1\.0: TLS alert .*TLS 1\.3/)
    const plain = createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
    await expect(openIncus(target(await listening(plain)))).rejects.toThrow(IncusError)
  })
})

const instances = "/1.0/instances?recursion=2&project=ci"

describe("what is no answer", () => {
  test.each<[string, Answer, string]>([
    [
      "a refusal",
      failing(403, "not authorized"),
      "error 403: not authorized; what this client certificate may see: incus config trust list",
    ],
    [
      "a refusal under HTTP 500, as Incus 6.0 says it",
      failing(500, `User does not have permissions for project "ci"`),
      `error 500: User does not have permissions for project "ci"; what this client certificate may see: incus config trust list`,
    ],
    [
      "something missing",
      failing(404, "not found"),
      "error 404: not found; does it exist, in a project this client certificate may see?",
    ],
    ["an error under HTTP 200", failing(500, "database is locked", 200), "error 500: database is locked"],
    [
      "an error's status with a success in the body",
      json({ type: "sync", status_code: 200, metadata: [] }, 503),
      "error 503: no reason",
    ],
    [
      "HTML",
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>"),
      "no answer of Incus (HTTP 200, text/html, 16 bytes): is the URL that of its API?",
    ],
    [
      "a redirect, which is not followed",
      (response) => response.writeHead(302, { location: "https://127.0.0.1:1/" }).end(),
      "no answer of Incus (HTTP 302, none, 0 bytes): is the URL that of its API?",
    ],
    [
      "JSON that ends too early",
      (response) => response.writeHead(200, { "content-type": "application/json" }).end(`{"type":"sync","metad`),
      "no whole JSON (HTTP 200, application/json, 21 bytes): does something on the way cut answers?",
    ],
    [
      "JSON of something else",
      json({ items: [] }),
      "JSON, but not in the envelope of Incus (HTTP 200, application/json, 13 bytes)",
    ],
    [
      "an operation begun",
      json({ type: "async", status_code: 100, metadata: {} }),
      "async with status code 100 instead of sync with 200",
    ],
    [
      "a list of something else",
      sync([{ name: 7 }]),
      "not what Incus documents, at 0/name: invalid_type: is it a newer",
    ],
    ["null for a list", sync(null), "not what Incus documents, at the top: invalid_type: is it a newer Incus?"],
  ])("%s is an error", async (_, answer, message) => {
    const incus = await opened({ [instances]: answer })
    const error = await failureOf(incus.instances())
    expect(error).toBeInstanceOf(IncusError)
    expect(error.message).toContain(`incus https://127.0.0.1:${incus.port}: GET ${instances}: ${message}`)
  })

  test.each<[string, Answer]>([
    [
      "shorter than announced",
      (response) => {
        response
          .writeHead(200, { "content-type": "application/json", "content-length": "1000" })
          .write(`{"type":"sync"`)
        setTimeout(() => response.destroy(), 20)
      },
    ],
    [
      "cut between chunks",
      (response) => {
        response.writeHead(200, { "content-type": "application/json" }).write(`{"type":"sync","status_code":200}`)
        setTimeout(() => response.destroy(), 20)
      },
    ],
    ["cut before its first byte", (response) => response.destroy()],
  ])("a body %s is an error", async (_, answer) => {
    const incus = await opened({ [instances]: answer })
    const error = await failureOf(incus.instances())
    expect(error).toBeInstanceOf(IncusError)
    expect(error.message).toContain(`GET ${instances}: no whole answer`)
  })

  test("a body larger than allowed is not read to its end", async () => {
    let sent = 0
    const incus = await opened({
      [instances]: (response) => {
        response.writeHead(200, { "content-type": "application/json" })
        const chunk = Buffer.alloc(1024 * 1024, " ")
        const more = (): void => {
          if (response.destroyed || sent > 200) return
          sent++
          response.write(chunk, more)
        }
        more()
      },
    })
    await expect(incus.instances()).rejects.toThrow("an answer of more than 16777216 bytes, not read")
    expect(sent).toBeLessThan(100)
  })

  test("a server that never ends its answer is given up", async () => {
    // The waiting time of an operation is the only one a caller chooses; 10 s are added for the way.
    const id = "00000000-0000-0000-0000-000000000000"
    const silent: Answer = (response) => response.writeHead(200, { "content-type": "application/json" }).write(" ")
    const incus = await opened({ [`/1.0/operations/${id}/wait?timeout=-9.8`]: silent })
    const started = performance.now()
    await expect(incus.wait(id, -9.8)).rejects.toThrow(/no whole answer after 200 ms: is the server overloaded\?/)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})

describe("what it tells", () => {
  const config = {
    "limits.memory": "4GiB",
    "environment.TOKEN": "made-up-token",
    "volatile.uuid": "u",
    "volatile.base_image": "b",
  }
  const instance = {
    ...{ name: "host", project: "ci", type: "container", status: "Running", status_code: 103, created_at: "then" },
    ...{ profiles: ["default"], config, expanded_config: config, location: "none" },
    expanded_devices: { disk: { type: "disk", path: "/", pool: "fast" } },
    state: { memory: { usage: 5, total: 4294967296 }, network: null },
    ...{ snapshots: [{ name: "s1" }, { name: "s0" }], backups: [{ name: "b0" }] },
  }

  test("instances as facts, sorted, with free text of their configuration as digests", async () => {
    const stopped = { status: "Stopped", status_code: 102, state: { memory: { usage: 0, total: 0 } } }
    const empty = { ...instance, ...stopped, name: "a", config: {}, expanded_config: {}, expanded_devices: {} }
    const incus = await opened({ [instances]: sync([instance, { ...empty, snapshots: null, backups: null }]) })
    const [first, second] = await incus.instances()
    const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
    expect(second).toEqual({
      ...{ name: "host", project: "ci", type: "container", status: "Running", statusCode: 103, createdAt: "then" },
      ...{ uuid: "u", uuidGeneration: null, baseImage: "b", profiles: ["default"], rootPool: "fast" },
      config: { ...config, "environment.TOKEN": digest },
      expandedConfig: { ...config, "environment.TOKEN": digest },
      devices: instance.expanded_devices,
      ...{ memoryLimit: "4GiB", memory: { usage: 5, total: 4294967296 }, snapshots: ["s0", "s1"], backups: ["b0"] },
    })
    expect(first).toMatchObject({
      name: "a",
      uuid: null,
      memoryLimit: null,
      memory: null,
      rootPool: null,
      snapshots: [],
    })
  })

  const pools = (project: string) => `/1.0/storage-pools/${project}/volumes?recursion=1&project=ci`
  const volume = (name: string, type = "custom") => ({ name, type, project: "ci", content_type: "filesystem" })

  test("volumes of every pool, with their snapshots; a snapshot without its volume is not lost", async () => {
    const incus = await opened({
      "/1.0/storage-pools?recursion=1": sync([{ name: "two" }, { name: "one" }]),
      [pools("one")]: sync([volume("data"), volume("data/d0"), volume("data", "container"), volume("gone/s0")]),
      [pools("two")]: sync([]),
    })
    const found = (await incus.volumes()).map(({ pool, type, name, snapshots }) => [pool, type, name, snapshots])
    expect(found).toEqual([
      ["one", "custom", "data", ["d0"]],
      ["one", "container", "data", []],
      ["one", "custom", "gone/s0", []],
    ])
  })

  const refusedPools = { "/1.0/storage-pools?recursion=1": failing(500, "Certificate is restricted") }

  test("where the pools may not be listed, they are those that the project names anywhere", async () => {
    const usedBy = ["/1.0/instances/host?project=ci", "/1.0/storage-pools/slow/volumes/custom/data?project=ci"]
    const incus = await opened({
      ...refusedPools,
      "/1.0/projects/ci": sync({ name: "ci", config: {}, used_by: usedBy }),
      [instances]: sync([instance]),
      "/1.0/profiles?recursion=1&project=ci": sync([{ name: "default", devices: { root: { pool: "plain" } } }]),
      ...Object.fromEntries(["fast", "plain", "slow"].map((pool) => [pools(pool), sync([volume(`in-${pool}`)])])),
    })
    expect((await incus.volumes()).map(({ name }) => name)).toEqual(["in-fast", "in-plain", "in-slow"])
  })

  test("where neither pools nor project may be looked at, there is no list of volumes", async () => {
    const incus = await opened({ ...refusedPools, "/1.0/projects/ci": failing(403, "not authorized") })
    await expect(incus.volumes()).rejects.toThrow("GET /1.0/projects/ci: error 403: not authorized")
    const broken = await opened({ "/1.0/storage-pools?recursion=1": failing(500, "database is locked") })
    await expect(broken.volumes()).rejects.toThrow("error 500: database is locked")
  })

  test("images, operations, projects and the client certificate's own rights", async () => {
    const operation = { id: "o", class: "task", description: "Starting instance", status: "Running", status_code: 103 }
    const incus = await opened({
      "/1.0/images?recursion=1&project=a%26b": sync([
        {
          fingerprint: "f",
          aliases: [{ name: "base" }],
          uploaded_at: "then",
          properties: { os: "debian" },
          type: "container",
        },
      ]),
      "/1.0/operations?recursion=1&project=ci": sync({
        running: [{ ...operation, resources: { instances: ["/1.0/instances/host"] }, err: "" }],
      }),
      "/1.0/projects?recursion=1": sync([{ name: "ci", config: {}, used_by: [] }]),
    })
    const properties = { os: "debian" }
    expect(await incus.images("a&b")).toEqual([
      { fingerprint: "f", aliases: ["base"], type: "container", properties, uploadedAt: "then" },
    ])
    expect(await incus.operations()).toEqual([
      {
        id: "o",
        class: "task",
        description: "Starting instance",
        status: "Running",
        statusCode: 103,
        createdAt: null,
        resources: ["/1.0/instances/host"],
        error: "",
      },
    ])
    expect(await incus.projects()).toEqual([{ name: "ci", config: {}, usedBy: [] }])
    await expect(incus.client()).rejects.toThrow(/GET \/1\.0\/certificates\/[0-9a-f]{64}: error 404: not found/)
    expect(await incus.server()).toMatchObject({ auth: "trusted", user: "f00", version: "6.0.4" })
    expect(incus.asked.filter((line) => !line.startsWith("GET "))).toEqual([])
  })

  test("no operations at all is an empty list", async () => {
    const incus = await opened({ "/1.0/operations?recursion=1&project=ci": sync({}) })
    expect(await incus.operations()).toEqual([])
  })

  test("each call is evidence, also one without an answer", async () => {
    const incus = await opened({ [instances]: (response) => response.destroy() })
    await failureOf(incus.instances())
    const where = `incus https://127.0.0.1:${incus.port}`
    const [outputSha256, milliseconds] = [expect.stringMatching(/^[0-9a-f]{64}$/), expect.any(Number)]
    expect(commands).toEqual([
      { where, argv: ["GET", "/1.0"], exit: 200, outputSha256, milliseconds },
      { where, argv: ["GET", instances], exit: null, outputSha256, milliseconds },
    ])
  })
})

describe("an operation waited for", () => {
  const id = "9ef08112-b91c-40d7-a810-df153f764612"
  const path = `/1.0/operations/${id}/wait?timeout=60`
  const operation = (status: string, status_code: number, err = "") =>
    sync({ id, class: "task", description: "Starting instance", status, status_code, err })

  test("has succeeded when its own status says so", async () => {
    const incus = await opened({ [path]: operation("Success", 200) })
    expect(await incus.wait(`/1.0/operations/${id}`)).toMatchObject({ id, statusCode: 200 })
  })

  test.each<[string, Answer, string]>([
    [
      "failed under HTTP 200",
      operation("Failure", 400, "no space left"),
      "(Starting instance): Failure: no space left",
    ],
    ["was cancelled", operation("Cancelled", 401), "(Starting instance): Cancelled: no reason"],
    ["still runs under HTTP 200", operation("Running", 103), "(Starting instance): still Running after 60 s"],
    [
      "failed, as Incus 6.0.4 says it",
      failing(500, "The instance is already running", 200),
      "error 500: The instance is already running",
    ],
    ["is forgotten", failing(404, "Operation not found"), "error 404: Operation not found"],
  ])("that %s is an error", async (_, answer, message) => {
    const incus = await opened({ [path]: answer })
    await expect(incus.wait(id)).rejects.toThrow(message)
  })

  test("is named by an id", async () => {
    const incus = await opened({})
    await expect(incus.wait("../instances")).rejects.toThrow(`no id or path of an operation: "../instances"`)
    expect(incus.asked).toEqual(["GET /1.0"])
  })
})
