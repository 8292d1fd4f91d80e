// Against what this machine's nix writes and shows, and against texts that no nix writes.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Derivation, parseDerivation } from "./derivation.ts"
import { textStorePath } from "./nix-hash.ts"
import { run } from "./run.ts"

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "derivation-"))
})
afterAll(async () => {
  await run("chmod", ["-R", "u+w", scratch])
  await rm(scratch, { recursive: true })
})

const nixString = (text: string) => `"${text.replace(/[\\"$]/g, String.raw`\$&`).replaceAll("\r", "\\r")}"`

/** Has nix write each expression's derivation, in a store of its own; gives their paths. */
async function instantiated(expressions: string[]): Promise<string[]> {
  const file = join(scratch, "all.nix")
  await writeFile(file, `[ ${expressions.join("\n")} ]`)
  const argv = ["--store", scratch, "--option", "build-users-group", "", file]
  const { stdout } = await run("nix-instantiate", argv)
  return stdout.trim().split("\n")
}

const bytesOf = (drv: string) => readFile(join(scratch, drv))
const latin1 = (text: string) => Buffer.from(text).toString("latin1")

/** As nix shows it, in the shape of ours. */
async function shownByNix(drvs: string[]): Promise<Map<string, Derivation>> {
  const argv = ["--extra-experimental-features", "nix-command", "show-derivation", "--store", scratch, ...drvs]
  const all: [string, Shown][] = Object.entries(JSON.parse((await run("nix", argv)).stdout))
  return new Map(
    all.map(([path, { outputs, inputDrvs, inputSrcs, system, builder, args, env }]) => [
      path,
      {
        outputs: new Map(
          Object.entries(outputs).map(([name, one]) => [
            name,
            { path: one.path ?? "", method: one.hashAlgo ?? "", hash: one.hash ?? "" },
          ]),
        ),
        inputs: new Map(
          Object.entries(inputDrvs).map(([at, names]) => [at, "outputs" in names ? names.outputs : names]),
        ),
        sources: inputSrcs,
        ...{ system, builder: latin1(builder), args: args.map(latin1) },
        environment: new Map(Object.entries(env).map(([name, value]) => [latin1(name), latin1(value)])),
      },
    ]),
  )
}

interface Shown {
  outputs: Record<string, { path?: string; hashAlgo?: string; hash?: string }>
  inputDrvs: Record<string, string[] | { outputs: string[] }>
  inputSrcs: string[]
  system: string
  builder: string
  args: string[]
  env: Record<string, string>
}

// No NUL, which no string of Nix can hold.
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).filter((one) => !one.includes("\0")),
  fc.string({ unit: fc.constantFrom('"', "\\", "\n", "\r", "\t", "$", "{", ")", "]", ",", "n"), maxLength: 12 }),
)
const expression = fc
  .record({
    args: fc.array(text, { maxLength: 3 }),
    variables: fc.dictionary(
      text.filter((name) => !["name", "system", "builder", "args", "out", "fod", ""].includes(name)),
      text,
      { maxKeys: 4 },
    ),
  })
  .map(({ args, variables }) => {
    const set = Object.entries(variables).map(([name, value]) => `${nixString(name)} = ${nixString(value)};`)
    return `(derivation ({ name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; src = ${scratch}/source;
      args = [ ${args.map(nixString).join(" ")} ]; fod = derivation { name = "fod"; system = "s"; builder = "b";
      outputHashMode = "recursive"; outputHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; };
    } // { ${set.join(" ")} }))`
  })

test("any derivation is read as nix shows it, and its path is the one of its bytes", async () => {
  await writeFile(join(scratch, "source"), "x")
  const property = fc.asyncProperty(fc.array(expression, { minLength: 30, maxLength: 30 }), async (expressions) => {
    const drvs = [...new Set(await instantiated(expressions))]
    const known = await shownByNix(drvs)
    for (const drv of drvs) {
      const bytes = await bytesOf(drv)
      const read = parseDerivation(bytes)
      expect(read).toEqual(known.get(drv))
      const references = [...read.inputs.keys(), ...read.sources]
      expect(textStorePath(bytes, references, drv.slice(44))).toBe(drv)
    }
  })
  await fc.assert(property, { numRuns: 5 })
})

