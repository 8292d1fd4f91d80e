// Against files that testdata/sops/sops-seal.py sealed, which shares no code with ours, and what can be done to such a file.

import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { parse, stringify } from "yaml"
import { type AgeIdentity, identitiesIn } from "./age.ts"
import { Secret } from "./secret.ts"
import { parseSops } from "./sops.ts"
import { openSops, SopsIdentityError, SopsMacError, SopsValueError } from "./sops-open.ts"

const read = (name: string) => readFileSync(new URL(`testdata/sops/${name}`, import.meta.url), "utf8")
const identity = (name: string): AgeIdentity =>
  identitiesIn(new Secret(name, Buffer.from(read(`${name}.agekey`))))[0] as AgeIdentity
const parsed = (text: string, name = "sealed.yaml") => parseSops(Buffer.from(text), name)
const opened = (text: string, name = "sealed.yaml", by = "recovery") => openSops(parsed(text, name), identity(by))
const problemsOf = (text: string, name?: string) =>
  parsed(text, name).problems.map(({ kind, path }) => (path === "" ? kind : `${kind}: ${path}`))

const sealed = read("sealed.yaml")
const plain = parse(read("plain.yaml"))
const values: Record<string, string> = {
  "tls/wildcard_key": plain.tls.wildcard_key,
  "tls/hosts/0": "alpha.example",
  "tls/hosts/1": "beta.example",
  "drone/token": "made-up-token",
  "drone/port": "8443",
  "drone/ratio": "0.000000125",
  "drone/enabled": "True",
  "drone/off": "False",
  nothing: "",
  banner_unencrypted: "Everybody may read this",
  retries_unencrypted: "3",
}
// What no error, problem or printed fact may hold; `hunter2` is what the mutations below leave in the clear.
const leaks = (shown: string) =>
  [...Object.values(values), ...plain.tls.wildcard_key.split("\n"), "hunter2", "sealed with the values"].filter(
    (value) => value.length > 3 && !["True", "False"].includes(value) && shown.includes(value),
  )

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

/** Replaces what is there once; a mutation that changes nothing would prove nothing. */
const swap = (from: string | RegExp, to: string) => (text: string) => {
  const changed = text.replace(from, () => to)
  if (changed === text) throw new Error(`nothing to replace: ${from}`)
  return changed
}
const append = (line: string) => swap("\nsops:\n", `\n${line}\nsops:\n`)
const under = (line: string) => swap("    pgp: []\n", `    pgp: []\n    ${line}\n`)
const valueAt = (key: string, text = sealed) => new RegExp(`${key}: (ENC\\[.*\\])`).exec(text)?.[1] ?? ""
const hosts = [...sealed.matchAll(/ {4}- (ENC.*)\n/g)].map(([line]) => line)
const exchange = (one: string, other: string) => (text: string) =>
  swap("\0", other)(swap(other, one)(swap(one, "\0")(text)))
const reshape = (change: (sops: { age: unknown[] } & Record<string, unknown>) => void) => (text: string) => {
  const document = parse(text)
  change(document.sops)
  return stringify(document, { lineWidth: 0, version: "1.1" })
}

const renameEmpty = swap("nothing: ''", "something: ''")

type Outcome = "opens" | typeof SopsMacError | typeof SopsValueError | typeof SopsIdentityError | RegExp
const notStrict = /^sealed\.yaml: not strict sops: /

