// What a file that testdata/sops/sops-seal.py sealed says of itself without being opened, and files that are none.

import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { parseSops } from "./sops.ts"
import { append, identity, leaks, opened, parsed, problemsOf, read, sealed, swap } from "./sops-sample.ts"

test("the file says of itself what sops wrote", () => {
  const { metadata, leaves, comments } = parsed(sealed)
  const recipients = ["recovery", "host"].map((name) => identity(name).recipient)
  expect(metadata).toMatchObject({
    ...{ recipients: [recipients], shamirThreshold: null, lastModified: "2026-01-31T12:00:00Z", version: "3.9.4" },
    ...{ macOnlyEncrypted: false, selection: { rule: "unencrypted_suffix", pattern: "_unencrypted" } },
  })
  expect(leaves.map(({ path, keys, selected }) => [path.join("/"), keys.length, selected]).slice(1, 4)).toEqual([
    ["tls/hosts/0", 2, true],
    ["tls/hosts/1", 2, true],
    ["drone/token", 2, true],
  ])
  expect(comments.map(({ line }) => line)).toEqual([1])
  expect(problemsOf(sealed)).toEqual(["empty value: nothing"])
})

describe("JSON", () => {
  const json = read("sealed.json")

  test("is sealed as strictly as YAML", async () => {
    expect(problemsOf(json, "sealed.json")).toEqual(["empty value: nothing"])
    const added = swap(`{\n`, `{\n"added": "hunter2", "nothing": "",\n`)(json)
    expect(problemsOf(added, "sealed.json")).toEqual([
      "duplicate key: nothing",
      "plaintext value: added",
      "empty value: nothing",
      "empty value: nothing",
    ])
    await expect(opened(added, "sealed.json")).rejects.toThrow("sealed.json: not strict sops: ")
  })

  test("is told by the extension, or by its first letter where there is none known", () => {
    expect(problemsOf(json, "sealed")).toEqual(["empty value: nothing"])
    expect(() => parsed(sealed, "sealed.json")).toThrow(new Error("sealed.json: not well-formed JSON"))
    expect(() => parsed(`${json}, "hunter2"`, "sealed.json")).toThrow(new Error("sealed.json: not well-formed JSON"))
  })
})

test.each<[string, string, string | Uint8Array, string]>([
  ["dotenv", "x.env", "token=hunter2\nsops_mac=ENC[]\n", "x.env: sops format not supported: dotenv or ini"],
  [
    "dotenv by its content",
    "x.yaml",
    "token=hunter2\nsops_mac=ENC[]\n",
    "x.yaml: sops format not supported: dotenv or ini",
  ],
  ["ini", "x", "[data]\ntoken=hunter2\n[sops]\nmac=x\n", "x: sops format not supported: dotenv or ini"],
  ["nothing", "x.yaml", "", "x.yaml: empty file"],
  ["a list", "x.yaml", "- hunter2\n", "x.yaml: a document that is not a map, at line 1"],
  ["text", "x.yaml", "hunter2\n", "x.yaml: a document that is not a map, at line 1"],
  ["broken YAML", "x.yaml", 'token: "hunter2\n', "x.yaml: not well-formed at line 2: MISSING_CHAR"],
  ["bytes that are no text", "x.yaml", Buffer.from([0x61, 0x3a, 0x20, 0xff]), "x.yaml: not UTF-8 text"],
])("%s is an error that does not quote it", (_, name, content, message) => {
  expect(() => parseSops(Buffer.from(content), name)).toThrow(new Error(message))
})

test("a value that could be a secret shows nothing of itself", () => {
  const document = parsed(append("added: hunter2")(sealed))
  expect(leaks(inspect(document.leaves, { depth: 9 }) + JSON.stringify(document.leaves))).toEqual([])
  expect(document.leaves.find(({ path }) => path[0] === "added")?.value).toMatchObject({ kind: "clear", type: "str" })
})
