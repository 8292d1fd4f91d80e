import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { expect, test } from "vitest"
import { narOfDirectory } from "./nar.ts"
import { narsOfTar } from "./nar-of-tar.ts"
import type { PathInfo } from "./nix-path-info.ts"
import { readingOf } from "./rehash.ts"

test("paths read with tar have the hash that they have on the disk", async () => {
  const store = await mkdtemp(join(tmpdir(), "rehash-"))
  try {
    const names = [`${"a".repeat(32)}-tree`, `${"b".repeat(32)}-file`]
    const [tree = "", file = ""] = names
    await mkdir(join(store, tree, "lib"), { recursive: true })
    await writeFile(join(store, tree, "lib", "x.so"), Buffer.alloc(70_001, 1))
    await writeFile(join(store, tree, "lib.conf"), "between lib and lib/ in no order but bytes\n")
    await symlink("lib/x.so", join(store, tree, "link"))
    await writeFile(join(store, file), "alone\n", { mode: 0o755 })
    const options = ["--format=gnu", "--sort=name", "--hard-dereference", "-C", store, "--null", "--files-from=-"]
    const tar = execa("tar", [...options, "--create", "--file=-"], {
      input: names.map((name) => `${name}\0`).join(""),
      encoding: "buffer",
      buffer: false,
    })
    const found: Record<string, string> = {}
    for await (const { name, nar } of narsOfTar(tar.stdout as AsyncIterable<Buffer>)) {
      found[name] = nar.narHash.toString("hex")
    }
    await tar
    for (const name of names) {
      expect(found[name], name).toBe((await narOfDirectory(join(store, name))).narHash.toString("hex"))
    }
  } finally {
    await rm(store, { recursive: true, force: true })
  }
})

const info = (n: number, signed: boolean): PathInfo => ({
  path: `/nix/store/${String(n).padStart(32, "0")}-x`,
  narHash: "0".repeat(64),
  narSize: 1000,
  references: [],
  signatures: signed ? ["signed"] : [],
  ultimate: false,
})
const closure = Array.from({ length: 50 }, (_, n) => info(n, n >= 5))
const vouched = ({ signatures }: PathInfo) => signatures.length > 0

test("a closure that is small enough is read whole", () => {
  const { paths, how } = readingOf(closure, vouched, { fullBelow: 50_000, sample: 3 }, Buffer.alloc(32))
  expect([paths.length, how]).toEqual([50, "all of it"])
})

test("of a larger one every unsigned path is read, and some by a lot that another nonce draws otherwise", () => {
  const draw = (nonce: number) =>
    readingOf(closure, vouched, { fullBelow: 49_999, sample: 10 }, Buffer.alloc(32, nonce)).paths
  expect(draw(1)).toHaveLength(15)
  expect(draw(1)).toEqual(expect.arrayContaining(closure.slice(0, 5).map(({ path }) => path)))
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})
