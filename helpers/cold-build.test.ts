// With this machine's own nix, in stores of our own.

import { type ChildProcess, spawn } from "node:child_process"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { type ColdBuilt, coldBuild, domainExperiment, type Swept } from "./cold-build.ts"
import type { ColdBuildRequest } from "./cold-build-session.ts"
import { git } from "./git.ts"
import { loopbackServers } from "./loopback-sshd.ts"
import { here, type Machine } from "./machine.ts"
import { run } from "./run.ts"

let scratch: string
let programs: string
let work: string
const at = (...names: string[]) => join(scratch, ...names)

const author = ["-c", "user.name=a", "-c", "user.email=a@example", "-c", "init.defaultBranch=main"]

/** Commits these files as all that is in the repo, and gives the commit. */
async function commit(repo: string, files: Record<string, string>): Promise<string> {
  await mkdir(at(repo), { recursive: true })
  await git([...author, "init", "--quiet", at(repo)])
  for (const name of await readdir(at(repo))) if (name !== ".git") await rm(at(repo, name), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(at(repo, name), ".."), { recursive: true })
    if (text.startsWith("-> ")) await symlink(text.slice(3), at(repo, name))
    else await writeFile(at(repo, name), text)
  }
  await git(["-C", at(repo), "add", "--all"])
  await git(["-C", at(repo), ...author, "commit", "--quiet", "--message", "test", "--allow-empty"])
  return (await git(["-C", at(repo), "rev-parse", "HEAD"])).stdout.toString().trim()
}

const flake = (script: string) => `{
  inputs.secrets = { url = "git+file://${at("secrets")}?ref=main"; flake = false; };
  outputs = { self, secrets }: {
    nixosConfigurations.lab.config.system.build.toplevel = let
      run = name: script: derivation {
        inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-euc" script ];
      };
      config = import ./config.nix;
      page = run "page" "echo https://\${config.domain} > $out";
    in ${script};
  };
}`
const good = () => flake(`run "system" "echo \${secrets} \${page} > $out"`)
const config = '{ domain = "ci.lab.example"; }\n'

async function lockOf(rev: string, change: object = {}): Promise<string> {
  const url = `file://${at("secrets")}`
  const { stdout } = await run("nix", ["hash", "path", "--extra-experimental-features", "nix-command", at("tree")])
  const pin = { type: "git", url, ref: "main" }
  const [time, count] = await Promise.all([
    git(["-C", at("secrets"), "log", "-1", "--format=%ct", rev]),
    git(["-C", at("secrets"), "rev-list", "--count", rev]),
  ])
  const known = { revCount: Number(count.stdout), lastModified: Number(time.stdout) }
  const locked = { ...pin, rev, ...known, narHash: stdout.trim(), ...change }
  const secrets = { flake: false, locked, original: pin }
  return JSON.stringify({ version: 7, root: "root", nodes: { root: { inputs: { secrets: "secrets" } }, secrets } })
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cc-ci-verifier-cold-test-"))
  programs = at("programs")
  work = at("work")
  for (const name of ["programs", "work", "tree"]) await mkdir(at(name))
  // A sandbox has a shell only where nix.conf says so; Debian's nix 2.8 says nothing.
  const nix = `#!/bin/sh\nexec /usr/bin/nix "$@" --option sandbox-paths '/bin/sh=/bin/dash /lib /lib64' --option build-users-group ''\n`
  await writeFile(at("programs", "nix"), nix)
  await chmod(at("programs", "nix"), 0o755)
  const others = "sh env mktemp find grep xargs sed timeout git nix-store mkdir rm cat tail wc chmod test mv readlink"
  for (const name of others.split(" ")) {
    const { stdout } = await run("sh", ["-c", `command -v -- ${name}`])
    const path = stdout.trim().startsWith("/") ? stdout.trim() : `/usr/bin/${name}`
    await symlink(path, at("programs", name))
  }
  await writeFile(at("tree", "host.yaml"), "sealed")
})

afterAll(() => rm(scratch, { recursive: true }))

const machines: string[][] = []
const recorded: Machine = {
  where: "here",
  run: (argv, options) => {
    machines.push(argv)
    return here.run(argv, options)
  },
}

