// With this machine's own nix, in stores of our own.

import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type ColdBuildRequest, type ColdBuilt, coldBuild, domainExperiment } from "./cold-build.ts"
import { git } from "./git.ts"
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
  const others = "sh env mktemp find grep xargs sed timeout git nix-store mkdir rm cat tail wc chmod test"
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