const mutations: [string, (text: string) => string, string[], Outcome][] = [
  // Text that is not sealed.
  [
    "plaintext after a value's `]`",
    swap(/(?<=token: ENC\[.*\])/, "hunter2"),
    ["text after a sealed value: drone/token"],
    notStrict,
  ],
  [
    "plaintext quoted with a value",
    swap(/token: (ENC\[.*\])/, `token: "${valueAt("token")} hunter2"`),
    ["text after a sealed value: drone/token"],
    notStrict,
  ],
  ["plaintext before a value", swap("token: ENC", "token: hunter2 ENC"), ["plaintext value: drone/token"], notStrict],
  ["a plaintext value", append("added: hunter2"), ["plaintext value: added"], notStrict],
  ["a plaintext number", append("added: 8443"), ["plaintext value: added"], notStrict],
  ["a plaintext list item", swap(hosts[0] ?? "", "    - hunter2\n"), ["plaintext value: tls/hosts/0"], notStrict],
  ["a plaintext comment", append("# hunter2"), ["plaintext comment"], "opens"],
  ["a plaintext comment behind a value", swap(/(?<=port: ENC\[.*\])/, " # hunter2"), ["plaintext comment"], "opens"],
  ["a plaintext comment under sops", under("# hunter2"), ["plaintext comment"], "opens"],
  ["a sealed value as a comment", append(`# ${valueAt("token")}`), ["plaintext comment"], "opens"],
  [
    "a comment in the block of an age file",
    swap("-----END AGE", "# hunter2\n            -----END AGE"),
    ["malformed age file: sops/age/0/enc"],
    /cannot|damaged|age/,
  ],
  ["an extra key under sops", under("note: hunter2"), ["unknown metadata key: sops/note"], "opens"],
  ["plaintext for a known key under sops", swap("3.9.4", "hunter2"), ["malformed metadata: sops/version"], notStrict],
  [
    "a key name that could stand for another place",
    append(`"x:y": ''`),
    ["ambiguous key name: x:y", "empty value: x:y"],
    "opens",
  ],
  // What the MAC does not cover.
  ["a null value", append("added:"), ["null value: added"], "opens"],
  ["an empty value", append("added: ''"), ["empty value: added"], "opens"],
  ["an empty map", append("added: {}"), ["empty collection: added"], "opens"],
  ["an empty value renamed", renameEmpty, [], "opens"],
  ["the sealed comment taken out", swap(/^#ENC.*\n/, ""), [], "opens"],
  // Values that are not where they were.
  ["a key renamed", swap("token:", "tokem:"), [], SopsValueError],
  ["a parent renamed", swap("drone:", "drome:"), [], SopsValueError],
  [
    "a value moved to another path",
    (text) => append(`moved: ${valueAt("token")}`)(swap(/ {4}token: .*\n/, "")(text)),
    [],
    SopsValueError,
  ],
  ["two values exchanged", exchange(valueAt("token"), valueAt("port")), [], SopsValueError],
  ["list items swapped", exchange(hosts[0] ?? "", hosts[1] ?? ""), [], SopsMacError],
  ["a list item doubled", swap(hosts[0] ?? "", `${hosts[0]}${hosts[0]}`), [], SopsMacError],
  ["a value taken out", swap(/ {4}token: .*\n/, ""), [], SopsMacError],
  [
    "two values reordered",
    exchange(/ {4}token: .*\n/.exec(sealed)?.[0] ?? "", / {4}port: .*\n/.exec(sealed)?.[0] ?? ""),
    [],
    SopsMacError,
  ],
  [
    "a value of another file",
    swap(valueAt("token"), valueAt("token", read("mac-only-encrypted.yaml"))),
    [],
    SopsValueError,
  ],
  ["a readable value changed", swap("Everybody may", "Nobody must"), [], SopsMacError],
  [
    "a readable value sealed",
    swap("banner_unencrypted: Everybody may read this", `banner_unencrypted: ${valueAt("token")}`),
    ["sealed value outside the selection: banner_unencrypted"],
    notStrict,
  ],
  // Values that are not what they were.
  [
    "one letter of a value changed",
    swap(/token: ENC\[AES256_GCM,data:./, "token: ENC[AES256_GCM,data:9"),
    [],
    SopsValueError,
  ],
  [
    "a type that the value is not",
    swap(valueAt("token"), valueAt("token").replace("type:str", "type:int")),
    [],
    SopsValueError,
  ],
  [
    "an unknown type",
    swap(valueAt("token"), valueAt("token").replace("type:str", "type:text")),
    ["malformed sealed value: drone/token"],
    notStrict,
  ],
  [
    "a comment as a value",
    swap(valueAt("token"), valueAt("token").replace("type:str", "type:comment")),
    ["sealed comment as a value: drone/token"],
    notStrict,
  ],
  [
    "a nonce of 33 bytes",
    swap(/(?<=token: ENC.*,iv:)[^,]{44}/, "A".repeat(44)),
    ["malformed sealed value: drone/token"],
    notStrict,
  ],
  ["a value cut short", swap(/(?<=token: ENC\[.*),tag.*/, ""), ["malformed sealed value: drone/token"], notStrict],
  // Which values are to be sealed.
  [
    "another unencrypted_suffix",
    swap("unencrypted_suffix: _unencrypted", "unencrypted_suffix: token"),
    [
      "sealed value outside the selection: drone/token",
      "plaintext value: banner_unencrypted",
      "plaintext value: retries_unencrypted",
    ],
    notStrict,
  ],
  [
    "the same rule, written differently",
    swap("unencrypted_suffix: _unencrypted", "unencrypted_regex: _unencrypted$"),
    [],
    "opens",
  ],
  ["an empty rule, which is none", swap("unencrypted_suffix: _unencrypted", "unencrypted_regex: ''"), [], "opens"],
  ["two rules", under("encrypted_regex: ."), ["several selection rules: sops"], notStrict],
  [
    "a rule that JavaScript reads differently",
    swap("unencrypted_suffix: _unencrypted", String.raw`unencrypted_regex: '\pL_unencrypted'`),
    [
      "selection rule not understood: sops/unencrypted_regex",
      "plaintext value: banner_unencrypted",
      "plaintext value: retries_unencrypted",
    ],
    notStrict,
  ],
  [
    "a rule by comment",
    under("encrypted_comment_regex: x"),
    ["selection rule not understood: sops/encrypted_comment_regex", "several selection rules: sops"],
    notStrict,
  ],
  // The MAC and what it is bound to.
  ["no MAC", swap(/ {4}mac: .*\n/, ""), ["no MAC: sops/mac"], SopsMacError],
  ["an empty MAC", swap(/ {4}mac: .*\n/, "    mac: ''\n"), ["no MAC: sops/mac"], SopsMacError],
  [
    "a MAC in the clear",
    swap(/ {4}mac: .*\n/, `    mac: ${"AB".repeat(64)}\n`),
    ["malformed metadata: sops/mac"],
    notStrict,
  ],
  [
    "the MAC of another file",
    swap(valueAt("mac"), valueAt("mac", read("no-mac.yaml") + read("bad-mac.yaml"))),
    [],
    SopsMacError,
  ],
  ["a value for a MAC", swap(valueAt("mac"), valueAt("token")), [], SopsMacError],
  ["mac_only_encrypted switched on", under("mac_only_encrypted: true"), [], SopsMacError],
  ["another lastmodified", swap("'2026-01-31T12:00:00Z'", "'2026-01-31T12:00:01Z'"), [], SopsMacError],
  ["lastmodified in another zone", swap("'2026-01-31T12:00:00Z'", "'2026-01-31T14:00:00+02:00'"), [], SopsMacError],
  ["lastmodified with its zone in digits", swap("'2026-01-31T12:00:00Z'", "'2026-01-31T12:00:00+00:00'"), [], "opens"],
  ["lastmodified with a fraction", swap("'2026-01-31T12:00:00Z'", "'2026-01-31T12:00:00.25Z'"), [], "opens"],
  ["lastmodified without quotes", swap("'2026-01-31T12:00:00Z'", "2026-01-31T12:00:00Z"), [], "opens"],
  [
    "lastmodified that is no date",
    swap("'2026-01-31T12:00:00Z'", "hunter2"),
    ["malformed metadata: sops/lastmodified"],
    notStrict,
  ],
  ["no lastmodified", swap(/ {4}lastmodified: .*\n/, ""), ["malformed metadata: sops/lastmodified"], notStrict],
  // Who can open it.
  ["our age file taken out", reshape((sops) => void sops.age.shift()), [], SopsIdentityError],
  ["all age files taken out", reshape((sops) => void sops.age.splice(0)), ["no recipients: sops"], notStrict],
  [
    "an age file cut short",
    swap(/\n {12}-----END AGE ENCRYPTED FILE-----/, ""),
    ["malformed age file: sops/age/0/enc"],
    /sealed\.yaml: data key for age1/,
  ],
  [
    "two key groups",
    reshape((sops) => Object.assign(sops, { key_groups: sops.age.splice(0).map((age) => ({ age: [age] })) })),
    [],
    /: 2 key groups: opening with Shamir's secret sharing is not supported$/,
  ],
  [
    "keys in and out of groups",
    reshape((sops) => Object.assign(sops, { key_groups: [{ age: [sops.age.pop()] }] })),
    ["both kinds of key groups: sops/key_groups"],
    notStrict,
  ],
  [
    "a recipient that is none",
    swap(/recipient: age1.*/, "recipient: hunter2"),
    ["malformed metadata: sops/age/0/recipient"],
    notStrict,
  ],
  [
    "no metadata at all",
    (text) => text.slice(0, text.indexOf("\nsops:") + 1),
    [
      "no sops metadata: sops",
      "no MAC: sops/mac",
      "no recipients: sops",
      "malformed metadata: sops/version",
      "malformed metadata: sops/lastmodified",
    ],
    SopsMacError,
  ],
  // YAML that can be read in two ways.
  ["a key twice", append("nothing: ''"), ["duplicate key: nothing", "empty value: nothing"], notStrict],
  [
    "an anchor and its alias",
    (text) => append("added: *x")(swap("token: ENC", "token: &x ENC")(text)),
    ["anchor: drone/token", "alias: added", "empty value: added"],
    notStrict,
  ],
  ["a tag", swap("token: ENC", "token: !!str ENC"), ["tag: drone/token"], notStrict],
  ["a merge key", append("<<: {a: ''}"), ["merge key: <<", "empty value: <</a"], notStrict],
  ["a key that is no string", append("1: ''"), ["key is not a string: 1", "empty value: 1"], notStrict],
  ["a directive", (text) => `%YAML 1.1\n---\n${text}`, ["directive"], "opens"],
  [
    "a second document without metadata",
    (text) => `${text}---\nadded: ''\n`,
    ["metadata differs between documents: sops", "empty value: added"],
    notStrict,
  ],
  ["an empty second document", (text) => `${text}---\n`, ["empty document"], "opens"],
]

describe("a sealed file with", () => {
  test.each(mutations)("%s", async (_, mutate, problems, outcome) => {
    const text = mutate(sealed)
    const found = problemsOf(text)
    const usual = mutate === renameEmpty ? "empty value: something" : "empty value: nothing"
    expect(found.toSorted()).toEqual([...problems, usual].toSorted())
    const result = await opened(text).catch((error: Error) => error)
    expect(leaks(inspect(result, { depth: 9 }))).toEqual([])
    const { problems: shown, metadata } = parsed(text)
    expect(leaks(JSON.stringify([shown, metadata.recipients, metadata.version, metadata.lastModified]))).toEqual([])
    if (outcome === "opens") expect(result).toHaveProperty("names")
    else if (outcome instanceof RegExp) expect((result as Error).message).toMatch(outcome)
    else expect(result).toBeInstanceOf(outcome)
  })
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
