import { generateKeyPairSync, sign } from "node:crypto"
import { expect, test } from "vitest"
import type { PathInfo } from "./nix-path-info.ts"
import { fingerprint } from "./nix-signature.ts"
import { tierOf, tiersOf } from "./nix-tier.ts"

const { privateKey, publicKey } = generateKeyPairSync("ed25519")
const key = `cache-1:${publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("base64")}`
const path = `/nix/store/${"a".repeat(32)}-x`
const plain: PathInfo = { path, narHash: "0".repeat(64), narSize: 96, references: [], signatures: [], ultimate: false }
const signature = `cache-1:${sign(null, Buffer.from(fingerprint(plain)), privateKey).toString("base64")}`

test.each<[string, PathInfo, string[]]>([
  ["rebuilt", { ...plain, ultimate: true }, []],
  ["signature verified", { ...plain, signatures: [signature] }, [key]],
  ["not proven", { ...plain, signatures: [signature] }, []],
  ["not proven", { ...plain, narSize: 97, signatures: [signature] }, [key]],
  ["content-addressed", { ...plain, ca: "fixed:r:sha256:x" }, [key]],
  ["not proven", plain, [key]],
])("a path is %s", (tier, info, keys) => {
  expect(tierOf(info, keys)).toBe(tier)
})

test("tiers are counted", () => {
  expect(tiersOf([plain, plain, { ...plain, ultimate: true }], [])).toEqual({ "not proven": 2, rebuilt: 1 })
})
