// Between derivations that this machine's nix wrote, in two stores of our own.

import { chmod, mkdtemp, readFile, rm, symlink, unlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type DerivationDifference, derivationDifference, type Side } from "./derivation-difference.ts"
import { here, type Machine } from "./machine.ts"
import { run } from "./run.ts"

let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "derivation-difference-"))
})
afterEach(async () => {
  await run("chmod", ["-R", "u+w", scratch])
  await rm(scratch, { recursive: true })
})

const library = `
  run = name: more: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // more);
  fixed = name: more: run name ({ outputHashMode = "recursive";
    outputHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; } // more);
`

/** The derivation of an expression, in that side's store. */
async function side(name: "git" | "host", expression: string): Promise<Side & { drvPath: string }> {
  const root = join(scratch, name)
  const argv = [
    "--store",
    root,
    "--option",
    "build-users-group",
    "",
    "--option",
    "fsync-metadata",
    "false",
    "--expr",
    `let ${library} in ${expression}`,
  ]
  const drvPath = (await run("nix-instantiate", argv)).stdout.trim()
  return { machine: here, programs: "/usr/bin", root, drvPath }
}

async function difference(git: string, host: string): Promise<DerivationDifference> {
  return derivationDifference(await side("git", git), await side("host", host))
}

/** Without the hashes, and without where both lie. */
const brief = ({ lines }: DerivationDifference) =>
  lines.map((line) => line.replaceAll(/\/nix\/store\/\w{32}-/g, "").replace(/ \(\S+ in git, \S+ on the host\):/, ":"))

const system = (script: string) =>
  `run "system" { page = run "page" { text = run "text" { args = [ "${script}" ]; }; }; }`

test("the difference is where it begins, however far below the top, and once", async () => {
  const deep = (script: string) => `let text = run "text" { args = [ "-c" "${script}" ]; };
    in run "system" { a = run "a" { inherit text; }; b = run "b" { inherit text; }; }`
  const found = await difference(deep("hunter2"), deep("hunter3"))
  expect(brief(found)).toEqual(["system > a > text: argument 2"])
  expect(found).toMatchObject({ compared: 4, leftOut: 0 })
  expect(found.lines[0]).toMatch(
    /\(\/nix\/store\/\w{32}-text\.drv in git, \/nix\/store\/\w{32}-text\.drv on the host\)/,
  )
})

test.each([
  ["a variable", `run "x" { domain = "a"; }`, `run "x" { domain = "b"; }`, ["x: environment variable domain"]],
  ["one more", `run "x" { }`, `run "x" { "a b" = "1"; }`, ['x: environment variable "a b": only on the host']],
  ["one less", `run "x" { a = "1"; }`, `run "x" { }`, ["x: environment variable a: only in git"]],
  ["one more argument", `run "x" { }`, `run "x" { args = [ "1" ]; }`, ["x: argument 1: only on the host"]],
  [
    "the system",
    `run "x" { system = "s"; }`,
    `run "x" { system = "t"; }`,
    ["x: system", "x: environment variable system"],
  ],
  [
    "the builder",
    `run "x" { builder = "/hunter2"; }`,
    `run "x" { builder = "/hunter3"; }`,
    ["x: builder", "x: environment variable builder"],
  ],
  [
    "an input",
    `run "x" { i = run "a" { }; }`,
    `run "x" { i = run "b" { }; }`,
    [
      "x: input only in git: a.drv",
      "x: input only on the host: b.drv",
      "x: environment variable i (a in git, b on the host)",
    ],
  ],
  [
    "a source",
    `run "x" { i = builtins.toFile "a" "1"; }`,
    `run "x" { i = builtins.toFile "a" "2"; }`,
    ["x: source only in git: a", "x: source only on the host: a"],
  ],
  [
    "outputs",
    `run "x" { outputs = [ "out" "dev" ]; }`,
    `run "x" { }`,
    ["x: outputs", "x: environment variable dev: only in git", "x: environment variable outputs: only in git"],
  ],
  [
    "outputs taken of an input",
    `let a = run "a" { outputs = [ "out" "dev" ]; }; in run "x" { i = a.dev; }`,
    `let a = run "a" { outputs = [ "out" "dev" ]; }; in run "x" { i = a.out; }`,
    ["x: outputs taken of input a.drv", "x: environment variable i (a-dev in git, a on the host)"],
  ],
  [
    "a fixed hash",
    `run "x" { i = fixed "f" { }; }`,
    `run "x" { i = fixed "f" { outputHash = "sha256-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBE="; }; }`,
    ["x > f: fixed hash of output out", "x > f: environment variable outputHash"],
  ],
  [
    "the order of two inputs",
    `let a = n: run "a" { inherit n; }; in run "x" { p = [ (a "1") (a "2") ]; }`,
    `let a = n: run "a" { inherit n; }; in run "x" { p = [ (a "2") (a "1") ]; }`,
    ["x: environment variable p"],
  ],
])("%s is named, and no value", async (_, git, host, lines) => {
  const found = await difference(git, host)
  expect(brief(found)).toEqual(lines)
  expect(JSON.stringify(found)).not.toContain("hunter")
})

