import { createPrivateKey } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { makeKey, makeKeys } from "../testdata/signing.ts"
import { keyPairs } from "./benign-text.ts"
import { leaksIn } from "./leaks.ts"
import { partsOf } from "./parts.ts"

const met = (registered: string, text: string | Buffer) =>
  leaksIn([["a file", Buffer.from(text)]], [{ name: "secret", bytes: Buffer.from(registered) }]).length > 0
const values = (text: string) => partsOf(Buffer.from(text)).map(({ bytes }) => bytes.toString())

describe("of a private key", () => {
  const pairs = keyPairs()

  test.each(pairs)("what is private is met however it is written, and its public half is not", ({ secret, open }) => {
    const key = createPrivateKey(secret)
    const der = key.export({ format: "der", type: "pkcs8" })
    const { d = "" } = key.export({ format: "jwk" })
    const forms = [secret, der, der.toString("hex"), d, Buffer.from(d, "base64url").toString("hex")]
    expect(forms.map((form) => met(secret, form))).toEqual(Array(5).fill(true))
    expect(open.map((form) => met(secret, form))).toEqual([false, false, false])
  })

  test.each(["ed25519", "rsa", "ecdsa"])(
    "of OpenSSH, %s, what all keys begin with and its public half are not met",
    async (type) => {
      const { directory } = await makeKeys()
      await makeKey(join(directory, "one"), "-t", type)
      await makeKey(join(directory, "other"), "-t", type)
      const [one = "", open = "", other = ""] = await Promise.all(
        ["one", "one.pub", "other"].map((name) => readFile(join(directory, name), "utf8")),
      )
      expect([
        met(one, open),
        met(one, Buffer.from(open.split(" ")[1] ?? "", "base64").toString("hex")),
        met(one, other),
      ]).toEqual([false, false, false])
      const body = one.split("\n").slice(1, -2).join("")
      expect([met(one, one), met(one, Buffer.from(body, "base64").toString("hex"))]).toEqual([true, true])
    },
  )

  test("that has a passphrase, what comes behind its header is met", async () => {
    const { directory } = await makeKeys()
    await makeKey(join(directory, "one"), "-N", "a passphrase of it")
    const one = await readFile(join(directory, "one"), "utf8")
    expect(met(one, one.split("\n").at(-4) ?? "")).toBe(true)
  })
})

describe("of a text with a structure", () => {
  test.each([
    ["JSON", '{"user":"drone","password":"Xk39vQz7Lw2m","ports":[443]}', ["Xk39vQz7Lw2m"]],
    [
      "docker's auth",
      `{"auths":{"ghcr.io":{"auth":"${Buffer.from("drone-bot:Xk39vQz7Lw2m").toString("base64")}"}}}`,
      ["drone-bot", "Xk39vQz7Lw2m"],
    ],
    ["a URL", "https://drone:Xk39%2FvQz7Lw2m@git.ci.example/some/repo", ["Xk39/vQz7Lw2m", "Xk39%2FvQz7Lw2m"]],
    [
      "variables",
      "# of the runner\nexport RPC_SECRET='Xk39vQz7Lw2m'\nHOST=ci.example.com\n",
      ["export RPC_SECRET='Xk39vQz7Lw2m'", "Xk39vQz7Lw2m", "HOST=ci.example.com", "ci.example.com"],
    ],
    ["a certificate", "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUXk39vQz7Lw2m\n-----END CERTIFICATE-----\n", []],
    ["a password with an equals sign", "Xk39v=Qz7Lw2mP", ["Xk39v=Qz7Lw2mP", "Qz7Lw2mP"]],
    ["a password like base64", "Xk39vQz7Lw2m====", ["Xk39vQz7Lw2m===="]],
  ])("%s, the values count", (_, text, secret) => {
    expect(values(text)).toEqual(secret)
  })

  test("names that are no secret are no phrase", () => {
    const phrases = partsOf(
      Buffer.from('{"description":"the registry of the runner","password":"correct horse battery"}'),
    )
    expect(phrases.filter(({ phrase }) => phrase).map(({ bytes }) => bytes.toString())).toEqual([
      "correct horse battery",
    ])
  })
})
