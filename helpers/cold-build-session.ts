// A machine on which a cold build is under way: a directory of its own there, and scripts that work in it.

import { withoutCredentials } from "./flake-url.ts"
import type { Machine } from "./machine.ts"
import { builderScripts } from "./nix-builder.ts"

export interface ColdBuildRequest {
  /** The directory of the builder's programs, or their absolute paths. */
  programs: string | string[]
  baseUrl: string
  /** 40 hex digits. */
  baseRev: string
  /** Name of the host under `nixosConfigurations`. */
  attribute: string
  /** git-credential lines (`username=…`, `password=…`) for the origin of the secrets repo. */
  credential?: Buffer
  /** URL of the secrets repo; only its origin is given the credential. */
  secretsOrigin: string
  /** Addresses of names that the builder's resolver may not know. */
  resolve?: Record<string, string>
  /** Binary caches to fetch from, and the keys whose signature on a path counts. */
  substituters?: string[]
  publicKeys?: string[]
  /** Where on the builder the store goes. */
  directory?: string
  /** For nix eval and nix build, each: three hours by default, which lets both end within a patient check. */
  timeoutMs?: number
}

export interface Session {
  builder: Machine
  request: ColdBuildRequest
  directory: string
  flags: string[]
}

type Step = keyof typeof builderScripts

/** Throws where a request could mean something else on a command line. */
export function check({ baseRev, attribute, programs }: ColdBuildRequest): void {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(baseRev)) throw new Error(`${baseRev} is no commit`)
  if (!/^[A-Za-z_][A-Za-z0-9_'-]*$/.test(attribute)) throw new Error(`${attribute} is no attribute`)
  const strange = [programs].flat().find((path) => !path.startsWith("/") || path.includes(":"))
  if (strange !== undefined) throw new Error(`${strange} is no absolute path of programs`)
}

/** Makes the directory, with a clone in it; `remove` takes it away. */
export async function begun(
  builder: Machine,
  request: ColdBuildRequest,
): Promise<{ session: Session; nixVersion: string }> {
  const unprepared = { builder, request, directory: request.directory ?? "/var/tmp", flags: [] }
  const [directory = "", nixVersion = ""] = await prepared(unprepared)
  return { session: { builder, request, directory, flags: nixFlags(request, directory) }, nixVersion }
}

async function prepared(session: Session): Promise<string[]> {
  const { baseUrl, baseRev, secretsOrigin, resolve = {} } = session.request
  const urls = [baseUrl, secretsOrigin].map((url) => new URL(url))
  const addresses = Object.entries(resolve).flatMap(([name, address]) => {
    const ports = urls.flatMap(({ hostname, port }) => (hostname === name && port !== "" ? [port] : []))
    return [...new Set(["80", "443", ...ports])].map((port) => `${name}:${port}:${address}`)
  })
  return fieldsOf(await onBuilder(session, "prepare", [baseUrl, baseRev, ...addresses]))
}

/**
 * Never `--no-write-lock-file`: beside it nix only warns of a lock that would change, and builds from the changed one
 * (measured with 2.8.0 and 2.26.3). Without it, `--no-update-lock-file` is an error.
 */
function nixFlags({ substituters = [], publicKeys = [] }: ColdBuildRequest, directory: string): string[] {
  const settings: Record<string, string> = {
    "eval-cache": "false",
    "pure-eval": "true",
    "accept-flake-config": "false",
    builders: "",
    substituters: substituters.join(" "),
    "trusted-public-keys": publicKeys.join(" "),
    "require-sigs": "true",
    sandbox: "true",
    "sandbox-fallback": "false",
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ["--option", name, value])
  return ["--store", `${directory}/store`, "--no-update-lock-file", ...options]
}

export async function remove(session: Session): Promise<void> {
  await onBuilder(session, "remove", [])
}

/** Runs a script with the session's directory. The scripts are long, so an error names the step instead. */
export async function onBuilder(session: Session, step: Step, args: string[], stdin?: Uint8Array): Promise<Buffer> {
  const { builder, request, directory } = session
  const argv = [...shell(request), builderScripts[step], "sh", pathOf(request), directory, ...args]
  // nix has its own limit, twice; ours comes after it.
  const timeoutMs = 2 * Number(seconds(request)) * 1000 + 60_000
  const limits = { answers: Array.from({ length: 129 }, (_, code) => code), timeoutMs, maxBytes: 512 * 2 ** 20 }
  const ran = await builder.run(argv, { ...limits, ...(stdin === undefined ? {} : { stdin }) })
  if (ran.exitCode === 0) return ran.stdout
  const said = ran.stderr.trim().split("\n").map(withoutCredentials).join("\n")
  throw new Error(`${where(session)}: ${step}: exit ${ran.exitCode}\n${said}`)
}

export function storePath(session: Session, text: string): string {
  if (/^\/nix\/store\/[0-9a-z]{32}-[0-9A-Za-z+._?=-]+$/.test(text)) return text
  throw new Error(`${where(session)}: ${JSON.stringify(text)} is no store path`)
}

export function fieldsOf(stdout: Buffer): string[] {
  return stdout.toString().split("\0").slice(0, -1)
}

export const where = ({ builder, request }: Session) => `cold build of ${request.baseRev}, ${builder.where}`
export const seconds = ({ timeoutMs = 3 * 3_600_000 }: ColdBuildRequest) => String(Math.ceil(timeoutMs / 1000))
const directoriesOf = ({ programs }: ColdBuildRequest) =>
  typeof programs === "string" ? [programs] : [...new Set(programs.map((path) => path.slice(0, path.lastIndexOf("/"))))]
const pathOf = (request: ColdBuildRequest) => directoriesOf(request).join(":")
const shell = (request: ColdBuildRequest) => {
  const { programs } = request
  const sh = typeof programs === "string" ? `${programs}/sh` : programs.find((path) => path.endsWith("/sh"))
  if (sh === undefined) throw new Error("no sh among the programs")
  return [sh, "-c"]
}
