// Objects of a git repo by their ids, over one `git cat-file --batch`. Neither git nor the repo is believed: the bytes of
// every object are hashed again, so that what comes back is what the id names.

import { createHash, type Hash } from "node:crypto"
import { execa } from "execa"
import { recordCommand } from "./commands.ts"
import { ByteReader } from "./nar-bytes.ts"
import { shown } from "./nar-writer.ts"
import { withheld } from "./run.ts"

export interface GitTreeEntry {
  kind: "tree" | "file" | "executable" | "symlink" | "submodule"
  name: Buffer
  id: string
}

type Type = "commit" | "tree" | "blob"

/** Trees and symbolic links are held in memory, up to this size; blobs are not. */
const held = 64 * 1024 * 1024

/** Takes objects in the order in which they were asked for. */
export class GitObjects {
  readonly #directory: string
  readonly #process
  readonly #reader: ByteReader
  readonly #output = createHash("sha256")
  readonly #started = performance.now()

  constructor(directory: string) {
    this.#directory = directory
    this.#process = execa("git", this.#arguments, {
      env: environment(),
      buffer: { stdout: false, stderr: true },
      maxBuffer: { stderr: 64 * 1024 },
      timeout: 600_000,
      reject: false,
    })
    // A process that has ended reads nothing more; why it ended is said where its answer is missing.
    this.#process.stdin.on("error", () => undefined)
    this.#reader = new ByteReader(this.#process.stdout)
  }

  get #arguments(): string[] {
    return ["-c", "protocol.allow=never", `--git-dir=${this.#directory}`, "cat-file", "--batch"]
  }

  /** Asks for objects that are taken later. */
  ask(ids: Iterable<string>): void {
    let lines = ""
    for (const id of ids) {
      lines += `${id}\n`
      if (lines.length < 64 * 1024) continue
      this.#process.stdin.write(lines)
      lines = ""
    }
    this.#process.stdin.write(lines)
  }

  /** The tree of a commit. */
  async treeOfCommit(rev: string): Promise<string> {
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(rev)) throw new Error(`no whole commit id: ${JSON.stringify(rev)}`)
    this.ask([rev])
    const [, tree] = /^tree ([0-9a-f]+)\n/.exec((await this.bytes(rev, "commit")).toString("latin1")) ?? []
    if (tree === undefined) throw new Error(`commit ${rev} has no tree`)
    return tree
  }

  /** A tree and all trees under it, by their ids, level by level. */
  async treesUnder(root: string): Promise<Map<string, GitTreeEntry[]>> {
    const trees = new Map<string, GitTreeEntry[]>()
    let level = [root]
    while (level.length > 0) {
      this.ask(level)
      const below = new Set<string>()
      for (const id of level) {
        const entries = entriesOf(await this.bytes(id, "tree"), id)
        trees.set(id, entries)
        for (const entry of entries) if (entry.kind === "tree") below.add(entry.id)
      }
      level = [...below].filter((id) => !trees.has(id))
    }
    return trees
  }

  /** The bytes of the next object. */
  async bytes(id: string, type: Type): Promise<Buffer> {
    const pieces: Buffer[] = []
    await this.stream(id, type, {
      begin: (size) => {
        if (size > held) throw new Error(`${type} ${id} of ${this.#directory} is too large: ${size} bytes`)
      },
      content: (bytes) => pieces.push(bytes),
    })
    return Buffer.concat(pieces)
  }

  /** The bytes of the next object, piece by piece: they are what the id names only if nothing is thrown. */
  async stream(id: string, type: Type, to: { begin(size: number): void; content(bytes: Buffer): void }): Promise<void> {
    const size = await this.#sizeOf(id, type)
    const hash = objectHash(id).update(`${type} ${size}\0`)
    to.begin(size)
    for (let left = size; left > 0; ) {
      const bytes = await this.#reader.some(left)
      left -= bytes.length
      hash.update(bytes)
      to.content(bytes)
    }
    const digest = hash.digest("hex")
    if (digest !== id) throw new Error(`${type} ${id} of ${this.#directory} has other bytes: they make ${digest}`)
    const [newline] = await this.#reader.take(1)
    if (newline !== 10) throw new Error(`git cat-file: ${id} is longer than ${size} bytes`)
    this.#output.update(`${id} ${type} ${size}\n`)
  }

  /** Nothing more is asked; git must have said nothing but what was. */
  async finish(): Promise<void> {
    this.#process.stdin.end()
    if (!(await this.#reader.ended())) throw new Error("git cat-file says more than it was asked")
    const { exitCode, stderr } = await this.#process
    if (exitCode !== 0) throw new Error(`git cat-file: exit ${exitCode}\n${stderr}`.trim())
  }

  async close(): Promise<void> {
    this.#process.kill()
    await this.#reader.close()
    const { exitCode } = await this.#process
    recordCommand({
      where: "here",
      argv: ["git", ...this.#arguments],
      exit: exitCode ?? null,
      outputSha256: this.#output.digest("hex"),
      milliseconds: Math.round(performance.now() - this.#started),
    })
  }

  async #sizeOf(id: string, type: Type): Promise<number> {
    const what = `${type} ${id} of ${this.#directory}`
    if (await this.#reader.ended()) {
      const { exitCode, stderr, shortMessage } = await this.#process
      throw new Error(`${what}: ${exitCode === undefined ? shortMessage : `git exit ${exitCode}`}\n${stderr}`.trim())
    }
    const line = (await this.#reader.before(10, 200)).toString("latin1")
    const [, size] = new RegExp(`^${id} ${type} ([0-9]{1,15})$`).exec(line) ?? []
    if (size === undefined) throw new Error(`${what}: git cat-file answers ${JSON.stringify(line)}`)
    return Number(size)
  }
}

function objectHash(id: string): Hash {
  return createHash(id.length === 40 ? "sha1" : "sha256")
}

/**
 * The entries of a tree object, in NAR order: git sorts directories as if their names ended in a slash. Whether the names
 * are any is NarWriter's to judge.
 */
function entriesOf(tree: Buffer, id: string): GitTreeEntry[] {
  const entries: GitTreeEntry[] = []
  const idLength = id.length / 2
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(" ", at)
    const end = tree.indexOf(0, space)
    if (space < 0 || end < 0 || end + idLength >= tree.length) throw new Error(`tree ${id} is cut off`)
    const name = tree.subarray(space + 1, end)
    const mode = tree.toString("latin1", at, space)
    at = end + 1 + idLength
    entries.push({ kind: kindOf(mode, name), name, id: tree.toString("hex", end + 1, at) })
  }
  return entries.sort((one, other) => Buffer.compare(one.name, other.name))
}

/** Old repos have modes that git writes no more (`040000`, `100664`); git and Nix read them like this too. */
function kindOf(mode: string, name: Buffer): GitTreeEntry["kind"] {
  if (/^0?40000$/.test(mode)) return "tree"
  if (mode === "120000") return "symlink"
  if (mode === "160000") return "submodule"
  if (/^100[0-7]{3}$/.test(mode)) return (Number.parseInt(mode, 8) & 0o100) === 0 ? "file" : "executable"
  throw new Error(`${shown(name)} has the unknown mode ${JSON.stringify(mode)}`)
}

/** As `git()` in helpers/git.ts: nothing of this machine's git setup applies, and nothing is replaced or fetched. */
function environment(): Record<string, string | undefined> {
  const unset = [...Object.keys(process.env).filter((name) => /^(GIT_|SSH_ASKPASS)/.test(name)), ...withheld]
  return {
    ...Object.fromEntries(unset.map((name) => [name, undefined])),
    HOME: "/nonexistent",
    XDG_CONFIG_HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    LC_ALL: "C",
  }
}