async function requestFor(files: Record<string, string>, changed: object = {}): Promise<ColdBuildRequest> {
  const rev = await commit("secrets", { "host.yaml": "sealed" })
  const lock = await lockOf(rev, changed)
  const baseRev = await commit("base", { "flake.nix": good(), "config.nix": config, "flake.lock": lock, ...files })
  return {
    programs,
    ...{ baseUrl: `file://${at("base")}`, baseRev, attribute: "lab", directory: work },
    ...{ secretsOrigin: "https://git.lab.example/secrets", timeoutMs: 60_000 },
  }
}

const leftOver = async () => [
  ...(await readdir(work)),
  ...(await readdir("/dev/shm")).filter((name) => name.startsWith("cc-ci-verifier")),
]

async function failureOf(files: Record<string, string>, changed: object = {}) {
  const build = await coldBuild(here, await requestFor(files, changed))
  if (build.failed === undefined) {
    await build.dispose()
    throw new Error(`it built ${build.outPath}`)
  }
  expect(await leftOver()).toEqual([])
  return build.failed
}

describe("a cold build", () => {
  let build: ColdBuilt
  const password = "hunter2 & %"

  beforeAll(async () => {
    const credential = Buffer.from(`username=verifier\npassword=${password}\n`)
    const made = await coldBuild(recorded, {
      ...(await requestFor({})),
      credential,
      resolve: { "git.lab.example": "127.0.0.1" },
    })
    if (made.failed !== undefined) throw new Error(made.failed.lines.join("\n"))
    build = made
  }, 30_000)

  test("gives what was built, with its closure, from a store that was empty", () => {
    expect(build).toMatchObject({ storeWasEmpty: true, substituters: [], nixVersion: expect.stringMatching(/^nix \(/) })
    expect(build.drvPath).toMatch(/^\/nix\/store\/[0-9a-z]{32}-system\.drv$/)
    const names = [...build.closure.keys()].map((path) => path.slice(44)).sort()
    expect(names).toEqual(["page", "source", "system"])
    expect(build.closure.get(build.outPath)).toMatchObject({ ultimate: true, references: expect.any(Array) })
  })

  test("shows the credential to nobody, and keeps it nowhere", async () => {
    expect(JSON.stringify(machines)).not.toContain("hunter2")
    expect((await leftOver()).map((name) => name.replace(/\w+$/, ""))).toEqual(["cc-ci-verifier-cold-"])
    const { stdout } = await run("grep", ["-rlF", "hunter2", work], { answers: [0, 1] })
    expect(stdout).toBe("")
  })

  test("is the same again", async () => {
    const again = await coldBuild(here, await requestFor({}))
    // The time of the commit is in it nowhere, so that another clone of the same files builds the same.
    expect(again).toMatchObject({ outPath: build.outPath, closure: build.closure })
    await again.dispose()
  })

  test("knows where an old value still is", async () => {
    const edit = { file: "config.nix", from: "ci.lab.example", to: "ci.other.example" }
    expect(await domainExperiment(build, edit)).toEqual({
      ...{ changedLines: 1, stillThere: [], searched: 3 },
      drvPath: expect.not.stringContaining(build.drvPath),
    })
  })

  test("refuses an edit of what is not there", async () => {
    await expect(domainExperiment(build, { file: "gone.nix", from: "a", to: "b" })).rejects.toThrow(
      "gone.nix is no file at",
    )
    await expect(domainExperiment(build, { file: "config.nix", from: "ci", to: "ci2" })).rejects.toThrow(
      "no edit of a line",
    )
    expect(await domainExperiment(build, { file: "config.nix", from: "absent", to: "x" })).toMatchObject({
      changedLines: 0,
    })
  })

  test("is a fact when the edited base does not evaluate", async () => {
    const broken = await domainExperiment(build, { file: "config.nix", from: "{ domain", to: "{ { domain" }).catch(
      String,
    )
    expect(broken).toBe("Error: no edit of a line: { domain → { { domain")
    const edited = await domainExperiment(build, { file: "config.nix", from: "domain =", to: "domains =" })
    expect(edited.failed).toMatchObject({ reason: "evaluation failed" })
  })

  test("leaves nothing behind", async () => {
    await build.dispose()
    expect(await leftOver()).toEqual([])
    await expect(domainExperiment({ ...build }, { file: "a", from: "b", to: "c" })).rejects.toThrow("no longer there")
  })
})

test("an old value is found in derivations, in files of sources, in names and in links", async () => {
  const script = `run "system" "echo \${./site} \${page} > $out; : ci.lab.example"`
  const site = {
    "site/a": "at ci.lab.example",
    "site/b": "at ci_lab.example",
    "site/deep/ci.lab.example.txt": "",
    "site/link": "-> https://ci.lab.example",
  }
  const files = { "flake.nix": flake(script), ...site }
  const built = await coldBuild(here, await requestFor(files))
  if (built.failed !== undefined) throw new Error(built.failed.lines.join("\n"))
  const found = await domainExperiment(built, { file: "config.nix", from: "ci.lab.example", to: "ci.other.example" })
  await built.dispose()
  const kinds = "stillThere" in found ? found.stillThere.map((path) => path.slice(44)).sort() : []
  expect(kinds).toEqual(["site/a", "site/deep/ci.lab.example.txt", "site/link", "system.drv"])
})

describe("facts", () => {
  test("a lock that would change", async () => {
    const nodes = { root: {} }
    const lock = JSON.stringify({ version: 7, root: "root", nodes })
    expect(await failureOf({ "flake.lock": lock })).toMatchObject({ reason: "lock file would change" })
  })

  test("a lock whose input is not what it says", async () => {
    const narHash = `sha256-${Buffer.alloc(32).toString("base64")}`
    expect(await failureOf({}, { narHash })).toMatchObject({ reason: "an input is not what flake.lock says" })
  })

  test("a lock whose input is of another time", async () => {
    expect(await failureOf({}, { lastModified: 1 })).toMatchObject({ reason: "an input is not what flake.lock says" })
  })

  test("a lock whose input has no such revision", async () => {
    expect(await failureOf({}, { rev: "0".repeat(40) })).toMatchObject({ reason: "an input has no such revision" })
  })

  test("what does not evaluate", async () => {
    const failed = await failureOf({ "config.nix": "{ }" })
    expect(failed).toMatchObject({ reason: "evaluation failed" })
    expect(failed.lines.join("\n")).toContain("attribute 'domain' missing")
  })

  test("what is impure", async () => {
    const impure = await failureOf({ "config.nix": "{ domain = toString builtins.currentTime; }" })
    expect(impure).toMatchObject({ reason: "evaluation failed" })
  })

  test("what does not build", async () => {
    const failed = await failureOf({ "flake.nix": flake('run "system" "echo connection refused; exit 3"') })
    expect(failed).toMatchObject({ reason: "build failed" })
    expect(failed.lines.join("\n")).toContain("failed with exit code 3")
  })
})

describe("cold stores of other runs", () => {
  const root = fileURLToPath(new URL("../", import.meta.url))
  const runs: ChildProcess[] = []
  afterEach(async () => {
    for (const child of runs.splice(0)) await killed(child)
    for (const name of await readdir(work)) {
      await run("chmod", ["-R", "u+w", join(work, name)])
      await rm(join(work, name), { recursive: true })
    }
  })

  /** A run in a process of its own, which builds and then waits, with the store, to be killed. */
  async function otherRun(request: ColdBuildRequest, machine: string): Promise<ChildProcess> {
    const file = at("other-run.mts")
    const text = `import { coldBuild } from "${root}helpers/cold-build.ts"
      import { here } from "${root}helpers/machine.ts"
      import { connect } from "${root}helpers/ssh.ts"
      const build = await coldBuild(${machine}, ${JSON.stringify(request)})
      console.log(build.root)
      setInterval(() => {}, 1000)`
    await writeFile(file, text)
    const child = spawn(process.execPath, ["--import", "tsx", file], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    })
    runs.push(child)
    return child
  }
  const built = (child: ChildProcess) =>
    new Promise<string>((resolve, reject) => {
      child.stdout?.once("data", (line: Buffer) =>
        resolve(
          line
            .toString()
            .trim()
            .replace(/\/store$/, ""),
        ),
      )
      child.once("exit", () => reject(new Error("the other run ended")))
    })
  const killed = (child: ChildProcess) =>
    new Promise<void>((gone) => {
      if (child.exitCode !== null || child.signalCode !== null) return gone()
      child.once("exit", () => gone())
      child.kill("SIGKILL")
    })

  async function swept(request: ColdBuildRequest): Promise<Swept> {
    const build = await coldBuild(here, request)
    await build.dispose()
    return build.swept
  }

  test("are removed once the run was killed, and never while it lives", async () => {
    const request = await requestFor({})
    const [dead, alive] = [await otherRun(request, "here"), await otherRun(request, "here")]
    const [left, used] = [await built(dead), await built(alive)]
    const whole = await readdir(join(used, "store/nix/store"))
    const why = (child: ChildProcess) => `in use by process ${child.pid}`
    expect(await swept(request)).toEqual({
      removed: [],
      kept: [
        { directory: left, why: why(dead) },
        { directory: used, why: why(alive) },
      ].sort((a, b) => (a.directory < b.directory ? -1 : 1)),
    })
    await killed(dead)
    expect(await swept(request)).toEqual({ removed: [left], kept: [{ directory: used, why: why(alive) }] })
    expect(await readdir(work)).toEqual([used.slice(work.length + 1)])
    expect(await readdir(join(used, "store/nix/store"))).toEqual(whole)
    await killed(alive)
    expect(await swept(request)).toEqual({ removed: [used], kept: [] })
    expect(await readdir(work)).toEqual([])
  }, 120_000)

  test("stay while what a killed run began still works in them", async () => {
    const endless = await requestFor({ "flake.nix": flake('run "system" "while :; do :; done"') })
    const child = await otherRun({ ...endless, timeoutMs: 15_000 }, "here")
    const building = async () => (await run("sh", ["-c", `ls ${work}/*/build 2>&1`], { answers: [0, 1, 2] })).exitCode
    while ((await building()) !== 0) await sleep(100)
    await killed(child)
    const request = await requestFor({})
    const { removed, kept } = await swept(request)
    expect(removed).toEqual([])
    expect(kept).toEqual([{ directory: expect.any(String), why: expect.stringMatching(/^in use by process \d+$/) }])
    const script = Number(/\d+$/.exec(kept[0]?.why ?? ""))
    expect(script).not.toBe(child.pid)
    // nix's own limit ends the build, and with it the script.
    while (
      await readdir(`/proc/${script}`).then(
        () => true,
        () => false,
      )
    )
      await sleep(100)
    expect(await swept(request)).toEqual({ removed: [kept[0]?.directory], kept: [] })
  }, 120_000)

  test("on a builder over ssh are removed once the connection of their run has ended", async () => {
    const servers = await loopbackServers()
    try {
      const { host } = await servers.start()
      const request = await requestFor({})
      const child = await otherRun(request, `await connect(${JSON.stringify(host)})`)
      const left = await built(child)
      const { kept } = await swept(request)
      expect(kept).toEqual([{ directory: left, why: expect.stringMatching(/^in use by process \d+$/) }])
      const session = /\d+$/.exec(kept[0]?.why ?? "")?.[0] ?? ""
      expect(await readFile(`/proc/${session}/comm`, "utf8")).toMatch(/^sshd/)
      await killed(child)
      while (
        await readdir(`/proc/${session}`).then(
          () => true,
          () => false,
        )
      )
        await sleep(50)
      expect(await swept(request)).toEqual({ removed: [left], kept: [] })
    } finally {
      await servers.stop()
    }
  }, 120_000)

  test("are judged by their lease alone, and in doubt they stay", async () => {
    const request = await requestFor({})
    const example = await coldBuild(here, request)
    const lease = (await readFile(join(String(example.root), "../lease"), "utf8")).split("\n")[1] ?? ""
    await example.dispose()
    const [machine = "", boot = "", namespace = "", pid = "", start = ""] = lease.split(" ")
    expect(pid).toBe(String(process.pid))
    const store = async (name: string, text?: string) => {
      await mkdir(join(work, name, "store/nix/store/x"), { recursive: true })
      await chmod(join(work, name, "store/nix/store/x"), 0o555)
      if (text !== undefined) await writeFile(join(work, name, "lease"), text)
      return join(work, name)
    }
    const line = (...words: string[]) => `${words.join(" ")}\n`
    const named = (name: string) => `cc-ci-verifier-cold-${name}`
    const rebooted = await store(named("a"), line(machine, "another-boot", namespace, pid, start))
    const again = await store(named("b"), line(machine, boot, namespace, pid, `${Number(start) - 1}`))
    const half = await store("cc-ci-verifier-dead-c")
    const doubtful: [string, string | undefined, string][] = [
      ["d", line(machine, boot, namespace, pid, start), `in use by process ${pid}`],
      ["e", line(machine, boot, namespace, "1", "?"), "its lease cannot be read"],
      ["f", line("another", "another-boot", namespace, pid, start), "held from another machine"],
      ["g", line(machine, boot, "pid:[1]", pid, start), "held in another container"],
      ["h", "", "its lease is empty"],
      ["i", undefined, "it has no lease"],
      ["j", `${machine} ${boot} ${namespace} 1`, "its lease is empty"],
      ["k", line(machine, boot, namespace, "../1", start), "its lease cannot be read"],
      ["l", `${line(machine, "another-boot", namespace, pid, start)}${lease}\n`, `in use by process ${pid}`],
    ]
    const kept = []
    for (const [name, text, why] of doubtful) kept.push({ directory: await store(named(name), text), why })
    const outside = at("outside")
    await mkdir(outside)
    await writeFile(join(outside, "lease"), line(machine, "another-boot", namespace, pid, start))
    await symlink(outside, join(work, named("m")))
    expect(await swept(request)).toEqual({ removed: [rebooted, again, half], kept })
    expect(await readdir(outside)).toEqual(["lease"])
    const expected = [...doubtful.map(([name]) => named(name)), named("m")]
    expect((await readdir(work)).sort()).toEqual(expected)
    await rm(join(work, named("m")))
  }, 60_000)
})

