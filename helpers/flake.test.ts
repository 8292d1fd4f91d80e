import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { lockedInput } from "./flake.ts"
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
const repo = (text: string | undefined): Mirror => ({
  ...{ url: "https://git.example/base", directory: "/nowhere", revOf: async () => rev, filesAt: async () => [] },
  fileAt: async (at, path) =>
    at === rev && path === "flake.lock" && text !== undefined ? Buffer.from(text) : undefined,
})
const lock = (nodes: Record<string, unknown>, changes: object = {}) =>
  JSON.stringify({ version: 7, root: "root", nodes, ...changes })
const look = (text: string | undefined, input = "secrets") => lockedInput(repo(text), rev, input)

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

test.each<[string, string, string]>([
  ["version 4", lock({}, { version: 4 }), ": version 4"],
  ["version 8", lock({}, { version: 8 }), ": version 8"],
  ["without a version", lock({}, { version: undefined }), ": version undefined"],
  ["that is no JSON", "<<<<<<< HEAD", " is no JSON"],
  ["that is empty", "", " is no JSON"],
  ["without nodes", JSON.stringify({ version: 7, root: "root" }), " has no root and nodes"],
  ["without a root's name", lock({}, { root: undefined }), " has no root and nodes"],
])("a lock %s is an error that says where it is", async (_, text, message) => {
  const failed = await look(text).then(String, ({ message }: Error) => message)
  expect(failed).toBe(`flake.lock at ${rev} of https://git.example/base${message}`)
})
