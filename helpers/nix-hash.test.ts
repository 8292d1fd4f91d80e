// Against Nix itself, and against what it once answered.

import { createHash, randomBytes } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { fromNix32, nix32, parseHash, sourceStorePath, sri } from "./nix-hash.ts"
import { run } from "./run.ts"

const nix = async (...args: string[]) =>
  (await run("nix", ["--extra-experimental-features", "nix-command", ...args])).stdout.trim()
const sha256 = (text: string) => createHash("sha256").update(text).digest()

const abc = {
  hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  nix32: "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s",
  base64: "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
}

describe("nix32", () => {
  test("of a hash is what Nix documents and says", async () => {
    expect(nix32(sha256("abc"))).toBe(abc.nix32)
    const bytes = randomBytes(32)
    expect(nix32(bytes)).toBe(await nix("hash", "to-base32", "--type", "sha256", bytes.toString("hex")))
  })

  test("of any bytes is read back", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => fromNix32(nix32(bytes)).equals(bytes)))
    expect(nix32(Buffer.alloc(0))).toBe("")
    expect(nix32(Buffer.alloc(20, 0xff))).toBe("z".repeat(32))
  })

  test.each([
    ["a letter it lacks", "e".padStart(52, "0")],
    ["upper case", abc.nix32.toUpperCase()],
    ["bits beyond the last byte", `z${abc.nix32.slice(1)}`],
    ["a length no number of bytes has", "0".repeat(51)],
    ["a space", ` ${abc.nix32.slice(1)}`],
    ["two units of one letter", "😀".repeat(26)],
  ])("is not read with %s", (_, text) => {
    expect(() => fromNix32(text)).toThrow(`no nix32: ${JSON.stringify(text)}`)
  })
})

describe("a hash", () => {
  const sriText = `sha256-${abc.base64}`

  test.each([sriText, sriText.slice(0, -1), `sha256:${abc.nix32}`, `sha256:${abc.hex}`, `sha256:${abc.base64}`])(
    "is read as Nix reads it: %s",
    async (text) => {
      expect(parseHash(text).toString("hex")).toBe(abc.hex)
      expect(await nix("hash", "to-base16", text)).toBe(abc.hex)
    },
  )

  test("is written as Nix writes it", async () => {
    expect(sri(sha256("abc"))).toBe(sriText)
    expect(await nix("hash", "to-sri", "--type", "sha256", abc.hex)).toBe(sriText)
    expect(() => sri(Buffer.alloc(20))).toThrow("no SHA-256: 20 bytes")
  })

  test.each([
    "",
    abc.hex,
    abc.base64,
    `sha512-${abc.base64}`,
    `sha1:${abc.hex}`,
    `SHA256-${abc.base64}`,
    `sha256-${abc.hex}`,
    `sha256-${abc.nix32}`,
    `sha256:${abc.hex.toUpperCase()}`,
    `sha256:${abc.base64.slice(0, -1)}`,
    `sha256-${abc.base64}=`,
    `sha256-${abc.base64.slice(0, -2)}`,
    `${sriText}\n`,
    ` ${sriText}`,
    `${sriText} ${sriText}`,
    `${sriText}?x`,
    // The last letter's two lowest bits say nothing: Node takes this for the same hash.
    `sha256-${abc.base64.slice(0, -2)}1=`,
    `sha256-${abc.base64.replaceAll("/", "_").replaceAll("+", "-")}`,
  ])("is not read as %j", (text) => {
    expect(() => parseHash(text)).toThrow(/^no /)
  })
})

describe("the store path of a source", () => {
  test.each(["source", "my-source_1.2", "a?b=c+d"])("named %s is the one nix-store prints", async (name) => {
    const narHash = randomBytes(32)
    const printed = await run("nix-store", [
      ...["--store", "dummy://", "--print-fixed-path", "--recursive", "sha256", narHash.toString("hex"), name],
    ])
    expect(sourceStorePath(narHash, name)).toBe(printed.stdout.trim())
  })

  test("is another in another store", async () => {
    const narHash = sha256("abc")
    const printed = await run(
      "nix-store",
      ["--store", "dummy://", "--print-fixed-path", "--recursive", "sha256", abc.hex, "source"],
      { env: { NIX_STORE_DIR: "/tmp/store" } },
    )
    expect(sourceStorePath(narHash)).toBe("/nix/store/chr0qygjnyjs5b90v4hz80j6lisyhx5v-source")
    expect(sourceStorePath(narHash, "source", "/tmp/store")).toBe(printed.stdout.trim())
  })

  test.each(["", "a/b", ".hidden", "a b", "a\n", "a".repeat(212)])("is none for the name %j", (name) => {
    expect(() => sourceStorePath(Buffer.alloc(32), name)).toThrow(`no name in a store: ${JSON.stringify(name)}`)
  })

  test("is none for what is no SHA-256", () => {
    expect(() => sourceStorePath(Buffer.alloc(31))).toThrow("no SHA-256: 31 bytes")
  })
})
