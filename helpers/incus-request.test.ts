// Whom we speak to, and what is taken for an answer.

import { writeFile } from "node:fs/promises"
import { createServer } from "node:https"
import { createServer as createTcpServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { createServer as createTlsServer } from "node:tls"
import { describe, expect, test } from "vitest"
import { openIncus } from "./incus.ts"
import { ServerCertificateMismatch } from "./incus-connector.ts"
import {
  type Answer,
  at,
  closing,
  failing,
  failureOf,
  instances,
  json,
  listening,
  opened,
  peer,
  pem,
  sync,
  target,
} from "./incus-peer.ts"
import { IncusError } from "./incus-request.ts"
import { run } from "./run.ts"

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
