// Over-masking hides evidence: what stands in evidence for good reasons comes out byte for byte, whatever was registered.

import { generateKeyPairSync } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { kinds, seeded } from "./canaries.ts"
import { Redactor } from "./redactor.ts"

const folder = join(import.meta.dirname, "testdata/benign")
const names = await readdir(folder)

const pkcs8 = { type: "pkcs8", format: "pem" } as const
const spki = { type: "spki", format: "pem" } as const
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048, privateKeyEncoding: pkcs8, publicKeyEncoding: spki })
const ec = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "sec1", format: "pem" },
  publicKeyEncoding: spki,
})

function everything(certificates: string): Redactor {
  const redactor = new Redactor()
  const add = (name: string, text: string) => redactor.add({ name, bytes: Buffer.from(text) })
  const random = seeded(11)
  for (const [name, make] of Object.entries(kinds))
    for (let count = 0; count < 20; count++) add(name, make(random).registered)
  add("rsa", rsa.privateKey)
  const chain = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []
  add("ec with its chain", ec.privateKey + chain.join(""))
  const auth = Buffer.from("ci:tangerine hovercraft").toString("base64")
  add(
    "registry",
    `{"auths":{"registry.example.org":{"username":"ci","password":"tangerine hovercraft","auth":"${auth}"}}}`,
  )
  add(
    "age",
    `# created: 2026-11-27T00:29:09Z\n# public key: age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq\nAGE-SECRET-KEY-1${"QPZRY9X8".repeat(7)}L9\n`,
  )
  add(
    "environment",
    "DRONE_RPC_SECRET=changeme\nDRONE_SERVER_HOST=ci.example.org\nDRONE_DATABASE_DATASOURCE=postgres://drone:x8Kq2Vw6Tn3@db:5432/drone?sslmode=disable\n",
  )
  return redactor
}

const redactor = everything(await readFile(join(folder, "certificates.txt"), "utf8"))

test.each(names)("%s comes out as it is", async (name) => {
  const text = await readFile(join(folder, name), "utf8")
  expect(redactor.text(text)).toBe(text)
  expect(redactor.hidden).toBe(0)
})

test("so do the public halves of keys that are registered, while the keys do not", () => {
  for (const { publicKey, privateKey } of [rsa, ec]) {
    expect(redactor.text(publicKey)).toBe(publicKey)
    expect(redactor.text(`see:\n${privateKey}`)).toMatch(
      /^see:\n-----BEGIN [A-Z ]+-----\n\[REDACTED:[^\]]+\]\n-----END [A-Z ]+-----\n$/,
    )
  }
})

test("so does a ledger as data", async () => {
  const lines = (await readFile(join(folder, "ledger.jsonl"), "utf8")).trimEnd().split("\n")
  for (const line of lines) {
    const entry: unknown = JSON.parse(line)
    expect(redactor.value(entry)).toBe(entry)
  }
})
