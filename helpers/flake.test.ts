import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { flakeLock, lockedInput } from "./flake.ts"
import type { Mirror } from "./git.ts"

const rev = "0123456789abcdef0123456789abcdef01234567"
const locked = {
  type: "git",
  url: "https://git.example/secrets",
  rev: "f".repeat(40),
  narHash: "sha256-x",
  lastModified: 1,
}
const { lastModified: _, ...wanted } = locked

/** A repo with this flake.lock at its only commit. */
const repo = (text: string | Buffer | undefined): Mirror => ({
  ...{ url: "https://git.example/base", directory: "/nowhere", revOf: async () => rev, filesAt: async () => [] },
  fileAt: async (at, path) =>
    at === rev && path === "flake.lock" && text !== undefined ? Buffer.from(text) : undefined,
})
const lock = (nodes: Record<string, unknown>, changes: object = {}) =>
  JSON.stringify({ version: 7, root: "root", nodes, ...changes })
const look = (text: string | Buffer | undefined, input = "secrets") => lockedInput(repo(text), rev, input)

test("an input is what its node pins, with the digest of the file's bytes", async () => {
  const text = lock({ root: { inputs: { secrets: "secrets_2" } }, secrets: { locked: {} }, secrets_2: { locked } })
  const lockSha256 = createHash("sha256").update(text).digest("hex")
  expect(await look(text)).toEqual({ ...wanted, lockSha256 })
  expect((await look(`${text}\n`))?.lockSha256).not.toBe(lockSha256)
})

test("a field the lock does not have is missing", async () => {
  const found = await look(lock({ root: { inputs: { secrets: "s" } }, s: { locked: { type: "path", path: "/x" } } }))
  expect(found).toEqual({ type: "path", lockSha256: expect.any(String) })
})

test.each([
  ["flake.lock", undefined],
  ["an input of that name", lock({ root: { inputs: { other: "secrets" } }, secrets: { locked } })],
  ["any input", lock({ root: {}, secrets: { locked } })],
  ["a root", lock({ secrets: { locked } })],
  ["the node it names", lock({ root: { inputs: { secrets: "gone" } } })],
  ["a pin", lock({ root: { inputs: { secrets: "s" } }, s: { flake: false } })],
])("without %s there is no locked input", async (_, text) => {
  expect(await look(text)).toBeUndefined()
})

describe("follows", () => {
  const nodes = {
    root: { inputs: { secrets: ["base", "inner", "secrets"], base: "base", short: ["base"] } },
    base: { inputs: { inner: ["other"], secrets: "wrong" }, locked: { ...locked, rev: "b" } },
    inner: { inputs: { secrets: "wrong" } },
    wrong: { locked: { ...locked, rev: "w" } },
    found: { locked },
  }

  test("are walked from the root, through follows of follows", async () => {
    const inputs = { ...nodes.root.inputs, other: "other" }
    const text = lock({ ...nodes, root: { inputs }, other: { inputs: { secrets: "found" } } })
    expect(await look(text)).toMatchObject(wanted)
    expect(await look(text, "short")).toMatchObject({ rev: "b" })
  })

  test("that lead nowhere pin nothing", async () => {
    expect(await look(lock(nodes))).toBeUndefined()
    expect(await look(lock({ root: { inputs: { secrets: [] } }, secrets: { locked } }))).toBeUndefined()
  })

  test("that go round are an error", async () => {
    const round = { root: { inputs: { secrets: ["other"], other: ["secrets"] } } }
    await expect(look(lock(round))).rejects.toThrow("input secrets of flake.lock follows itself")
  })
})

test.each([5, 6, 7])("version %d is read", async (version) => {
  const text = lock({ root: { inputs: { secrets: "s" } }, s: { locked } }, { version })
  expect(await look(text)).toMatchObject(wanted)
})

