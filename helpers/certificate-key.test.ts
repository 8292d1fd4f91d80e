// Which key a file is about, against files that openssl made.

import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"
import { publicKeyIn } from "./certificate.ts"
import { run } from "./run.ts"
import { Secret } from "./secret.ts"

let directory = ""
const at = (name: string) => join(directory, name)
const look = async (...names: string[]) =>
  publicKeyIn(new Secret("x", Buffer.concat(await Promise.all(names.map((name) => readFile(at(name)))))))
const neither = { kind: "neither", spkiSha256: null }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "certificate-key-"))
  for (const name of ["one", "other"]) {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at(`${name}.key`)]
    await run("openssl", ["req", "-x509", ...key, "-out", at(`${name}.pem`), "-subj", `/CN=${name}`, "-days", "2"])
  }
  await run("openssl", ["ec", "-in", at("one.key"), "-out", at("sec1.key")])
  await run("openssl", ["ec", "-in", at("one.key"), "-pubout", "-out", at("public.pem")])
  await run("openssl", ["ec", "-in", at("one.key"), "-aes256", "-passout", "pass:x", "-out", at("encrypted.key")])
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test("a certificate and its private key are about the same key, which openssl computes too", async () => {
  const [der, key, certificate] = [at("public.der"), await look("one.key"), await look("one.pem")]
  await run("openssl", ["pkey", "-pubin", "-in", at("public.pem"), "-outform", "DER", "-out", der])
  const { stdout } = await run("openssl", ["dgst", "-sha256", "-r", der])
  const [spkiSha256] = stdout.split(" ")
  expect(key).toEqual({ kind: "private key", spkiSha256 })
  expect(certificate).toEqual({ kind: "certificate", spkiSha256 })
  expect(await look("sec1.key")).toEqual(key)
})

test("of a chain the first certificate counts", async () => {
  expect(await look("one.pem", "other.pem")).toEqual(await look("one.pem"))
  expect(await look("other.pem", "one.pem")).toEqual(await look("other.pem"))
  expect((await look("other.pem")).spkiSha256).not.toBe((await look("one.pem")).spkiSha256)
})

test("a file with a certificate and a private key is taken for the more secret of both", async () => {
  expect((await look("one.pem", "one.key")).kind).toBe("private key")
  expect((await look("one.key", "one.pem")).kind).toBe("private key")
})

test("a public key, a locked private key and anything else are about no key that can be known", async () => {
  expect(await look("public.pem")).toEqual(neither)
  expect(await look("encrypted.key")).toEqual(neither)
  for (const text of ["", "hunter2", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    expect(publicKeyIn(new Secret("x", Buffer.from(text)))).toEqual(neither)
  }
})

test("nothing of a private key is shown", async () => {
  const lines = (await readFile(at("one.key"), "utf8")).split("\n").filter((line) => /^[\w+/=]{16,}$/.test(line))
  expect(lines.length).toBeGreaterThan(0)
  const shown = inspect(await look("one.key"))
  expect(lines.filter((line) => shown.includes(line))).toEqual([])
})
