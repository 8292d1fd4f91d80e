import { mkdtemp, readFile, rm } from "node:fs/promises"
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer } from "node:tls"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { certificateSha256, parseChain } from "./certificate.ts"
import { type Answer, type Asked, compared, declined, everyGreeting, greet, theChain } from "./greetings.ts"
import { run } from "./run.ts"
import type { Target } from "./target.ts"

const domain = "ci.example.org"
const gateway = { name: "gateway", address: "192.0.2.1", port: 443, refuses: ["unknown", "none"] }
const origin = { name: "origin", address: "192.0.2.2", port: 8443, refuses: [] as string[] }
const targetOf = (names: string[], ...endpoints: (typeof gateway)[]) => ({ domain, names, endpoints }) as Target
const asks = (names: string[], ...endpoints: (typeof gateway)[]) => everyGreeting(targetOf(names, ...endpoints))

describe("the greetings", () => {
  const asked = asks(["drone", "logs"], gateway, origin)

  test("are every name at every endpoint in both versions, each once", () => {
    const who = asked.map(({ endpoint, name, version }) => `${endpoint} ${name} ${version}`)
    const names = ["apex", "drone", "logs", "random", "unknown", "none"]
    const expected = ["gateway", "origin"].flatMap((endpoint) =>
      names.flatMap((name) => ["TLSv1.2", "TLSv1.3"].map((version) => `${endpoint} ${name} ${version}`)),
    )
    expect(who).toEqual(expected)
  })

  test("go to the endpoint they are named after", () => {
    for (const { endpoint, address, port } of asked) {
      expect({ address, port }).toEqual(
        endpoint === "gateway" ? { address: "192.0.2.1", port: 443 } : { address: "192.0.2.2", port: 8443 },
      )
    }
  })

  test.each([
    ["apex", /^ci\.example\.org$/],
    ["drone", /^drone\.ci\.example\.org$/],
    ["random", /^[0-9a-f]{12}\.ci\.example\.org$/],
    ["unknown", /^[0-9a-f]{12}\.invalid$/],
  ])("of %s ask for a name like %s", (name, servername) => {
    const of = asked.filter((one) => one.name === name)
    expect(of).toHaveLength(4)
    for (const one of of) expect(one.servername).toMatch(servername)
  })

  test("of none ask for no name at all", () => {
    const of = asked.filter(({ name }) => name === "none")
    expect(of).toHaveLength(4)
    for (const one of of) expect(one).not.toHaveProperty("servername")
  })

  test("ask for other random and unknown names each time", () => {
    const again = asks([], origin)
    const namesOf = (some: Asked[], kind: string) => some.find(({ name }) => name === kind)?.servername
    for (const kind of ["random", "unknown"]) expect(namesOf(again, kind)).not.toBe(namesOf(asked, kind))
  })

  test("may be refused only where the endpoint declares it, and only these", () => {
    const may = asked.filter(({ mayRefuse }) => mayRefuse).map(({ endpoint, name }) => `${endpoint} ${name}`)
    expect(new Set(may)).toEqual(new Set(["gateway unknown", "gateway none"]))
    const one = asks([], { ...gateway, refuses: ["none"] }).filter(({ mayRefuse }) => mayRefuse)
    expect(one.map(({ name }) => name)).toEqual(["none", "none"])
  })

  test("of a host that is called unknown or none may not be refused", () => {
    const hosts = asks(["unknown", "none"], gateway).filter(({ servername }) => servername?.endsWith(`.${domain}`))
    expect(hosts.map(({ name }) => name)).toEqual(expect.arrayContaining(["unknown", "none"]))
    expect(hosts.filter(({ mayRefuse }) => mayRefuse)).toEqual([])
  })
})

let directory = ""
const at = (name: string) => join(directory, name)
const pem = (name: string) => readFile(at(`${name}.pem`), "utf8")

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "greetings-"))
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
  for (const [name, subject] of [
    ["one", "/O=Example/CN=one"],
    ["other", "/CN=other"],
  ] as const) {
    const out = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)]
    await run("openssl", ["req", "-x509", ...key, ...out, "-subj", subject, "-days", "2"])
  }
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe("an answer", () => {
  const [greeting] = asks([], origin) as [Asked]
  const answer = (presented: Answer["presented"], mayRefuse = false): Answer => ({ ...greeting, mayRefuse, presented })
  const certificates = async (...names: string[]) =>
    (await Promise.all(names.map(pem))).flatMap((one) => parseChain(one))
  const serving = async (...names: string[]) =>
    answer({ certificates: await certificates(...names), protocol: "TLSv1.2" })
  const hashes = async (...names: string[]) => (await certificates(...names)).map(certificateSha256)

  test("is the chain when it has each certificate, in order", async () => {
    const chain = await hashes("one", "other")
    expect(compared(await serving("one", "other"), chain)).toEqual({ who: "origin apex TLSv1.2", is: theChain })
  })

  test.each([
    ["in another order", ["other", "one"]],
    ["cut", ["one"]],
    ["with one more", ["one", "other", "other"]],
    ["another", ["other"]],
  ])("is no such chain when it is %s, and is then said", async (_, names) => {
    const chain = await hashes("one", "other")
    const { is } = compared(await serving(...names), chain)
    const said = { one: `O=Example, CN=one ${chain[0]}`, other: `CN=other ${chain[1]}` }
    expect(is).toBe(names.map((name) => said[name as keyof typeof said]).join(" | "))
  })

  test("is never an empty chain", async () => {
    expect(compared(await serving("one"), []).is).not.toBe(theChain)
  })

  test("that declines is as declared, or is a refusal", () => {
    const refused = { refused: "alert unrecognized_name" }
    expect(compared(answer(refused, true), []).is).toBe(declined)
    expect(compared(answer(refused, false), []).is).toBe("refused: alert unrecognized_name")
  })

  test("that could decline and presents another certificate is not excused", async () => {
    const { presented } = await serving("other")
    expect(compared(answer(presented, true), await hashes("one")).is).toMatch(/^CN=other /)
  })
})

describe("asked of a server", () => {
  const listen = async (server: Server) => {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
    return (server.address() as AddressInfo).port
  }

  test("each answer stands by its greeting", async () => {
    const server = createServer({
      cert: await pem("one"),
      key: await readFile(at("one.key")),
      SNICallback: (name, done) => (name.endsWith(".invalid") ? done(new Error("unknown")) : done(null)),
    }).on("tlsClientError", () => {})
    const asked = asks(["drone"], { ...origin, address: "127.0.0.1", port: await listen(server) })
    const known = asked.filter(({ name }) => name !== "unknown")
    const answers = await greet(known).finally(() => server.close())
    expect(answers.map(({ presented: _, ...asked }) => asked)).toEqual(known)
    const chain = parseChain(await pem("one")).map(certificateSha256)
    expect(answers.map((answer) => compared(answer, chain).is)).toEqual(known.map(() => theChain))
  })

  test("one that cannot be asked is an error of the whole", async () => {
    let connections = 0
    const server = createTcpServer((socket) => {
      connections++
      socket.on("error", () => {}).end()
    })
    const port = await listen(server)
    const names = Array.from({ length: 30 }, (_, index) => `host-${index}`)
    const asked = asks(names, { ...origin, address: "127.0.0.1", port })
    await expect(greet(asked)).rejects.toThrow(`no TLS handshake with 127.0.0.1:${port}`)
    server.close()
    // Those that wait for their turn are not asked any more.
    expect(connections).toBeLessThan(asked.length)
  })
})
