// Every ground's own code on this machine: what hides in a tree, a store, a repository or an answer is found by it, and
// what it cannot look at is said.

import { execFileSync } from "node:child_process"
import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { here, type Machine, programsHere } from "../machine.ts"
import { run } from "../run.ts"
import { Secret } from "../secret.ts"
import { readStore } from "../store-reading.ts"
import { missedIn, newCanaries, plantAnswers, plantRepository, plantTree } from "./canaries.ts"
import { searchPlan } from "./engine.ts"
import { searchDisks } from "./host-disks.ts"
import { searchHostRepositories } from "./host-repositories.ts"
import { linkTo } from "./link.ts"
import { newMark, searchMarked } from "./marked.ts"
import { needlesOf } from "./needles.ts"
import { Report } from "./report.ts"
import { searchRepository } from "./repository.ts"
import { searching } from "./searching.ts"
import { searchTree } from "./tree.ts"

const word = "Tk7-hidden_Qz9xVb3"
const plan = searchPlan(needlesOf([new Secret("the token", Buffer.from(word))]).needles)
const canaries = newCanaries()
const needles = needlesOf(Object.values(canaries)).needles
const canaryPlan = searchPlan(needles)
const programs = programsHere()
const git = (cwd: string, ...args: string[]) =>
  run("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...args], { cwd })

let at = ""
beforeEach(async () => {
  at = await mkdtemp(join(tmpdir(), "grounds-test-"))
})
afterEach(() => rm(at, { recursive: true, force: true }))

const found = ({ findings }: Report) => findings.map(({ where, form }) => `${where}: ${form}`).sort()
const disks = async (report: Report, root = at, only = plan) => {
  const grounds = { read: ["/"], leftOut: [], foreign: [] }
  return searchDisks(only, report, { machine: here, programs, grounds, except: ["/except"], root })
}

describe("the canaries are found", () => {
  test("in a tree, by the code that reads disks, stores and this machine", async () => {
    const planted = await plantTree(join(at, `${"0".repeat(32)}-canary`), canaries, needles)
    const [asDisk, asStore] = [new Report(), new Report()]
    await disks(asDisk, at, canaryPlan)
    await readStore(here, programs, canaryPlan, asStore, () => undefined, at)
    expect(planted.length).toBeGreaterThan(100)
    expect(missedIn(asDisk, planted)).toEqual([])
    expect(missedIn(asStore, planted)).toEqual([])
    expect(missedIn(await searchTree([at], canaryPlan), planted)).toEqual([])
  })

  test("in a repository, and among answers in any pieces", async () => {
    const report = new Report()
    const planted = await plantRepository(at, canaries, needles)
    await searchRepository(at, "r", canaryPlan, report)
    expect(missedIn(report, planted)).toEqual([])
    for (const size of [1, 7, 4096]) {
      const answers = new Report()
      const mark = newMark()
      const { bytes, planted } = plantAnswers(mark, canaries, needles)
      const inPieces = async function* () {
        for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
      }
      await searchMarked(canaryPlan, answers, mark, inPieces())
      expect(missedIn(answers, planted)).toEqual([])
    }
  })

  test("or missed, and each miss is told, by a search for one form less or with one file less", async () => {
    const planted = await plantTree(at, canaries, needles)
    const less = needles.filter(({ form }) => form !== "raw")
    const report = new Report()
    await disks(report, at, searchPlan(less))
    expect(missedIn(report, planted)).toContain("raw of canary token")
    await rm(join(at, "archives/xz"))
    const other = new Report()
    await disks(other, at, canaryPlan)
    expect(missedIn(other, planted)).toEqual(["raw of canary in archives in archives/xz!"])
  })
})

describe("of a machine's files", () => {
  test("every one is searched, whatever hangs on it or leads to it", async () => {
    await mkdir(join(at, "d"))
    await writeFile(join(at, "d/file"), `x ${word} y`)
    await writeFile(join(at, word), "")
    await symlink(`/x/${word}`, join(at, "link"))
    await writeFile(join(at, "attribute"), "")
    await link(join(at, "d/file"), join(at, "d/hard"))
    execFileSync("python3", ["-c", `import os; os.setxattr("${at}/attribute", "user.x", b"${word}")`])
    await writeFile(join(at, "sparse"), "")
    await truncate(join(at, "sparse"), 2 ** 36)
    execFileSync("python3", ["-c", `f = open("${at}/sparse", "r+b"); f.seek(2**35); f.write(b"${word}")`])
    execFileSync("mkfifo", [join(at, "fifo")])
    await run("python3", [
      "-c",
      "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
      join(at, "socket"),
    ])
    await mkdir(join(at, "except"))
    await writeFile(join(at, "except/file"), word)
    const report = new Report()
    const members = await disks(report)
    expect(members).toBe(8)
    // A file with two names is read under the one that comes first.
    const once = found(report).map((line) => line.replace("/d/hard:", "/d/file:"))
    expect(once).toEqual([
      "/[a name that holds the token]: raw in a name",
      "/attribute: raw in an attribute",
      "/d/file: raw",
      "/link: raw in a link target",
      "/sparse: raw",
    ])
    expect(report.notScanned).toEqual([])
    expect(JSON.stringify(report)).not.toContain(word)
  })

  test("a directory on another file system that nobody listed is told", async () => {
    await mkdir(join(at, "other"))
    await run("mount", ["-t", "tmpfs", "none", join(at, "other")])
    try {
      const report = new Report()
      await disks(report)
      expect(report.notScanned).toMatchObject([{ where: "/other", kind: "unreadable" }])
    } finally {
      await run("umount", [join(at, "other")])
    }
  })

  test("a directory that is not there is no empty one", async () => {
    await expect(disks(new Report(), join(at, "nowhere"))).rejects.toThrow("the stream is cut off")
  })
})

describe("over a slow link", () => {
  // As slow as it says, whatever the program: every piece waits for its share of time.
  const slow = (change = (argv: string[]) => argv): Machine => ({
    where: "slow",
    run: (argv, { stdin, consume, ...options } = {}) =>
      here.run(change(argv), {
        ...options,
        ...(stdin === undefined ? {} : { stdin }),
        ...(consume === undefined ? {} : { consume: (stdout) => consume(throttled(stdout)) }),
      }),
  })
  async function* throttled(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      await sleep(chunk.length / 20_000)
      yield chunk
    }
  }
  const search = async (machine: Machine) => {
    const report = new Report()
    const grounds = { read: ["/"], leftOut: [], foreign: [] }
    await searchDisks(plan, report, { machine, programs, grounds, except: [], root: at })
    return report
  }

  test("what is sent is packed, and found all the same", async () => {
    await writeFile(join(at, "file"), Buffer.concat([Buffer.alloc(2_000_000, "zeros and "), Buffer.from(word)]))
    const machine = slow()
    const report = await search(machine)
    expect((await linkTo(machine, programs)).packed).toBe(true)
    expect((await linkTo(here, programs)).packed).toBe(false)
    expect(report.findings).toMatchObject([{ where: "/file", offset: 2_000_000 }])
    expect(report.bytes).toBe(2_000_000 + word.length)
  })

  test("a tar that is killed, or fails, is an error though what packed it ended well", async () => {
    await writeFile(join(at, "file"), Buffer.alloc(200_000_000))
    const killed = slow((argv) => argv.map((word) => word.replace('{ "$@" ||', '{ timeout -s KILL 0.1 "$@" ||')))
    await expect(search(killed)).rejects.toThrow(/ends too early|cut off|tar ended with/)
    const failing = slow((argv) => argv.map((word) => word.replace('{ "$@" ||', '{ "$@" --no-such-option ||')))
    await expect(search(failing)).rejects.toThrow(/ends too early|cut off|tar ended with/)
  })
})

