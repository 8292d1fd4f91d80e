// Which of what documents mention is not there: in the repos, on the host, in the flake.

import type { Mention, Mentions } from "./docs-mentions.ts"
import { absentOn } from "./host-presence.ts"
import type { Machine } from "./machine.ts"
import type { Target } from "./target.ts"
import { units } from "./units.ts"

export interface Presence {
  /** How many of each kind were looked for. */
  looked: Record<string, number>
  absent: Mention[]
}

/** Paths of the repos, and of directories, and names of files that stand anywhere in them or are files of the host. */
export function absentFiles(files: Mention[], repos: string[][], target: Target): Mention[] {
  const known = new Set(repos.flat().flatMap((path) => [...directoriesOf(path), path]))
  const { live } = target.certificate
  const names = new Set(
    [...known, live.certificate, live.privateKey].map((path) => path.slice(path.lastIndexOf("/") + 1)),
  )
  // OWNER/REPO is a name of one of the repos and no path.
  const urls = [target.repos.base, target.repos.secrets].flatMap(({ url, alsoAt }) => [url, ...alsoAt])
  const repoNames = urls.map((url) => new URL(url).pathname.replace(/^\/|\.git$/g, ""))
  const there = (what: string) =>
    known.has(what) || (!what.includes("/") && names.has(what)) || repoNames.includes(what) || matches(what, known)
  return files.filter(({ what }) => !there(what))
}

function matches(pattern: string, known: Set<string>): boolean {
  if (!pattern.includes("*")) return false
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  const expression = new RegExp(`^${parts.join("[^/]*")}$`)
  return [...known].some((path) => expression.test(path))
}

const directoriesOf = (file: string) =>
  file
    .split("/")
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join("/"))

/** Programs, absolute paths and units that the host does not have. A unit made from a template is there with it. */
export async function absentOnHost(
  machine: Machine,
  programs: string,
  { programs: wanted, hostPaths, units: named }: Pick<Mentions, "programs" | "hostPaths" | "units">,
): Promise<Mention[]> {
  const names = (mentions: Mention[]) => mentions.map(({ what }) => what)
  const absent = await absentOn(machine, programs, { programs: names(wanted), paths: names(hostPaths) })
  const gone = new Set([...absent.programs, ...absent.paths])
  const known = named.length === 0 ? [] : await unitsOn(machine, programs)
  const template = (unit: string) => unit.replace(/@[^.]*\./, "@.")
  return [
    ...[...wanted, ...hostPaths].filter(({ what }) => gone.has(what)),
    ...named.filter(({ what }) => !known.includes(what) && !known.includes(template(what))),
  ]
}

async function unitsOn(machine: Machine, programs: string): Promise<string[]> {
  const { units: loaded, files } = await units(machine, programs)
  const ids = loaded.filter(({ loadState }) => loadState !== "not-found").map(({ id }) => id)
  return [...ids, ...files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1))]
}

/** The attributes that a dotted key may stand for: of the flake itself, or an option or value of the host. */
export const attributesOfKey = (key: string, host: string): string[] => [
  ...["options", "config"].map((part) => `nixosConfigurations.${host}.${part}.${key}`),
  key,
]

/** Keys that are no keys but names of machines and domains of the target. */
export function isKnownName(key: string, { domain, resolve, repos, parameters }: Target): boolean {
  const hosts = [...Object.keys(resolve), ...[repos.base.url, repos.secrets.url].map((url) => new URL(url).hostname)]
  const known = [domain, ...hosts, ...parameters.map(({ value }) => value)]
  return known.some((name) => key === name || key.endsWith(`.${name}`) || name.endsWith(`.${key}`))
}
