// Against certificates that openssl mints: a root, an intermediate and a leaf, for each kind of key, and ways to spoil them.

import type { X509Certificate } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { certificateSha256, chainFacts, parseChain, publicKeyOf, spkiSha256 } from "./certificate.ts"
import { run } from "./run.ts"
import { Secret } from "./secret.ts"

const keys = {
  RSA: { newKey: ["-newkey", "rsa:2048"], type: "RSA 2048" },
  EC: { newKey: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], type: "EC prime256v1" },
}
const kinds = Object.keys(keys) as (keyof typeof keys)[]
type Kind = (typeof kinds)[number]

const domain = "ci.example.org"
const wildcard = `DNS:${domain},DNS:*.${domain}`
// Far from the certificates' first and last second.
const now = new Date(Date.now() + 43_200_000)
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000)

// A random name of hex digits would fit one of `0*.…` to `f*.…`, were such wildcards allowed.
const hexDigits = [..."0123456789abcdef"]

let directory = ""
const file = (name: string) => join(directory, name)
const pem = (name: string) => readFile(file(`${name}.pem`), "utf8")
const one = async (name: string) => parseChain(await pem(name))[0] as X509Certificate
const chain = (...names: string[]) => Promise.all(names.map(one))

interface Wanted {
  issuer?: string
  ca?: boolean
  subject?: string
  san?: string
  usage?: string
  /** Whose key it has, if not one of its own. */
  keyOf?: string
}