describe("of a store", () => {
  const path = (name: string) => `${"1".repeat(32)}-${name}`
  const read = async (known: (path: string) => string | undefined = () => undefined) => {
    const report = new Report()
    return { report, reading: await readStore(here, programs, plan, report, known, at) }
  }

  test("each path is hashed and searched, and what is no store path is searched", async () => {
    await mkdir(join(at, path("a")))
    await writeFile(join(at, path("a"), "f"), word)
    await writeFile(join(at, path("b.drv")), "nothing")
    await writeFile(join(at, "stray"), word)
    await mkdir(join(at, ".links"))
    await link(join(at, path("a"), "f"), join(at, ".links/also-elsewhere"))
    await writeFile(join(at, ".links/left-over"), word)
    const { report, reading } = await read()
    expect([...reading.nars.keys()]).toEqual([join(at, path("a")), join(at, path("b.drv"))])
    expect(reading.others).toEqual([".links/left-over", "stray"])
    expect(found(report)).toEqual([`${at}/.links/left-over: raw`, `${at}/${path("a")}/f: raw`, `${at}/stray: raw`])
  })

  test("a path known to be clean is hashed only; one that only claims to be is searched after all", async () => {
    for (const name of ["a", "b"]) await writeFile(join(at, path(name)), name === "a" ? "clean" : word)
    const { reading: first } = await read()
    const hash = first.nars.get(join(at, path("a")))?.narHash
    const { report, reading } = await read((one) => (one.endsWith("-a") || one.endsWith("-b") ? hash : undefined))
    expect(reading.hashedOnly).toBe(1)
    expect(found(report)).toEqual([`${at}/${path("b")}: raw`])
  })

  test("an empty one is none", async () => {
    await expect(read()).rejects.toThrow(`nothing in ${at}`)
  })

  test("a FIFO in a path, which no NAR can hold, is an error", async () => {
    await mkdir(join(at, path("a")))
    execFileSync("mkfifo", [join(at, path("a"), "fifo")])
    await expect(read()).rejects.toThrow("no file, directory or symbolic link")
  })
})

