// What real programs make of a secret is found, in whatever stands around it.

import { randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { expect, test } from "vitest"
import { run } from "../run.ts"
import { Secret } from "../secret.ts"
import { Scan, searchPlan } from "./engine.ts"
import { needlesOf } from "./needles.ts"
import { all, keys, ofBytes, ofTexts, openssl, output, planted, sshKey, sshPublic, texts } from "./planted-forms.ts"

const { needles } = needlesOf(Object.entries(all).map(([name, bytes]) => new Secret(name, bytes)))
const plan = searchPlan(needles)

function missing(secrets: Record<string, Buffer>, haystack: Buffer): string[] {
  const found = new Set<string>()
  const scan = new Scan(plan, ({ needle }) => found.add(needle.secret))
  scan.push(haystack)
  scan.end()
  return Object.keys(secrets).filter((name) => !found.has(name))
}

test.each(Object.entries(ofBytes))("%s is found at any place", (_, encode) => {
  const missed = Array.from({ length: 8 }, (_, turn) =>
    missing(all, encode(planted(all, turn))).map((name) => `${name}, try ${turn}`),
  )
  expect(missed.flat()).toEqual([])
})

test.each(Object.entries(ofTexts))("%s is found", (_, encode) => {
  expect(missing(texts, encode(planted(texts, 0)))).toEqual([])
})

test("other keys of the same kinds, certificates and public keys hold none of it", () => {
  const others = [openssl("genpkey", "-quiet", "-algorithm", "RSA"), openssl("genpkey", "-algorithm", "ed25519")]
  const ssh = ["ed25519", "rsa"].map(sshKey)
  const own = Object.values(keys).flatMap((key) => {
    const pair = key.includes("ENCRYPTED") ? ["-passin", "pass:test"] : []
    return key.includes("OPENSSH") ? [] : [output(key, "openssl", "pkey", "-pubout", ...pair)]
  })
  const header = Buffer.from("# created: 2026-01-01T00:00:00Z\n# public key: age1qqqqqqqqqqqqqqqq\nHOST=example.org\n")
  const haystack = Buffer.concat([...others, ...ssh, ...own, header])
  const encoded = Object.values({ ...ofBytes, ...ofTexts }).map((encode) => encode(haystack))
  expect(missing(all, Buffer.concat([haystack, ...encoded]))).toEqual(Object.keys(all))
})

test("the public half of an SSH key is no needle", () => {
  const [line = ""] = sshPublic.map(String)
  expect(missing(all, Buffer.from(line))).toEqual(Object.keys(all))
})

const formsOf = (value: string | Buffer) => {
  const { needles, notSearched } = needlesOf([new Secret("it", Buffer.from(value))])
  const raw = needles.filter(({ form }) => !form.includes(" of ")).map(({ bounded }) => (bounded ? "bounded" : "all"))
  return { raw: [...new Set(raw)], left: notSearched.map(({ reason }) => reason) }
}

test.each([
  ["", [], ["empty"]],
  ["\n", [], ["empty"]],
  ["abc", [], ["shorter than 6 bytes: it is everywhere"]],
  ["true", [], ["shorter than 6 bytes: it is everywhere"]],
  ["changeme", [], ["shorter than 9 bytes, and reads like an ordinary word or number"]],
  ["1234567890123", [], ["too common, and reads like an ordinary word or number"]],
  ["administrator", [], ["too common, and reads like an ordinary word or number"]],
  ["Kx9mP2vQ", ["bounded"], ["shorter than 9 bytes: searched only as it is, between word boundaries"]],
  ["aaaaaaaaaaaa", [], ["too common, and reads like an ordinary word or number"]],
])("%j: what is short or common is bounded or listed", (value, raw, left) => {
  expect(formsOf(value)).toEqual({ raw, left })
})

test("a line of its own is enough, and what is no secret in a file is not searched for", () => {
  const token = randomBytes(18).toString("base64url")
  const { needles } = needlesOf([
    new Secret("file", Buffer.from(`HOST=https://ci.example.org/a/b/c\nTOKEN="${token}"\n`)),
  ])
  expect(needles.filter(({ form }) => form === "line").map(({ bytes }) => bytes.toString())).toEqual([token])
})

test("equal bytes are one needle, under the first name", () => {
  const bytes = randomBytes(20)
  const two = needlesOf([new Secret("first", bytes), new Secret("second", bytes)]).needles
  expect([...new Set(two.map(({ secret }) => secret))]).toEqual(["first"])
  expect(new Set(two.map((needle) => needle.bytes.toString("hex"))).size).toBe(two.length)
})

test("every needle of any secret can be searched for", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.uint8Array({ maxLength: 300 })), (value) => {
      const { needles, notSearched } = needlesOf([new Secret("any", Buffer.from(value))])
      const short = needles.filter(({ bytes, bounded }) => bytes.length < (bounded ? 6 : 9))
      expect(short).toEqual([])
      expect(needles.length + notSearched.length).toBeGreaterThan(0)
    }),
  )
})

test("of an encrypted key only what is sealed is looked for: its header is in every other one too", async () => {
  const directory = await mkdtemp(join(tmpdir(), "needles-test-"))
  try {
    const made = async (name: string) => {
      await run("ssh-keygen", [
        "-q",
        "-t",
        "rsa",
        "-b",
        "2048",
        "-N",
        "a passphrase",
        "-C",
        "",
        "-f",
        join(directory, name),
      ])
      const pkcs8 = ["genpkey", "-quiet", "-algorithm", "RSA", "-aes256", "-pass", "pass:test"]
      return [await readFile(join(directory, name)), Buffer.from((await run("openssl", pkcs8)).stdout)]
    }
    const [ssh = none, pkcs8 = none] = await made("one")
    const others = await made("two")
    const publicKey = await readFile(join(directory, "one.pub"))
    for (const key of [ssh, pkcs8]) {
      const { needles } = needlesOf([new Secret("key", key)])
      expect(needles.length).toBeGreaterThan(50)
      const found = (bytes: Buffer) => needles.filter((needle) => bytes.includes(needle.bytes)).length
      expect(found(key)).toBeGreaterThan(10)
      for (const other of [...others, publicKey]) {
        const body = Buffer.from(other.toString().replace(/^-.*$|^ssh-rsa |\n/gm, ""), "base64")
        expect([found(other), found(body), found(Buffer.from(body.toString("hex")))]).toEqual([0, 0, 0])
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

const none = Buffer.alloc(0)