test("another way to the same fixed output is no difference, and hides none", async () => {
  const fetched = (mirror: string, more: string) => `run "x" { i = fixed "f" { mirror = "${mirror}"; }; ${more} }`
  expect(brief(await difference(fetched("one", `a = "1";`), fetched("two", `a = "2";`)))).toEqual([
    "x: environment variable a",
  ])
})

test("a value is shown where both are a store path and nothing else", async () => {
  const value = (text: string) => `run "x" { a = "${text}"; }`
  const path = (hash: string, name: string) => `/nix/store/${hash.repeat(32)}-${name}`
  const shown = await difference(value(path("0", "v1")), value(path("1", "v2")))
  expect(shown.lines[0]).toContain(`a (${path("0", "v1")} in git, ${path("1", "v2")} on the host)`)
  for (const more of ["?token=hunter2", "/hunter2", "\\nhunter2", " hunter2"]) {
    const hidden = await difference(value(path("0", "v1")), value(`${path("0", "v2")}${more}`))
    expect(brief(hidden)).toEqual(["x: environment variable a"])
  }
})

test("what is not at hand is said, once for each side", async () => {
  const git = await side("git", system("1"))
  const host = await side("host", system("2"))
  expect(brief(await derivationDifference({ ...git, drvPath: undefined }, host))).toEqual([
    "no derivation of git's is known",
  ])
  expect(brief(await derivationDifference(git, { ...host, drvPath: undefined }))).toEqual([
    "the host does not say which derivation its system came from",
  ])
  const at = join(host.root, host.drvPath)
  const bytes = await readFile(at)
  await chmod(join(at, ".."), 0o755)
  await unlink(at)
  const absent = "system: the host's derivation is not at hand (absent, or larger than 4194304 bytes)"
  expect(brief(await derivationDifference(git, host))).toEqual([absent])
  await writeFile(join(scratch, "elsewhere"), bytes)
  await symlink(join(scratch, "elsewhere"), at)
  expect(brief(await derivationDifference(git, host)), "a link may lead anywhere").toEqual([absent])
  await unlink(at)
  await writeFile(at, "Derive(hunter2")
  expect(brief(await derivationDifference(git, host))).toEqual([
    "system: the host's derivation cannot be read: derivation: no [, at byte 7 of 14",
  ])
  await writeFile(at, bytes.toString().replace("x86_64-linux", "x86_65-linux"))
  expect(brief(await derivationDifference(git, host))).toEqual([
    "system: the host's derivation has not the bytes of its name",
  ])
})

test("a derivation that does not make what it is said to make is named", async () => {
  const [git, host] = [await side("git", system("1")), await side("host", system("2"))]
  const outPath = `/nix/store/${"0".repeat(32)}-system`
  const { lines } = await derivationDifference(git, { ...host, outPath })
  expect(lines).toContain(`${host.drvPath}, of which the host says that it makes ${outPath}, does not`)
})

test("a large difference is cut, and a deep one ends", async () => {
  const many = (text: string) =>
    `run "x" { i = map (n: run "i\${toString n}" { a = "${text}"; }) (builtins.genList (n: n) 300); }`
  const wide = await difference(many("1"), many("2"))
  expect(wide).toMatchObject({ compared: 200, leftOut: 101 })
  expect(wide.lines).toHaveLength(51)
  expect(wide.lines.at(-1)).toBe("and 149 more")
  const chain = (text: string) =>
    `builtins.foldl' (i: n: run "x" { inherit i; }) (run "x" { a = "${text}"; }) (builtins.genList (n: n) 40)`
  expect(await difference(chain("1"), chain("2"))).toMatchObject({ compared: 32, leftOut: 1, lines: [] })
})

test("a machine that answers something else is an error, and each side is asked once a level", async () => {
  const [git, host] = [await side("git", system("1")), await side("host", system("2"))]
  let asked = 0
  const counting: Machine = {
    where: "here",
    run: async (argv, options) => {
      asked++
      return here.run(argv, options)
    },
  }
  await derivationDifference(git, { ...host, machine: counting })
  expect(asked).toBe(3)
  const cut: Machine = {
    where: "ssh root@cut",
    run: async (argv, options) => {
      const ran = await here.run(argv, options)
      return { ...ran, stdout: ran.stdout.subarray(0, -1) }
    },
  }
  await expect(derivationDifference(git, { ...host, machine: cut })).rejects.toThrow(
    "ssh root@cut: 1 derivations asked for, and not as many fields came back",
  )
})
