// Opening what testdata/sops/sops-seal.py sealed, with each key there is.

import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { SopsIdentityError, SopsMacError } from "./sops-open.ts"
import { identity, leaks, opened, problemsOf, read, sealed, swap, values } from "./sops-sample.ts"

test.each([
  ["sealed.yaml", "recovery"],
  ["sealed.yaml", "host"],
  ["sealed.json", "recovery"],
  ["mac-only-encrypted.yaml", "recovery"],
  ["hidden-recipient.yaml", "recovery"],
  ["hidden-recipient.yaml", "stranger"],
])("every value of %s opens with the key of %s", async (name, by) => {
  const file = await opened(read(name), name, by)
  expect(file.names()).toEqual(Object.keys(values))
  expect(Object.fromEntries(file.names().map((path) => [path, file.leaf(path).reveal().toString()]))).toEqual(values)
  expect(leaks(inspect(file, { depth: 9 }) + JSON.stringify(file))).toEqual([])
})

test("a file in sops's binary form, and one of two documents, open", async () => {
  const notes = await opened(read("notes.md"), "notes.md")
  expect([notes.names(), notes.leaf("data").reveal().toString()]).toEqual([["data"], "any bytes at all\n"])
  const two = await opened(read("two-documents.yaml"), "two-documents.yaml")
  expect(two.names().map((path) => two.leaf(path).reveal().toString())).toEqual(["one", "two"])
})

test("who opened it is said as written; data keys can be compared", async () => {
  const [one, other] = [await opened(sealed), await opened(sealed, "sealed.yaml", "host")]
  expect(one.openedBy).toEqual([identity("recovery").recipient])
  expect(other.openedBy).toEqual([identity("host").recipient])
  const nonce = Buffer.alloc(32, 7)
  expect(one.dataKey.hmac(nonce)).toBe(other.dataKey.hmac(nonce))
  const another = await opened(read("sealed.json"), "sealed.json")
  expect(one.dataKey.hmac(nonce)).not.toBe(another.dataKey.hmac(nonce))
  // The label beside the age file claims one recipient; the file was sealed to two.
  expect(problemsOf(read("hidden-recipient.yaml"))).toContain("age file for several keys: sops/age/0/enc")
})

test("a missing value is an error that names those there are, and shows none", async () => {
  const file = await opened(sealed)
  expect(() => file.leaf("drone/secret")).toThrow(
    "sealed.yaml: no value at drone/secret; there are: tls/wildcard_key, ",
  )
  expect(() => file.leaf("drone")).toThrow(
    expect.toSatisfy((error: Error) => leaks(inspect(error)).length === 0, "shows no value"),
  )
})

test.each([
  ["bad-mac.yaml", SopsMacError, "bad-mac.yaml: the MAC of its 11 values is not the MAC in it"],
  ["no-mac.yaml", SopsMacError, "no-mac.yaml: no MAC in it"],
])("%s opens with no key", async (name, kind, message) => {
  const error = await opened(read(name), name).catch((cause: Error) => cause)
  expect(error).toBeInstanceOf(kind)
  expect(error).toHaveProperty("message", message)
})

test("a key it is not sealed to opens nothing, and the error says for whom it is", async () => {
  const error = await opened(sealed, "sealed.yaml", "stranger").catch((cause: Error) => cause)
  expect(error).toBeInstanceOf(SopsIdentityError)
  const [recovery, host, stranger] = ["recovery", "host", "stranger"].map((name) => identity(name).recipient)
  const message = `sealed.yaml: sealed to ${recovery}, ${host}; the identity is ${stranger}`
  expect(error).toHaveProperty("message", message)
})

test("where only sealed values are in the MAC, a readable one may change, and a sealed one may not", async () => {
  const text = read("mac-only-encrypted.yaml")
  const changed = await opened(swap("Everybody may", "Nobody must")(text))
  expect(changed.leaf("banner_unencrypted").reveal().toString()).toBe("Nobody must read this")
  await expect(opened(swap(/ {4}token: .*\n/, "")(text))).rejects.toThrow(SopsMacError)
  await expect(opened(swap(/ {4}mac_only_encrypted: true\n/, "")(text))).rejects.toThrow(SopsMacError)
})

test("a sealed comment that is not this file's is named by its line", async () => {
  expect((await opened(sealed)).unopenedComments).toEqual([])
  const altered = await opened(swap("#ENC[AES256_GCM,data:W", "#ENC[AES256_GCM,data:X")(sealed))
  expect(altered.unopenedComments).toEqual([1])
})

describe("of two documents", () => {
  const [first = "", second = ""] = read("two-documents.yaml").trimEnd().split("\n---\n")

  test.each([
    ["the second taken out", `${first}\n`],
    ["the second doubled", `${first}\n---\n${second}\n---\n${second}\n`],
    ["the order turned", `${second}\n---\n${first}\n`],
  ])("%s is noticed by the MAC", async (_, text) => {
    expect(problemsOf(text)).toEqual([])
    await expect(opened(text)).rejects.toThrow(SopsMacError)
  })

  test("the second with metadata of its own is not strict, though sops reads the first's alone", async () => {
    const text = `${first}\n---\n${swap("3.9.4", "3.9.5")(second)}`
    expect(problemsOf(text)).toEqual(["metadata differs between documents: sops"])
    await expect(opened(text)).rejects.toThrow("not strict sops: metadata differs between documents at sops")
  })
})