describe("of the repositories on a machine", () => {
  const search = async () => {
    const report = new Report()
    return { report, repositories: await searchHostRepositories(here, programs, [at], plan, report) }
  }

  test("every object is searched, packed or loose, reached or not; hooks and settings are not brought here", async () => {
    await mkdir(join(at, "clone"))
    const clone = join(at, "clone")
    await git(clone, "init", "--quiet")
    await writeFile(join(clone, "f"), `x ${word}`)
    await git(clone, "add", "-A")
    await git(clone, "commit", "--quiet", "-m", "x")
    await git(clone, "gc", "--quiet")
    await git(clone, "config", "core.fsmonitor", `touch ${at}/was-run`)
    await run("git", ["hash-object", "-w", "--stdin"], { cwd: clone, input: `loose ${word}` })
    const { report, repositories } = await search()
    expect(repositories).toEqual([{ path: join(clone, ".git"), objects: { blob: 2, tree: 1, commit: 1 } }])
    expect(report.findings).toHaveLength(2)
    await expect(run("ls", [join(at, "was-run")])).rejects.toThrow("exit 2")
  })

  test("what a shallow clone has is searched; objects elsewhere are told", async () => {
    const clone = join(at, "clone")
    await mkdir(clone)
    await git(clone, "init", "--quiet")
    for (const message of ["one", "two"])
      await git(clone, "commit", "--quiet", "--allow-empty", "-m", `${message} ${word}`)
    await git(at, "clone", "--quiet", "--bare", "--depth", "1", `file://${clone}`, "shallow.git")
    await git(at, "clone", "--quiet", "--bare", "--shared", clone, "shared.git")
    const { report, repositories } = await search()
    expect(repositories.map(({ path, objects }) => [path.slice(at.length), objects.commit])).toEqual([
      ["/clone/.git", 2],
      ["/shallow.git", 1],
      ["/shared.git", undefined],
    ])
    expect(report.findings).toHaveLength(3)
    expect(report.notScanned.map(({ where }) => where.slice(at.length))).toEqual([
      "/shared.git/objects/info/alternates",
    ])
  })

  test("a repository that cannot be read whole is told, and the others are read", async () => {
    for (const name of ["a", "b"]) await git(at, "init", "--quiet", "--bare", name)
    await mkdir(join(at, "a/objects/pack"), { recursive: true })
    await writeFile(join(at, `a/objects/pack/pack-${"0".repeat(40)}.pack`), "no pack")
    await mkdir(join(at, "a/objects/00"), { recursive: true })
    await writeFile(join(at, `a/objects/00/${"0".repeat(38)}`), "no object")
    const { report, repositories } = await search()
    expect(repositories.map(({ path }) => path)).toEqual([join(at, "b")])
    expect(report.notScanned).toMatchObject([{ where: join(at, "a"), kind: "unreadable" }])
  })
})

describe("answers", () => {
  const of = async (text: string, mark = "m") => {
    const report = new Report()
    const once = async function* () {
      yield Buffer.from(text)
    }
    return { report, kinds: await searchMarked(plan, report, mark, once()) }
  }

  test("are told apart, and counted by kind", async () => {
    const { report, kinds } = await of(`\nm process 1\nA=${word}\0\nm process 2\n\nm journal\nx\nm end\n`)
    expect(Object.fromEntries(kinds)).toEqual({ process: 2, journal: 1, end: 1 })
    expect(found(report)).toEqual(["process 1: raw"])
  })

  test.each([
    ["that are cut off", "\nm process 1\nx", "do not come to an end"],
    ["that nothing begins", "x\nm end\n", "no answer begins"],
    ["that are none", "", "do not come to an end"],
  ])("%s are an error", async (_, text, message) => {
    await expect(of(text)).rejects.toThrow(message)
  })
})

test("a search that could not find what must be nowhere is refused", () => {
  const token = new Secret("the token", Buffer.from("true"))
  const known = [new Secret("leaf", Buffer.from(word))]
  expect(() => searching({ secrets: known, nowhere: [token], unopened: [] })).toThrow("the token: too short")
  const sealed = new Secret("auth", Buffer.from(`{"auth":"${Buffer.from(`x:${word}`).toString("base64")}"}`))
  const nowhere = [new Secret("the token", Buffer.from(word))]
  expect(searching({ secrets: [sealed], nowhere, unopened: [] }).sealed).toEqual(["auth holds the token"])
})

test("a search for nothing is refused", () => {
  expect(() => searching({ secrets: [], nowhere: [], unopened: [] })).toThrow("nothing to search with")
  const short = [new Secret("pin", Buffer.from("true"))]
  expect(() => searching({ secrets: short, nowhere: [], unopened: [] })).toThrow("nothing to search with")
})
