// Why two systems differ: the first places where the recipes they were made from are not the same.

import { type Derivation, parseDerivation } from "./derivation.ts"
import { textStorePath } from "./nix-hash.ts"
import type { Copy } from "./path-difference.ts"

/** Where a derivation is, and what it is said to make. */
export interface Side extends Copy {
  /** Nobody knows it where this is absent. */
  drvPath?: string | undefined
  outPath?: string | undefined
}

export interface DerivationDifference {
  /** Readable, nearest to the top first. Names and store paths, never another value. */
  lines: string[]
  /** Pairs of derivations compared, and pairs that were left out because there were more than enough. */
  compared: number
  leftOut: number
}

const most = { pairs: 200, levels: 32, lines: 50, bytes: 4 * 2 ** 20 }

// A `.drv` is a plain file without NUL bytes; one that is absent, larger or something else is printed as empty. A store
// path holds no newline.
const script = `
export LC_ALL=C
bin=$1 root=$2 most=$3
while IFS= read -r path; do
  printf '%s\\0' "$path"
  if [ -f "$root$path" ] && [ ! -L "$root$path" ] && [ "$("$bin/stat" -c %s -- "$root$path")" -le "$most" ]; then
    "$bin/cat" -- "$root$path" </dev/null
  fi
  printf '\\0'
done
`.trim()

interface Pair {
  git: string
  host: string
  /** Names of the derivations that lead here, the top first. */
  trail: string[]
}

type Read = { derivation: Derivation } | { not: string }

/**
 * Walks from the two top derivations to where they part, level by level: one command a level and side. What is not at hand,
 * or is no derivation, is a line; a side that does not answer throws.
 */
export async function derivationDifference(git: Side, host: Side): Promise<DerivationDifference> {
  if (git.drvPath === undefined) return none("no derivation of git's is known")
  if (host.drvPath === undefined) return none("the host does not say which derivation its system came from")
  if (git.outPath !== undefined && git.outPath === host.outPath) return none("both make the same store path")
  const lines: string[] = []
  const met = new Set<string>()
  let compared = 0
  const level: Pair[] = [{ git: git.drvPath, host: host.drvPath, trail: [] }]
  for (let depth = 0; level.length > 0 && depth < most.levels && compared < most.pairs; depth++) {
    const pairs = level.splice(0, most.pairs - compared)
    const [ours, theirs] = await Promise.all([read(git, pairs, "git"), read(host, pairs, "host")])
    for (const [index, pair] of pairs.entries()) {
      const [one, other] = [ours[index], theirs[index]] as [Read, Read]
      const where = `${[...pair.trail, nameOf(pair.git)].join(" > ")} (${pair.git} in git, ${pair.host} on the host)`
      if (depth === 0) lines.push(...notItsOwn("git", one, git), ...notItsOwn("the host", other, host))
      if ("not" in one || "not" in other) {
        lines.push(
          ...[one, other].flatMap((side, which) =>
            "not" in side ? [`${where}: ${which === 0 ? "git's" : "the host's"} ${side.not}`] : [],
          ),
        )
        continue
      }
      compared++
      const { found, inputs } = parted(one.derivation, other.derivation)
      lines.push(...found.map((what) => `${where}: ${what}`))
      const below = inputs.map(([a, b]) => ({ git: a, host: b, trail: [...pair.trail, nameOf(pair.git)] }))
      for (const next of below) {
        const id = `${next.git} ${next.host}`
        if (!met.has(id)) level.push(next)
        met.add(id)
      }
    }
  }
  const more = lines.length - most.lines
  const shown = more > 0 ? [...lines.slice(0, most.lines), `and ${more} more`] : lines
  return { lines: shown, compared, leftOut: level.length }
}

const none = (line: string): DerivationDifference => ({ lines: [line], compared: 0, leftOut: 0 })

async function read({ machine, programs, root }: Side, pairs: Pair[], side: "git" | "host"): Promise<Read[]> {
  const paths = pairs.map((pair) => pair[side])
  const argv = [`${programs}/sh`, "-euc", script, "sh", programs, root, String(most.bytes)]
  const { stdout } = await machine.run(argv, {
    stdin: paths.map((path) => `${path}\n`).join(""),
    maxBytes: 512 * 2 ** 20,
  })
  const fields = stdout.toString("latin1").split("\0")
  const whole = fields.length === 2 * paths.length + 1 && paths.every((path, index) => fields[2 * index] === path)
  if (!whole)
    throw new Error(`${machine.where}: ${paths.length} derivations asked for, and not as many fields came back`)
  return paths.map((path, index) => readOne(path, Buffer.from(fields[2 * index + 1] ?? "", "latin1")))
}

function readOne(path: string, bytes: Buffer): Read {
  if (bytes.length === 0) return { not: `derivation is not at hand (absent, or larger than ${most.bytes} bytes)` }
  try {
    const derivation = parseDerivation(bytes)
    const references = [...derivation.inputs.keys(), ...derivation.sources]
    if (textStorePath(bytes, references, path.slice(44)) !== path)
      return { not: "derivation has not the bytes of its name" }
    return { derivation }
  } catch (cause) {
    return { not: `derivation cannot be read: ${(cause as Error).message}` }
  }
}

