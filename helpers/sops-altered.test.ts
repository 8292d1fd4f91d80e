// What can be done to a sealed file, one thing at a time: what is noticed by reading, and what by opening.

import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { parse, stringify } from "yaml"
import { SopsIdentityError, SopsMacError, SopsValueError } from "./sops-open.ts"
import { append, leaks, opened, parsed, problemsOf, read, sealed, swap } from "./sops-sample.ts"

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