/** Mints `name` with a key of its own; 10 days from now on. */
async function mint(kind: Kind, name: string, { issuer, ca = false, subject = name, san, usage, keyOf }: Wanted) {
  const extensions = [
    `basicConstraints=critical,CA:${ca ? "TRUE" : "FALSE"}`,
    ...(san === undefined ? [] : [`subjectAltName=${san}`]),
    ...(usage === undefined ? [] : [`extendedKeyUsage=${usage}`]),
  ]
  await run("openssl", [
    ...["req", "-x509", "-nodes", "-out", file(`${name}.pem`)],
    ...(keyOf === undefined ? [...keys[kind].newKey, "-keyout", file(`${name}.key`)] : ["-key", file(`${keyOf}.key`)]),
    ...["-subj", `/CN=${subject}`, "-days", "10", "-config", "/dev/null"],
    ...(issuer === undefined ? [] : ["-CA", file(`${issuer}.pem`), "-CAkey", file(`${issuer}.key`)]),
    ...extensions.flatMap((extension) => ["-addext", extension]),
  ])
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "certificate-"))
  await Promise.all(
    kinds.map(async (kind) => {
      await mint(kind, `${kind}-root`, { ca: true })
      await mint(kind, `${kind}-between`, { issuer: `${kind}-root`, ca: true })
      const issuer = `${kind}-between`
      await Promise.all([
        mint(kind, `${kind}-leaf`, { issuer, san: wildcard, usage: "serverAuth" }),
        mint(kind, `${kind}-no-ca`, { issuer: `${kind}-root` }),
        mint(kind, `${kind}-between-twin`, { issuer: `${kind}-root`, ca: true, subject: issuer }),
        mint(kind, `${kind}-between-alias`, { issuer: `${kind}-root`, ca: true, keyOf: issuer }),
        mint(kind, `${kind}-root-twin`, { ca: true, subject: `${kind}-root` }),
        mint(kind, `${kind}-self`, { san: wildcard, usage: "serverAuth" }),
      ])
      await mint(kind, `${kind}-of-no-ca`, { issuer: `${kind}-no-ca`, san: wildcard, usage: "serverAuth" })
    }),
  )
  const issuer = "EC-between"
  await Promise.all([
    mint("EC", "foreign", { issuer, san: "DNS:ci.example.com,DNS:*.ci.example.com" }),
    mint("EC", "apex-only", { issuer, san: `DNS:${domain}` }),
    mint("EC", "wildcard-only", { issuer, san: `DNS:*.${domain}` }),
    mint("EC", "partial", {
      issuer,
      san: [domain, ...hexDigits.map((digit) => `${digit}*.${domain}`)].map((name) => `DNS:${name}`).join(),
    }),
    mint("EC", "deeper", { issuer, san: `DNS:*.a.${domain},DNS:*.example.org` }),
    mint("EC", "name-only", { issuer, subject: `*.${domain}` }),
    mint("EC", "ip-only", { issuer, subject: domain, san: "IP:127.0.0.1" }),
    mint("EC", "client", { issuer, san: wildcard, usage: "clientAuth" }),
  ])
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe.each(kinds)("a chain of %s certificates", (kind) => {
  const names = (...parts: string[]) => parts.map((part) => `${kind}-${part}`)
  const factsOf = async (parts: string[], roots = ["root"], at = now) =>
    chainFacts(await chain(...names(...parts)), await chain(...names(...roots)), domain, at)

  test("that is sound has nothing against it", async () => {
    const facts = await factsOf(["leaf", "between"])
    const [leaf, between, root] = names("leaf", "between", "root")
    expect(facts).toMatchObject({
      names: [`DNS:${domain}`, `DNS:*.${domain}`],
      ...{ coversApex: true, coversWildcard: true, serverAuth: true, daysLeft: 9, notValidAt: [] },
      links: [{ says: `0 CN=${leaf} is signed by 1 CN=${between}`, signed: true }],
      anchor: { subject: `CN=${root}`, sha256: certificateSha256(await one(`${root}`)) },
      certificates: [
        { subject: `CN=${leaf}`, issuer: `CN=${between}`, keyType: keys[kind].type, isCa: false, selfSigned: false },
        { subject: `CN=${between}`, issuer: `CN=${root}`, isCa: true, selfSigned: false },
      ],
    })
  })

  test("says the fingerprints that openssl says", async () => {
    const [facts] = (await factsOf(["leaf"])).certificates
    const der = await run("openssl", ["x509", "-in", file(`${kind}-leaf.pem`), "-noout", "-fingerprint", "-sha256"])
    expect(facts?.sha256).toBe(der.stdout.trim().split("=")[1]?.replaceAll(":", "").toLowerCase())
    await run("openssl", ["x509", "-in", file(`${kind}-leaf.pem`), "-noout", "-pubkey", "-out", file(`${kind}.pub`)])
    await run("openssl", [
      "pkey",
      "-pubin",
      "-in",
      file(`${kind}.pub`),
      "-outform",
      "DER",
      "-out",
      file(`${kind}.spki`),
    ])
    const spki = await run("openssl", ["dgst", "-sha256", "-r", file(`${kind}.spki`)])
    expect(facts?.spkiSha256).toBe(spki.stdout.split(" ")[0])
    expect(publicKeyOf(new Secret("key", await readFile(file(`${kind}-leaf.key`))))).toBe(facts?.spkiSha256)
    expect(publicKeyOf(new Secret("key", await readFile(file(`${kind}-root.key`))))).not.toBe(facts?.spkiSha256)
  })

  test("that is over, or not yet begun, says so for each certificate", async () => {
    const both = names("leaf", "between").map((name, index) => `${index} CN=${name}`)
    const over = await factsOf(["leaf", "between"], ["root"], inDays(11))
    expect(over).toMatchObject({ notValidAt: both, daysLeft: -2 })
    const early = await factsOf(["leaf", "between"], ["root"], inDays(-1))
    expect(early).toMatchObject({ notValidAt: both, daysLeft: 10 })
  })

  test("without its intermediate has no anchor", async () => {
    expect(await factsOf(["leaf"])).toMatchObject({ links: [], anchor: null })
  })

  test("in another order is not linked", async () => {
    const facts = await factsOf(["between", "leaf"])
    const [leaf, between] = names("leaf", "between")
    expect(facts.links).toEqual([{ says: `0 CN=${between} is not signed by 1 CN=${leaf}`, signed: false }])
    expect(facts).toMatchObject({ coversApex: false, anchor: null })
  })

  test("with its root in it is anchored by the root itself", async () => {
    const facts = await factsOf(["leaf", "between", "root"])
    expect(facts.links.map(({ signed }) => signed)).toEqual([true, true])
    expect(facts.certificates.map(({ selfSigned }) => selfSigned)).toEqual([false, false, true])
    expect(facts.anchor?.subject).toBe(`CN=${kind}-root`)
  })

  test("of one certificate that signed itself has no anchor", async () => {
    const facts = await factsOf(["self"])
    expect(facts).toMatchObject({ coversApex: true, coversWildcard: true, links: [], anchor: null })
    expect(facts.certificates[0]).toMatchObject({ selfSigned: true, isCa: false })
  })

  test("through an intermediate that is no CA is not linked", async () => {
    const facts = await factsOf(["of-no-ca", "no-ca"])
    expect(facts.links).toEqual([{ says: `0 CN=${kind}-of-no-ca is not signed by 1 CN=${kind}-no-ca`, signed: false }])
  })

  test("through an issuer of the same name with another key is not linked", async () => {
    expect((await factsOf(["leaf", "between-twin"])).links[0]?.signed).toBe(false)
    expect((await factsOf(["leaf", "between"], ["root-twin"])).anchor).toBe(null)
    expect((await factsOf(["leaf", "between", "root-twin"], ["root"])).anchor).toBe(null)
  })

  test("through an issuer of another name with the same key is not linked", async () => {
    expect((await factsOf(["leaf", "between-alias"])).links[0]?.signed).toBe(false)
    expect((await factsOf(["leaf"], ["between-alias"])).anchor).toBe(null)
  })

  test("may be anchored by a root that is no CA only where it is that root itself", async () => {
    expect((await factsOf(["self"], ["self"])).anchor?.subject).toBe(`CN=${kind}-self`)
    expect((await factsOf(["of-no-ca"], ["no-ca"])).anchor).toBe(null)
  })

  test("has the right anchor among several roots of the same name", async () => {
    const facts = await factsOf(["leaf", "between"], ["root-twin", "root"])
    expect(facts.anchor?.sha256).toBe(certificateSha256(await one(`${kind}-root`)))
  })

  test("without any root has no anchor", async () => {
    expect((await factsOf(["leaf", "between", "root"], [])).anchor).toBe(null)
  })
})