test.each<[string, string | Buffer, string]>([
  ["version 4", lock({}, { version: 4 }), ": version 4"],
  ["version 8", lock({}, { version: 8 }), ": version 8"],
  ["without a version", lock({}, { version: undefined }), ": version undefined"],
  ["that is no JSON", "<<<<<<< HEAD", " is no JSON"],
  ["that is empty", "", " is no JSON"],
  [
    "without nodes",
    JSON.stringify({ version: 7, root: "root" }),
    " has an unknown shape: nodes: Invalid input: expected record, received undefined",
  ],
  [
    "without a root's name",
    lock({}, { root: undefined }),
    " has an unknown shape: root: Invalid input: expected string, received undefined",
  ],
  ["that is no object", "7", " is no JSON object"],
  ["with a key twice", '{"version": 7, "root": "a", "ro\\u006ft": "b"}', " has a key twice in one object: root"],
  ["with a node __proto__", '{"version": 7, "root": "__proto__", "nodes": {"__proto__": {}}}', " has a key __proto__"],
  ["that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), " is no JSON"],
  [
    "with a field nobody knows",
    lock({ root: { input: {} } }),
    ' has an unknown shape: nodes.root: Unrecognized key: "input"',
  ],
])("a lock %s is an error that says where it is", async (_, text, message) => {
  const failed = await look(text).then(String, ({ message }: Error) => message)
  expect(failed).toBe(`flake.lock at ${rev} of https://git.example/base${message}`)
})

test("an input says nothing of a credential, and what version 5 calls info is what Nix takes", async () => {
  const url = "https://user:hunter2@git.example/secrets?ref=main&private_token=hunter3"
  const info = { narHash: "sha256-other", lastModified: 2 }
  const text = lock({ root: { inputs: { secrets: "s" } }, s: { locked: { ...locked, url }, info } })
  const masked = "https://[credential]@git.example/secrets?ref=main&private_token=[credential]"
  expect(await look(text)).toMatchObject({ ...wanted, url: masked, narHash: "sha256-other" })
})

describe("the whole lock", () => {
  const whole = async (nodes: Record<string, unknown>, changes: object = {}) => {
    const found = await flakeLock(repo(lock(nodes, changes)), rev)
    if (found === undefined) throw new Error("no flake.lock")
    return found
  }
  const problems = async (pin: object) => {
    const nodes = { root: { inputs: { secrets: "s" } }, s: { original: {}, locked: pin, flake: false } }
    return (await whole(nodes)).problems
  }

  test("is not there without flake.lock", async () => {
    expect(await flakeLock(repo(undefined), rev)).toBeUndefined()
  })

  test("has every node that can be reached, with its attributes and every way there, and the others apart", async () => {
    const original = { type: "git", url: "https://git.example/secrets", submodules: true }
    const found = await whole({
      root: { inputs: { sops: "sops-nix", nixpkgs: "nixpkgs", self: [], same: ["sops", "nixpkgs"] } },
      "sops-nix": {
        inputs: { nixpkgs: ["nixpkgs"], flake: ["self"], deep: "deep", back: "sops-nix" },
        original,
        locked,
      },
      nixpkgs: { original, locked, flake: false },
      deep: { inputs: { up: "nixpkgs" }, original, locked },
      lonely: { original, locked, inputs: { nixpkgs: "nixpkgs" } },
    })
    expect(found.nodes).toEqual([
      { key: "deep", paths: ["sops/deep"], original, locked, flake: true },
      {
        key: "nixpkgs",
        paths: ["nixpkgs", "same", "sops/nixpkgs", "sops/deep/up"],
        ...{ original, locked, flake: false },
      },
      { key: "sops-nix", paths: ["sops", "sops/back"], original, locked, flake: true },
    ])
    expect(found.unreachable).toEqual([{ key: "lonely", paths: [], original, locked, flake: true }])
    expect(found).toMatchObject({ version: 7, problems: [], lockSha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  test("names a way to every node of a lock whose ways are without number", async () => {
    const layers = Array.from({ length: 60 }, (_, n) => [
      `n${n}`,
      { inputs: { a: `n${n + 1}`, b: `n${n + 1}` }, locked },
    ])
    const { nodes } = await whole({ root: { inputs: { a: "n0" } }, ...Object.fromEntries(layers), n60: { locked } })
    expect(nodes).toHaveLength(61)
    expect(nodes.find(({ key }) => key === "n60")?.paths).toHaveLength(2)
  })

  test("tells of inputs that lead nowhere, round or back to the root", async () => {
    const inputs = {
      gone: "gone",
      lost: ["gone", "x"],
      object: "constructor",
      round: ["trip"],
      trip: ["round"],
      me: "root",
    }
    expect((await whole({ root: { inputs } })).problems).toEqual([
      "input gone: leads to no node",
      "input lost: leads to no node",
      "input object: leads to no node",
      "input round: leads to no node",
      "input trip: leads to no node",
      "input me: is the root node",
    ])
    expect((await whole({}, { root: "base" })).problems).toEqual(["root node base: is not there"])
  })

  const github = { type: "github", owner: "NixOS", repo: "nixpkgs", rev, narHash: "sha256-x" }
  test.each<[string, object, string[]]>([
    ["git at a rev", locked, []],
    ["git at a rev without a NAR hash", { ...locked, narHash: undefined }, []],
    ["a forge's tarball", github, []],
    ["a tarball", { type: "tarball", url: "https://x.example/a.tar.gz", narHash: "sha256-x" }, []],
    ["a path within the repo", { type: "path", path: "./sub" }, []],
    ["a repo over ssh", { ...locked, url: "ssh://git@git.example/secrets" }, []],
    ["nothing", {}, ["is not locked"]],
    ["git without a rev", { ...locked, rev: undefined }, ["has no rev"]],
    ["git at a branch", { ...locked, rev: "main" }, ["has a rev that is no commit"]],
    ["git in this machine's files", { ...locked, url: "file:///srv/x" }, ["is a repo on the machine that locked it"]],
    ["a forge without a NAR hash", { ...github, narHash: undefined }, ["has no narHash"]],
    ["a tarball without a NAR hash", { type: "tarball", url: "https://x.example/a" }, ["has no narHash"]],
    ["a path", { type: "path", path: "/srv/x", narHash: "sha256-x" }, ["is a path on the machine that locked it"]],
    ["a path outside", { type: "path", path: "../x" }, ["is a path that may lead out of the repo"]],
    ["a registry", { type: "indirect", id: "nixpkgs", narHash: "sha256-x" }, ["is whatever a registry says"]],
    ["a dirty tree", { ...locked, dirtyRev: `${rev}-dirty` }, ["was locked to a dirty tree"]],
  ])("judges %s", async (_, pin, wrong) => {
    expect(await problems(pin)).toEqual(wrong.map((what) => `input secrets: ${what}`))
  })

  test.each([
    "https://user:hunter2@git.example/x",
    "https://hunter2@git.example/x",
    "git+https://user:hunter2@git.example/x",
    "ssh://git:hunter2@git.example/x",
    "ssh://git%3Ahunter2@git.example/x",
    "https://user:hunter2@2@git.example/x",
    "https://git.example/x?private_token=hunter2",
    "https://git.example/x?ref=main&acce%73s_token=hunter2",
    "https://git.example/x?X-Amz-Signature=hunter2",
    "https://git.example/x#token=hunter2",
    "https://git.example/ghp_hunter2hunter2hunter2/x",
    "https://git.example/?to=https%3A%2F%2Fuser%3Ahunter2%40git.example",
  ])("says that there is a credential in %s, and not which", async (url) => {
    const original = { type: "git", url }
    const found = await whole({
      root: { inputs: { secrets: "s" } },
      s: { original, locked: { ...locked, url } },
      lonely: { original, locked },
    })
    const what = "credential in the URL"
    expect(found.problems).toEqual([`input secrets: ${what}`, `unused node lonely: ${what}`])
    expect(JSON.stringify(found)).not.toContain("hunter2")
  })

  test.each([
    "https://git.example/x?ref=main&rev=0123&narHash=sha256-x&submodules=1&publicKey=ssh-ed25519",
    "ssh://git@git.example:2222/x",
    "git+ssh://git@git.example/x",
    "https://git.example/@user/x?dir=a@b",
  ])("finds no credential in %s", async (url) => {
    expect(await problems({ ...locked, url })).toEqual([])
  })
})