describe("could not look", () => {
  const failing = async (change: Partial<ColdBuildRequest>) => {
    const request = { ...(await requestFor({})), ...change }
    await expect(coldBuild(here, request)).rejects.toThrow(Error)
    const message = await coldBuild(here, request).catch(({ message }: Error) => message)
    expect(await leftOver()).toEqual([])
    return String(message)
  }

  test("no nix there", async () => {
    await mkdir(at("bare"))
    for (const name of ["sh", "env", "mktemp", "find", "grep", "xargs", "sed", "timeout", "git"]) {
      await symlink(await readlinkOf(name), at("bare", name))
    }
    expect(await failing({ programs: at("bare") })).toContain(`no nix in ${at("bare")}`)
  })

  test("no such base", async () => {
    expect(await failing({ baseUrl: `file://${at("gone")}` })).toContain("does not appear to be a git repository")
  })

  test("no such commit", async () => {
    expect(await failing({ baseRev: "0".repeat(40) })).toContain("reference is not a tree")
  })

  test("no such input's server", async () => {
    const url = "http://127.0.0.1:9/secrets"
    const pin = { type: "git", url, ref: "main" }
    const locked = { ...pin, rev: "1".repeat(40), lastModified: 1, revCount: 1, narHash: `sha256-${"A".repeat(43)}=` }
    const nodes = { root: { inputs: { secrets: "s" } }, s: { locked, original: pin, flake: false } }
    const lock = JSON.stringify({ version: 7, root: "root", nodes })
    const request = await requestFor({
      "flake.nix": good().replace(/git\+file:[^"?]*/, `git+${url}`),
      "flake.lock": lock,
    })
    await expect(coldBuild(here, request)).rejects.toThrow("nix eval could not look: exit 1")
    expect(await leftOver()).toEqual([])
  })

  test("too slow", async () => {
    const request = await requestFor({ "flake.nix": flake('run "system" "while :; do :; done"') })
    await expect(coldBuild(here, { ...request, timeoutMs: 2000 })).rejects.toThrow("nix build could not look: exit 124")
    expect(await leftOver()).toEqual([])
  })

  test.each<[string, Partial<ColdBuildRequest>, string]>([
    ["no commit", { baseRev: "main" }, "main is no commit"],
    ["no attribute", { attribute: 'x"; y' }, 'x"; y is no attribute'],
    ["no absolute path", { programs: "bin" }, "bin is no absolute path of programs"],
    ["no shell", { programs: ["/usr/bin/git"] }, "no sh among the programs"],
  ])("%s", async (_, change, message) => {
    expect(await failing(change)).toBe(message)
  })
})

const readlinkOf = async (name: string) => (await run("readlink", ["-f", at("programs", name)])).stdout.trim()
