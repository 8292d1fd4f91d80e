// Against the NARs that nix-store makes of the same trees on disk, and against git checkouts.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { deflateSync } from "node:zlib"
import fc from "fast-check"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { type Command, recordFor } from "./commands.ts"
import { git } from "./git.ts"
import { narOfDirectory, narOfGitTree } from "./nar.ts"
import { anyGitTree, anyTree, nixDump, shownDump, shownNar, type Tree, writeTree } from "./nar-test-trees.ts"
import { NarWriter } from "./nar-writer.ts"
import { run } from "./run.ts"

let directory = ""
let trees = 0
const fresh = () => join(directory, `${++trees}`)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nar-test-"))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const ofDirectory = async (path: string) => shownNar(await narOfDirectory(path))
const ofNix = async (path: string) => shownDump(await nixDump(path))

async function written(tree: Tree): Promise<string> {
  const path = fresh()
  await writeTree(Buffer.from(path), tree)
  return path
}

describe("the NAR of what is on disk is the one that Nix makes", () => {
  test("of any tree", async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const path = await written(tree)
        expect(await ofDirectory(path)).toBe(await ofNix(path))
        await rm(path, { recursive: true })
      }),
      { numRuns: 40 },
    )
  })

  test("of a file larger than any buffer", async () => {
    await writeFile(join(directory, "large"), Buffer.alloc(5_000_001, "0123456789"))
    expect(await ofDirectory(join(directory, "large"))).toBe(await ofNix(join(directory, "large")))
  })

  test("of the owner's execute bit, and of no other", async () => {
    const path = await written({ type: "directory", entries: [] })
    for (const mode of ["0100", "0655", "0070", "4744", "0000"]) {
      await writeFile(join(path, mode), mode)
      await run("chmod", [mode, join(path, mode)])
    }
    expect(await ofDirectory(path)).toBe(await ofNix(path))
  })

  test("and is told apart by a name, a bit of content, the execute bit and a target", async () => {
    const file = (content: string, executable = false): Tree => ({
      type: "file",
      executable,
      content: Buffer.from(content),
    })
    const link = (target: string): Tree => ({ type: "symlink", target: Buffer.from(target) })
    const named = (name: string, node: Tree): Tree => ({
      type: "directory",
      entries: [{ name: Buffer.from(name), node }],
    })
    const different = [
      ...[file("x"), file("y"), file("x", true), file(""), file("x\0"), link("x"), link("y")],
      ...[named("a", file("x")), named("b", file("x")), named("a", link("x")), named("a", named("b", file("x")))],
      ...[named("a", { type: "directory", entries: [] }), { type: "directory", entries: [] } satisfies Tree],
    ]
    const hashes: string[] = []
    for (const tree of different) hashes.push(await ofDirectory(await written(tree)))
    expect(new Set(hashes).size).toBe(different.length)
  })
})