test("an output that is fixed, and several outputs, are read as nix shows them", async () => {
  const drvs = await instantiated([
    `(derivation { name = "a"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; })`,
    `(derivation { name = "f"; system = "s"; builder = "b"; outputHashMode = "flat"; outputHashAlgo = "sha256";
      outputHash = "${"0".repeat(64)}"; })`,
  ])
  const known = await shownByNix(drvs)
  for (const drv of drvs) expect(parseDerivation(await bytesOf(drv))).toEqual(known.get(drv))
  expect([...known.values()].map(({ outputs }) => [...outputs.keys()])).toEqual(
    expect.arrayContaining([["dev", "out"], ["out"]]),
  )
})

/** What Nix would write. */
function written({ outputs, inputs, sources, system, builder, args, environment }: Derivation): string {
  const marks: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }
  const string = (one: string) => `"${one.replace(/["\\\n\r\t]/g, (mark) => marks[mark] ?? `\\${mark}`)}"`
  const strings = (all: string[]) => all.map(string).join(",")
  const lists = [
    [...outputs].map(([name, { path, method, hash }]) => `(${strings([name, path, method, hash])})`).join(","),
    [...inputs].map(([path, names]) => `(${string(path)},[${strings(names)}])`).join(","),
    strings(sources),
  ]
  const variables = [...environment].map((one) => `(${strings(one)})`).join(",")
  const rest = `${string(system)},${string(builder)},[${strings(args)}],[${variables}]`
  return `Derive(${lists.map((list) => `[${list}],`).join("")}${rest})`
}

const path = (name: string) => `/nix/store/${"0".repeat(32)}-${name}`
const healthy =
  `Derive([("out","${path("x")}","","")],[("${path("a.drv")}",["dev","out"])],["${path("s")}"],"s","/bin/sh",` +
  String.raw`["-c","a\n\"b\\"],[("a","1"),("b","")])`

test("whatever is read would be written just so again, and anything else throws", () => {
  expect(written(parseDerivation(Buffer.from(healthy, "latin1")))).toBe(healthy)
  const pieces = fc.constantFrom('"', "\\", "\\q", "(", ")", "[", "]", ",", "\n", "\0", "a", "é", "Derive(", '""', "")
  const edit = fc.record({ at: fc.nat(healthy.length), cut: fc.nat(3), piece: pieces })
  const edited = (edits: { at: number; cut: number; piece: string }[]) =>
    edits.reduce((all, { at, cut, piece }) => all.slice(0, at) + piece + all.slice(at + cut), healthy)
  let read = 0
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }).map(edited), (strange) => {
      let derivation: Derivation
      try {
        derivation = parseDerivation(Buffer.from(strange, "latin1"))
      } catch (error) {
        expect((error as Error).message).toMatch(/^derivation: /)
        return
      }
      read++
      expect(written(derivation)).toBe(strange)
    }),
    { numRuns: 5000 },
  )
  expect(read).toBeGreaterThan(0)
})

test.each([
  ["nothing", "", "no Derive("],
  ["a dynamic derivation", `DrvWithVersion("xp-dyn-drv",[],[],[],"","",[],[])`, "no Derive("],
  ["half of it", healthy.slice(0, -4), "a string that Nix would not write so"],
  ["two of it", healthy + healthy, "more than one term"],
  ["variables in another order", healthy.replace('"a","1"', '"c","1"'), "variables are not sorted"],
  ["a variable twice", healthy.replace('"b",""', '"a","2"'), "variables are not sorted, or one stands there twice"],
  ["outputs of an input twice", healthy.replace('"dev","out"', '"out","out"'), "outputs of an input are not sorted"],
  ["an input out of the store", healthy.replace(path("a.drv"), "/etc/shadow"), "no store path before this"],
  ["a source that leads out of it", healthy.replace(path("s"), `${path("s")}/../x`), "no store path before this"],
  ["an output out of the store", healthy.replace(path("x"), "/etc/shadow"), "an output is no store path"],
  ["an escape of another notation", healthy.replace("\\n", "\\x"), "a string that Nix would not write so"],
])("%s is none", (_, strange, why) => {
  expect(() => parseDerivation(Buffer.from(strange, "latin1"))).toThrow(why)
})

test("large ones are read, and deep nesting is none", () => {
  const large = healthy.replace("a\\n", "long \\\\ ".repeat(1_000_000))
  expect(parseDerivation(Buffer.from(large)).args[1]?.length).toBe(7_000_003)
  expect(() => parseDerivation(Buffer.from(`Derive(${"[".repeat(1_000_000)}`))).toThrow("derivation: no (")
})

test("no error repeats a value", () => {
  const spoilt = healthy.replace('"a","1"', '"a","hunter2').concat("hunter2")
  expect(() => parseDerivation(Buffer.from(spoilt))).toThrow(expect.not.stringContaining("hunter2"))
})
