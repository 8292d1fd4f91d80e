// File trees for tests: any that fast-check thinks of, written to disk, and hashed by Nix.

import { createHash } from "node:crypto"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import fc from "fast-check"
import { runBytes } from "./run.ts"

export type Tree =
  | { type: "directory"; entries: { name: Buffer; node: Tree }[] }
  | { type: "file"; executable: boolean; content: Buffer }
  | { type: "symlink"; target: Buffer }

// Names that sort differently by bytes, as text and as git sorts directories (`a.b` < `a/` < `a0`), that are no UTF-8, and
// that are too long for one field of tar.
const letters = fc.constantFrom(...[..."aab.-0 \n\\~*"].map((letter) => letter.charCodeAt(0)), 0x80, 0xc3, 0xff)
const bytes = (minLength: number, maxLength: number) =>
  fc.array(letters, { minLength, maxLength }).map((codes) => Buffer.from(codes))
const name = fc
  .oneof(
    {
      arbitrary: fc.constantFrom("a", "a.b", "a-b", "a0", "ab", "ä", "-rf", "...").map((text) => Buffer.from(text)),
      weight: 3,
    },
    { arbitrary: bytes(1, 4), weight: 3 },
    { arbitrary: bytes(98, 102), weight: 1 },
    { arbitrary: bytes(255, 255), weight: 1 },
  )
  .filter((bytes) => ![".", ".."].includes(bytes.toString("latin1")))

const sizes = fc.oneof(fc.integer({ min: 0, max: 17 }), fc.constantFrom(511, 512, 513, 4096, 65_537, 70_000))
const file = fc
  .record({ executable: fc.boolean(), size: sizes, fill: fc.uint8Array({ minLength: 1, maxLength: 9 }) })
  .map(({ executable, size, fill }): Tree => ({ type: "file", executable, content: Buffer.alloc(size, fill) }))
const link = fc
  .oneof(bytes(1, 9), bytes(98, 102), bytes(4095, 4095))
  .map((target): Tree => ({ type: "symlink", target }))

const { node, directory } = fc.letrec<{ node: Tree; directory: Tree }>((tie) => ({
  node: fc.oneof({ depthSize: "small" }, file, link, tie("directory")),
  directory: fc
    .uniqueArray(fc.record({ name, node: tie("node") }), {
      maxLength: 7,
      selector: ({ name }) => name.toString("latin1"),
    })
    .map((entries): Tree => ({ type: "directory", entries })),
}))

/** Any tree, mostly directories. */
export const anyTree = fc.oneof({ arbitrary: directory, weight: 9 }, { arbitrary: node, weight: 1 })

/** Any directory with something in it, as git can keep it. */
export const anyGitTree = directory.map(withoutEmpty).filter((tree) => tree.entries.length > 0)

function withoutEmpty(tree: Tree): Extract<Tree, { type: "directory" }> {
  const entries = tree.type === "directory" ? tree.entries : []
  const kept = entries.map(({ name, node }) => ({ name, node: node.type === "directory" ? withoutEmpty(node) : node }))
  return {
    type: "directory",
    entries: kept.filter(({ node }) => node.type !== "directory" || node.entries.length > 0),
  }
}

export async function writeTree(path: Buffer, tree: Tree): Promise<void> {
  if (tree.type === "symlink") await symlink(tree.target, path)
  else if (tree.type === "file") await writeFile(path, tree.content, { mode: tree.executable ? 0o744 : 0o655 })
  else {
    await mkdir(path)
    for (const { name, node } of tree.entries) await writeTree(Buffer.concat([path, Buffer.from("/"), name]), node)
  }
}

/** The NAR that Nix makes of a path. */
export async function nixDump(path: string): Promise<Buffer> {
  return (await runBytes("nix-store", ["--dump", path])).stdout
}

/** What our own functions say of a tree, for comparison. */
export function shownNar({ narHash, narSize }: { narHash: Buffer; narSize: number }): string {
  return `${narHash.toString("hex")} ${narSize}`
}

/** The same of a NAR's bytes. */
export function shownDump(nar: Buffer): string {
  return shownNar({ narHash: createHash("sha256").update(nar).digest(), narSize: nar.length })
}

/** Bytes as a stream with pieces of this length. */
export async function* inPieces(bytes: Buffer, length = bytes.length): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}