describe("what has no NAR, or changes while it is read, is an error", () => {
  test("a fifo, a device, a socket, and nothing at all", async () => {
    const path = await written({ type: "directory", entries: [] })
    await run("mkfifo", [join(path, "fifo")])
    await expect(narOfDirectory(path)).rejects.toThrow(/fifo" is no file, directory or symbolic link/)
    await expect(narOfDirectory("/dev/null")).rejects.toThrow('"/dev/null" is no file, directory or symbolic link')
    await rm(join(path, "fifo"))
    const server = createServer().listen(join(path, "socket"))
    await expect(narOfDirectory(path)).rejects.toThrow(/socket" is no file, directory or symbolic link/)
    server.close()
    await expect(narOfDirectory(join(path, "gone"))).rejects.toThrow("ENOENT")
  })

  // The kernel tells a size that these files do not have, as of a file that changed after it was listed.
  test("a file that became longer or shorter", async () => {
    await expect(narOfDirectory("/proc/self/status")).rejects.toThrow(/status" became longer while it was read/)
    await expect(narOfDirectory("/sys/class/net/lo/mtu")).rejects.toThrow(
      /mtu" became \d+ bytes shorter while it was read/,
    )
  })
})

test("a writer refuses what would be no NAR", () => {
  const name = (text: string) => Buffer.from(text)
  const refused = (write: (writer: NarWriter) => void) => {
    try {
      write(new NarWriter())
      return "nothing"
    } catch (error) {
      return (error as Error).message
    }
  }
  const inside = (write: (writer: NarWriter) => void) =>
    refused((writer) => {
      writer.directory()
      write(writer)
    })
  expect([
    refused((writer) => writer.end()),
    refused((writer) => writer.leave()),
    refused((writer) => writer.directory(name("a"))),
    refused((writer) => writer.file(-1, false)),
    refused((writer) => {
      writer.file(2, false)
      writer.content(name("x"))
      writer.end()
    }),
    refused((writer) => {
      writer.file(2, false)
      writer.content(name("xyz"))
    }),
    refused((writer) => {
      writer.file(0, false)
      writer.file(0, false)
    }),
    inside((writer) => writer.end()),
    inside((writer) => writer.file(0, false)),
    inside((writer) => {
      writer.file(1, false, name("a"))
      writer.leave()
    }),
  ]).toEqual([
    "the tree is not complete",
    "no directory is open",
    '"a" is in no directory',
    "no file size: -1",
    "1 of 2 bytes of content are missing",
    "1 bytes too many",
    '"" is in no directory',
    "the tree is not complete",
    "a node in a directory has no name",
    "1 of 1 bytes of content are missing",
  ])
})

describe("the NAR of a commit", () => {
  let repo = ""
  const inRepo = async (args: string[], input?: string | Buffer) =>
    (await git(["--git-dir", repo, ...args], { env: author, ...(input === undefined ? {} : { input }) })).stdout
      .toString()
      .trim()
  const author = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b.c",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b.c",
  }
  const ofGit = async (rev: string) => shownNar(await narOfGitTree(repo, rev))
  const commitOf = (tree: string) => inRepo(["commit-tree", "-m", "commit", tree])
  const blob = (content: string) => inRepo(["hash-object", "-w", "--stdin"], content)
  /** A tree object byte by byte, as no git would write it. */
  const rawTree = (...entries: [mode: string, name: string, id: string][]) =>
    inRepo(
      ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
      Buffer.concat(entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")])),
    )

  async function committed(path: string): Promise<string> {
    const index = { ...author, GIT_INDEX_FILE: join(repo, "index.test") }
    const options = { env: index }
    await rm(index.GIT_INDEX_FILE, { force: true })
    await git(["--git-dir", repo, "--work-tree", path, "-c", "core.autocrlf=false", "add", "--force", "--all"], options)
    return commitOf((await git(["--git-dir", repo, "write-tree"], options)).stdout.toString().trim())
  }

  async function checkedOut(rev: string): Promise<string> {
    const path = fresh()
    await mkdir(path)
    await git(["--git-dir", repo, "--work-tree", path, "checkout", "--quiet", "--force", rev, "--", "."])
    return path
  }

  beforeEach(async () => {
    repo = fresh()
    await git(["init", "--quiet", "--bare", repo])
  })

  test("is the one that Nix makes of the commit's checkout", async () => {
    await fc.assert(
      fc.asyncProperty(anyGitTree, async (tree) => {
        const rev = await committed(await written(tree))
        expect(await ofGit(rev)).toBe(await ofNix(await checkedOut(rev)))
      }),
      { numRuns: 20 },
    )
  })

  test("is also read from packs, and in a repo with SHA-256 ids", async () => {
    const path = await written({ type: "file", executable: false, content: Buffer.from("x") })
    const source = fresh()
    await mkdir(join(source, "a"), { recursive: true })
    for (const name of ["a.b", "a0", "a/x"]) await writeFile(join(source, name), await readFile(path))
    const rev = await committed(source)
    await inRepo(["update-ref", "refs/heads/main", rev])
    await inRepo(["gc", "--quiet"])
    expect(await ofGit(rev)).toBe(await ofNix(source))
    repo = fresh()
    await git(["init", "--quiet", "--bare", "--object-format=sha256", repo])
    const long = await committed(source)
    expect(long).toHaveLength(64)
    expect(await ofGit(long)).toBe(await ofNix(source))
  })

  test("has the bytes that were committed, whatever attributes and replacements say", async () => {
    const source = fresh()
    await mkdir(source)
    await writeFile(join(source, "text"), "$Format:%H$\nline\n")
    const plain = await ofNix(source)
    const withAttributes = async () => {
      await writeFile(join(source, ".gitattributes"), "* text eol=crlf ident export-subst\ntext export-ignore\n")
      return ofNix(source)
    }
    const rev = await committed(source)
    expect(await ofGit(rev)).toBe(plain)
    await inRepo(["replace", await inRepo(["rev-parse", `${rev}:text`]), await blob("other")])
    expect(await ofGit(rev)).toBe(plain)
    const attributes = await withAttributes()
    expect(await ofGit(await committed(source))).toBe(attributes)
  })

  test("has an empty directory where a submodule is, and knows the modes of old repos", async () => {
    const one = await blob("one")
    const tree = await rawTree(
      ["100664", "a", one],
      ["100775", "b", one],
      ["160000", "module", "1".repeat(40)],
      ["040000", "old", await rawTree(["100644", "x", one])],
    )
    const source = fresh()
    await mkdir(join(source, "module"), { recursive: true })
    await mkdir(join(source, "old"))
    for (const path of ["a", "b", "old/x"]) await writeFile(join(source, path), "one")
    await run("chmod", ["+x", join(source, "b")])
    expect(await ofGit(await commitOf(tree))).toBe(await ofNix(source))
  })

  test("of a tree with nothing in it is the one of an empty directory", async () => {
    const empty = await written({ type: "directory", entries: [] })
    expect(await ofGit(await commitOf(await rawTree()))).toBe(await ofNix(empty))
  })

  const zeros = "0".repeat(40)
  test.each<[string, (one: string) => [string, string, string][], RegExp]>([
    ["a name with a slash", (one) => [["100644", "a/b", one]], /no file name: "a\/b"/],
    ["the name ..", (one) => [["100644", "..", one]], /no file name: "\.\."/],
    ["the name .", (one) => [["100644", ".", one]], /no file name: "\."/],
    ["an empty name", (one) => [["100644", "", one]], /no file name: ""/],
    [
      "a name twice",
      (one) => [
        ["100644", "a", one],
        ["100755", "a", one],
      ],
      /"a" twice in one directory/,
    ],
    ["a name too long", (one) => [["100644", "a".repeat(256), one]], /longer than 255 bytes/],
    ["an unknown mode", (one) => [["010644", "a", one]], /"a" has the unknown mode "010644"/],
    [
      "a link to nowhere",
      () => [["120000", "a", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"]],
      /no symbolic link target: ""/,
    ],
    [
      "a lost blob",
      () => [["100644", "a", zeros.replace("0", "1")]],
      /blob 10+ of .*: git cat-file answers "10+ missing"/,
    ],
    [
      "a lost tree",
      () => [["40000", "a", zeros.replace("0", "1")]],
      /tree 10+ of .*: git cat-file answers "10+ missing"/,
    ],
    ["a blob as a tree", (one) => [["40000", "a", one]], /tree \w+ of .*: git cat-file answers "\w+ blob 3"/],
  ])("is none for a tree with %s", async (_, entries, message) => {
    await blob("")
    const rev = await commitOf(await rawTree(...entries(await blob("one"))))
    await expect(narOfGitTree(repo, rev)).rejects.toThrow(message)
  })

  test("is none if the repo has other bytes under an object's id", async () => {
    const id = await blob("good")
    const rev = await commitOf(await rawTree(["100644", "a", id]))
    await ofGit(rev)
    const object = join(repo, "objects", id.slice(0, 2), id.slice(2))
    await rm(object)
    await writeFile(object, deflateSync("blob 4\0evil"))
    expect(await inRepo(["cat-file", "blob", id])).toBe("evil")
    await expect(narOfGitTree(repo, rev)).rejects.toThrow(/blob \w+ of .* has other bytes: they make [0-9a-f]{40}$/)
  })

  test("is none for a branch, a short id, a tag, a tree, no commit and no repo", async () => {
    const tree = await rawTree()
    const rev = await commitOf(tree)
    await inRepo(["update-ref", "refs/heads/main", rev])
    await inRepo(["-c", "user.name=a", "-c", "user.email=a@b.c", "tag", "-a", "-m", "tag", "v1", rev])
    for (const name of ["main", rev.slice(0, 12), rev.toUpperCase(), `${rev}\n`]) {
      await expect(narOfGitTree(repo, name)).rejects.toThrow("no whole commit id")
    }
    await expect(narOfGitTree(repo, await inRepo(["rev-parse", "v1"]))).rejects.toThrow(/answers "\w+ tag \d+"/)
    await expect(narOfGitTree(repo, tree)).rejects.toThrow(/answers "\w+ tree 0"/)
    await expect(narOfGitTree(repo, zeros)).rejects.toThrow(`answers "${zeros} missing"`)
    await expect(narOfGitTree(fresh(), rev)).rejects.toThrow(/git exit 128\n.*not a git repository/)
  })

  test("leaves its command in the evidence", async () => {
    const rev = await commitOf(await rawTree())
    const commands: Command[] = []
    recordFor(commands)
    await narOfGitTree(repo, rev)
    recordFor([])
    const argv = ["git", "-c", "protocol.allow=never", `--git-dir=${repo}`, "cat-file", "--batch"]
    expect(commands).toMatchObject([{ where: "here", argv, exit: 0 }])
  })
})