test("keys of two kinds do not sign for each other", async () => {
  const facts = chainFacts(await chain("EC-leaf", "RSA-between"), await chain("RSA-root"), domain, now)
  expect(facts.links[0]?.signed).toBe(false)
})

test.each([
  ["foreign", false, false, false],
  ["apex-only", true, false, false],
  ["wildcard-only", false, true, false],
  ["partial", true, false, false],
  ["deeper", true, false, false],
  ["name-only", false, false, false],
  ["ip-only", false, false, false],
  ["client", true, true, false],
  ["EC-leaf", true, true, true],
])("the leaf %s: apex %s, wildcard %s, for servers %s", async (name, coversApex, coversWildcard, serverAuth) => {
  const facts = chainFacts(await chain(name), [], domain, now)
  expect(facts).toMatchObject({ coversApex, coversWildcard, serverAuth })
})

test("a certificate without names lists none", async () => {
  expect(chainFacts(await chain("name-only"), [], domain, now).names).toEqual([])
  expect(() => chainFacts([], [], domain, now)).toThrow(`certificate chain for ${domain}: no certificate in it`)
})

test("the days left are counted to the leaf's end alone, and down", async () => {
  const [leaf] = await chain("EC-leaf")
  const end = Date.parse(leaf?.validTo ?? "")
  const left = (milliseconds: number) =>
    chainFacts(leaf ? [leaf] : [], [], domain, new Date(end - milliseconds)).daysLeft
  expect([86_400_000, 86_399_999, 0, -1].map(left)).toEqual([1, 0, 0, -1])
})

describe("a PEM file", () => {
  test("keeps the order of its certificates, with CRLF and blank lines too", async () => {
    const text = `${await pem("EC-between")}\n\n${await pem("EC-leaf")}`
    const wanted = (await chain("EC-between", "EC-leaf")).map(spkiSha256)
    expect(parseChain(text).map(spkiSha256)).toEqual(wanted)
    expect(parseChain(Buffer.from(text.replaceAll("\n", "\r\n"))).map(spkiSha256)).toEqual(wanted)
  })

  test("with junk between its certificates is an error", async () => {
    const text = `${await pem("EC-leaf")}subject=CN = leaf\n${await pem("EC-between")}`
    expect(() => parseChain(text, "live chain")).toThrow("live chain: something beside 2 certificates in it")
  })

  test("with a private key in it is an error that does not quote it", async () => {
    const [leaf, key] = [await pem("EC-leaf"), await readFile(file("EC-leaf.key"), "utf8")]
    const message = "live chain: something beside 1 certificates in it"
    expect(() => parseChain(`${leaf}${key}`, "live chain")).toThrow(new Error(message))
    expect(() => parseChain(key, "live chain")).toThrow(new Error("live chain: no certificate in it"))
  })

  test("that is empty, cut or spoilt is an error", async () => {
    const text = await pem("EC-leaf")
    expect(() => parseChain("")).toThrow("certificate chain: no certificate in it")
    expect(() => parseChain(text.slice(0, -30))).toThrow("certificate chain: no certificate in it")
    expect(() => parseChain(text + text.slice(0, 100))).toThrow("something beside 1 certificates in it")
    const spoilt = text.replace(/\n[^-].{20}/, (line) => `\n${"A".repeat(line.length - 1)}`)
    expect(() => parseChain(`${text}${spoilt}`)).toThrow("certificate chain: certificate 1 of 2 cannot be parsed")
  })
})

test("what is no private key is an error that does not quote it", async () => {
  const text = (await readFile(file("EC-leaf.key"), "utf8")).replace("BEGIN", "BEGIM")
  const failure = (bytes: string) => () => publicKeyOf(new Secret("live key", Buffer.from(bytes)))
  expect(failure(text)).toThrow(new Error("live key: not a PEM private key"))
  const certificate = await pem("EC-leaf")
  expect(failure(certificate)).toThrow(new Error("live key: not a PEM private key"))
})
