// Files of keys as the tools make them: what is public in them, and about them, stays to be seen.

import { execFileSync } from "node:child_process"
import { createPrivateKey } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { generateIdentity, identityToRecipient } from "age-encryption"
import ssh2 from "ssh2"
import { describe, expect, test } from "vitest"
import { leaksIn } from "../leaks/leaks.ts"
import { Redactor } from "./redactor.ts"

const knowing = (text: string) => {
  const redactor = new Redactor()
  redactor.add({ name: "key", bytes: Buffer.from(text) })
  return redactor
}

const base64 = (text: string) => Buffer.from(text).toString("base64")

function sshKey(...options: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "ssh-key-"))
  const keygen = (...args: string[]) => execFileSync("ssh-keygen", args, { encoding: "utf8" })
  try {
    const file = join(folder, "key")
    keygen("-q", "-N", "", "-C", "ci@example.org", "-f", file, ...options)
    return {
      key: readFileSync(file, "utf8"),
      publicKey: readFileSync(`${file}.pub`, "utf8"),
      fingerprint: keygen("-l", "-f", `${file}.pub`),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.each([
  ["ed25519", sshKey("-t", "ed25519")],
  ["rsa", sshKey("-t", "rsa", "-b", "2048")],
])("a key of OpenSSH, %s", (_, { key, publicKey, fingerprint }) => {
  const redactor = knowing(key)
  const parsed = ssh2.utils.parseKey(key)
  if (parsed instanceof Error) throw parsed
  const numbers = createPrivateKey(parsed.getPrivatePEM()).export({ format: "jwk" })
  const secrets = ["d", "p", "q", "qi"].flatMap((name) => {
    const number = numbers[name as keyof typeof numbers]
    return typeof number === "string" ? [{ name, bytes: Buffer.from(number, "base64url") }] : []
  })
  const leaks = (texts: string[]) =>
    leaksIn(
      texts.map((text, index): [string, Uint8Array] => [`text ${index}`, Buffer.from(text)]),
      secrets,
    )
  const lines = key.trimEnd().split("\n")

  test("is hidden as a whole, between the lines that say what it is", () => {
    const shown = redactor.text(key)
    expect(shown).toBe(`${lines.at(0)}\n[REDACTED:key#1]\n${lines.at(-1)}\n`)
    expect(leaks([shown])).toEqual([])
  })

  test("is hidden in its base64", () => {
    const seen = leaks([base64(key)]).map(({ secret }) => secret)
    expect(seen.toSorted()).toEqual(secrets.map(({ name }) => name).toSorted())
    expect(leaks([redactor.text(base64(key))])).toEqual([])
  })

  test("is hidden in each line by itself", () => {
    const telling = lines.filter((line) => leaks([line]).length > 0)
    expect(telling).not.toEqual([])
    for (const line of telling) expect(redactor.text(line)).toContain("[REDACTED:key#1]")
    expect(leaks(lines.map((line) => redactor.text(line)))).toEqual([])
  })

  test("has a public key and a fingerprint that come out as they are", () => {
    for (const text of [publicKey, base64(publicKey), fingerprint]) expect(redactor.text(text)).toBe(text)
  })
})

test("a file of age-keygen shows its recipient, and its identity nowhere", async () => {
  const identity = await generateIdentity()
  const recipient = await identityToRecipient(identity)
  const comments = `# created: 2026-11-27T00:29:09Z\n# public key: ${recipient}\n`
  const redactor = knowing(`${comments}${identity}\n`)
  expect(redactor.text(`${comments}${identity}\n`)).toBe(`${comments}[REDACTED:key#1]\n`)
  expect(redactor.text(`sops.age: ${recipient}`)).toBe(`sops.age: ${recipient}`)
  const secret = { name: "identity", bytes: Buffer.from(identity) }
  const encoded = base64(`${comments}${identity}\n`)
  expect(leaksIn([["encoded", Buffer.from(encoded)]], [secret])).not.toEqual([])
  expect(leaksIn([["encoded", Buffer.from(redactor.text(encoded))]], [secret])).toEqual([])
})