/** A deriver is what somebody says; that its output is the path in question can be seen. */
function notItsOwn(who: string, one: Read, { drvPath, outPath }: Side): string[] {
  if ("not" in one || outPath === undefined) return []
  const made = [...one.derivation.outputs.values()].some(({ path }) => path === outPath)
  return made ? [] : [`${drvPath}, of which ${who} says that it makes ${outPath}, does not`]
}

/** What is not the same in two derivations by their own doing, and the pairs of inputs that differ. */
function parted(git: Derivation, host: Derivation): { found: string[]; inputs: [string, string][] } {
  const outputs = (of: Derivation) => [...of.outputs].map(([name, { path }]) => `${name} ${path}`).join()
  // What goes into a fixed output may differ, and what comes out does not.
  if (outputs(git) === outputs(host) && [...git.outputs.values()].every(({ path }) => path !== "")) {
    return { found: [], inputs: [] }
  }
  const { inputs, alone } = paired([...git.inputs.keys()], [...host.inputs.keys()])
  const ways = inputs.filter(([a, b]) => a !== b)
  const same = inputs.filter(([a, b]) => a === b && String(git.inputs.get(a)) !== String(host.inputs.get(b)))
  const found = [
    ...(String([...git.outputs.keys()]) === String([...host.outputs.keys()]) ? [] : ["outputs"]),
    ...[...git.outputs]
      .filter(([name, { hash, method }]) => {
        const other = host.outputs.get(name)
        return other !== undefined && (other.hash !== hash || other.method !== method)
      })
      .map(([name]) => `fixed hash of output ${printable(name)}`),
    ...(git.system === host.system ? [] : ["system"]),
    ...(masked(git.builder) === masked(host.builder) ? [] : [`builder${values(git.builder, host.builder)}`]),
    ...listed("source", git.sources, host.sources),
    ...alone,
    ...same.map(([path]) => `outputs taken of input ${path}`),
    ...recipe(git, host, masked),
  ]
  if (found.length > 0 || ways.length > 0) return { found, inputs: ways }
  const own = new Set([...git.outputs.values(), ...host.outputs.values()].map(({ path }) => path))
  return { found: recipe(git, host, (text) => (own.has(text) ? "" : text)), inputs: [] }
}

/** Arguments and variables that differ, by number and name. */
function recipe(git: Derivation, host: Derivation, seen: (text: string) => string): string[] {
  const length = Math.max(git.args.length, host.args.length)
  const args = Array.from({ length }, (_, index) => index).flatMap((index) =>
    differing(`argument ${index + 1}`, git.args[index], host.args[index], seen),
  )
  const names = [...new Set([...git.environment.keys(), ...host.environment.keys()])].sort()
  const variables = names.flatMap((name) =>
    differing(`environment variable ${printable(name)}`, git.environment.get(name), host.environment.get(name), seen),
  )
  return [...args, ...variables]
}

function differing(what: string, git: string | undefined, host: string | undefined, seen: (text: string) => string) {
  if (git === undefined) return [`${what}: only on the host`]
  if (host === undefined) return [`${what}: only in git`]
  return seen(git) === seen(host) ? [] : [`${what}${values(git, host)}`]
}

/** Inputs of the same name belong together, in the order of their paths; where one side has more of a name, they are alone. */
function paired(git: string[], host: string[]): { inputs: [string, string][]; alone: string[] } {
  const [here, there] = [new Set(git), new Set(host)]
  const common = git.filter((path) => there.has(path)).map((path): [string, string] => [path, path])
  const left = git.filter((path) => !there.has(path))
  const byName = new Map<string, string[]>()
  for (const path of host.filter((one) => !here.has(one)).reverse()) {
    const known = byName.get(nameOf(path))
    if (known === undefined) byName.set(nameOf(path), [path])
    else known.push(path)
  }
  const lonely: string[] = []
  const inputs: [string, string][] = []
  for (const path of left) {
    const other = byName.get(nameOf(path))?.pop()
    if (other === undefined) lonely.push(path)
    else inputs.push([path, other])
  }
  const alone = listed("input", lonely, [...byName.values()].flat().sort())
  return { inputs: [...common, ...inputs], alone }
}

function listed(what: string, git: string[], host: string[]): string[] {
  const [here, there] = [new Set(git), new Set(host)]
  return [
    ...git.filter((path) => !there.has(path)).map((path) => `${what} only in git: ${path}`),
    ...host.filter((path) => !here.has(path)).map((path) => `${what} only on the host: ${path}`),
  ]
}

const nameOf = (path: string) => path.slice(44).replace(/\.drv$/, "")

/** Hashes in the paths of inputs and of the output itself differ because something else does. */
const masked = (text: string) => text.replace(/\/nix\/store\/[0-9a-df-np-sv-z]{32}-/g, "/nix/store/-")

/** Values may be secrets: they are shown where both are nothing but store paths. */
const values = (git: string, host: string) =>
  [git, host].every((one) => /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._-]+$/.test(one))
    ? ` (${git} in git, ${host} on the host)`
    : ""

const printable = (name: string) =>
  /^[\w.+-]+$/.test(name) ? name : JSON.stringify(Buffer.from(name, "latin1").toString())
