// The NAR hash of a file tree, on disk or in git, without Nix.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs"
import { setImmediate } from "node:timers/promises"
import { GitObjects, type GitTreeEntry } from "./nar-git-objects.ts"
import { type Nar, NarWriter, shown } from "./nar-writer.ts"

export type { Nar } from "./nar-writer.ts"

/** Hashes what is at a path: a directory, a file or a symbolic link (which is not followed). */
export async function narOfDirectory(path: string | Buffer): Promise<Nar> {
  const root = Buffer.from(path as string)
  const writer = new PatientWriter()
  await writeNode(writer, lstatSync(root), root)
  return writer.end()
}

/**
 * Hashes the tree of a commit (its whole id) straight from the objects of a git repo: no checkout, no filters, no
 * attributes. Every object is checked against its id, from the commit down. Submodules are empty directories.
 */
export async function narOfGitTree(gitDirectory: string, rev: string): Promise<Nar> {
  const objects = new GitObjects(gitDirectory)
  try {
    const root = await objects.treeOfCommit(rev)
    const trees = await objects.treesUnder(root)
    const children = (tree: string) => trees.get(tree) ?? []
    objects.ask(blobsIn(children, root))
    const writer = new NarWriter()
    await writeTree(writer, objects, children, root)
    await objects.finish()
    return writer.end()
  } finally {
    await objects.close()
  }
}

/** A writer under synchronous reads, which cost small files far less, that lets others run now and then. */
class PatientWriter extends NarWriter {
  #rested = 0

  async rest(): Promise<void> {
    if (this.size - this.#rested < 4 * 1024 * 1024) return
    this.#rested = this.size
    await setImmediate()
  }
}

type Kind = Pick<Stats, "isDirectory" | "isFile" | "isSymbolicLink">

async function writeNode(writer: PatientWriter, kind: Kind, path: Buffer, name?: Buffer): Promise<void> {
  if (kind.isFile()) await writeFile(writer, path, name)
  else if (kind.isDirectory()) await writeDirectory(writer, path, name)
  else if (kind.isSymbolicLink()) writer.symlink(readlinkSync(path, { encoding: "buffer" }), name)
  else throw new Error(`${shown(path)} is no file, directory or symbolic link`)
}

async function writeDirectory(writer: PatientWriter, path: Buffer, name?: Buffer): Promise<void> {
  writer.directory(name)
  const entries = readdirSync(path, { withFileTypes: true, encoding: "buffer" })
  for (const entry of entries.sort((one, other) => Buffer.compare(one.name, other.name))) {
    await writeNode(writer, entry, Buffer.concat([path, slash, entry.name]), entry.name)
    await writer.rest()
  }
  writer.leave()
}

const slash = Buffer.from("/")

async function writeFile(writer: PatientWriter, path: Buffer, name?: Buffer): Promise<void> {
  // Whatever took the file's place since it was listed is neither followed nor waited for.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new Error(`${shown(path)} is no file any more`)
    writer.file(stats.size, (stats.mode & 0o100) !== 0, name)
    while (writer.missing > 0) {
      const read = writer.fill((buffer, offset, length) => readSync(file, buffer, offset, length, null))
      if (read === 0) throw new Error(`${shown(path)} became ${writer.missing} bytes shorter while it was read`)
      await writer.rest()
    }
    if (readSync(file, beyond) > 0) throw new Error(`${shown(path)} became longer while it was read`)
  } finally {
    closeSync(file)
  }
}

const beyond = Buffer.alloc(1)

type Children = (tree: string) => GitTreeEntry[]

/** The blobs of a tree, in the order in which they stand in its NAR. */
function* blobsIn(children: Children, tree: string): Generator<string> {
  for (const { kind, id } of children(tree)) {
    if (kind === "tree") yield* blobsIn(children, id)
    else if (kind !== "submodule") yield id
  }
}

async function writeTree(writer: NarWriter, objects: GitObjects, children: Children, tree: string, name?: Buffer) {
  writer.directory(name)
  for (const { kind, id, name } of children(tree)) {
    if (kind === "tree") await writeTree(writer, objects, children, id, name)
    else if (kind === "submodule") {
      writer.directory(name)
      writer.leave()
    } else if (kind === "symlink") writer.symlink(await objects.bytes(id, "blob"), name)
    else {
      await objects.stream(id, "blob", {
        begin: (size) => writer.file(size, kind === "executable", name),
        content: (bytes) => writer.content(bytes),
      })
    }
  }
  writer.leave()
}
