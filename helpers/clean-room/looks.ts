// What is looked at on the throwaway once it has come up: by the very helpers that look at the live host.

import { createConnection } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { certificateSha256, parseChain } from "../certificate.ts"
import { type Decrypted, decrypted } from "../decrypted.ts"
import type { Sharing } from "../evidence.ts"
import { compared, everyGreeting, greet } from "../greetings.ts"
import { newNonce } from "../hmac.ts"
import { hostClosure } from "../host-closure.ts"
import { liveFiles } from "../live-files.ts"
import { compareClosures } from "../nix-closure.ts"
import type { PathInfo } from "../nix-path-info.ts"
import { type LockedDocuments, leafInGit } from "../sealed-documents.ts"
import { theDisks } from "../search/facts.ts"
import { connect, type Ssh } from "../ssh.ts"
import { docker } from "../swarm.ts"
import { type SwarmSecrets, swarmSecrets } from "../swarm-secrets.ts"
import type { Target } from "../target.ts"
import type { Allowed } from "../target-clean-room.ts"

/** The throwaway in the place of the host. */
export type Twin = Target

/** The same target, but for where it is: nothing stands before the throwaway. */
export function twinOf(target: Target, address: string, hostKey: string): Twin {
  const origin = target.endpoints.find((one) => one.address === target.host.address)
  return {
    ...target,
    host: { ...target.host, address, hostKey },
    endpoints: [{ name: "throwaway", address, port: origin?.port ?? 443, refuses: origin?.refuses ?? [] }],
  }
}

/** What is shared about the host is about another machine here; what is about git is the same. */
export const twinSharing = ({ shared }: Sharing): Sharing => ({
  shared: (id, look) => shared(/host/.test(id) ? `${id} (the throwaway)` : id, look),
})

export interface Secrets {
  files: Decrypted
  swarm: SwarmSecrets
}

/** Every decrypted secret and template, and every swarm secret, beside git. */
export async function secretsOn(twin: Twin, locked: LockedDocuments): Promise<Secrets> {
  const nonce = newNonce()
  const ssh = await connect(twin.host)
  const leafOf = (leaf: string) => leafInGit(locked, twin.sops.file, leaf)
  return {
    files: await decrypted(ssh, twin.host.programs, nonce, locked),
    swarm: await swarmSecrets(ssh, twin, nonce, leafOf),
  }
}

export interface Served {
  /** SHA-256 of each DER of the chain in git. */
  chain: string[]
  /** `WHO: WHAT` of every greeting. */
  answers: { who: string; is: string }[]
}

/** What it answers to every greeting that the live endpoints are given. */
export async function servedBy(twin: Twin, locked: LockedDocuments): Promise<Served> {
  const leaf = leafInGit(locked, twin.sops.file, twin.certificate.certificateKey)
  if (leaf === undefined) throw new Error(`${twin.sops.file} has no leaf ${twin.certificate.certificateKey}`)
  const chain = parseChain(leaf.reveal(), twin.certificate.certificateKey).map(certificateSha256)
  for (const { address, port } of twin.endpoints) await listening(address, port)
  const answers = await greet(everyGreeting(twin))
  return { chain, answers: answers.map((answer) => compared(answer, chain)) }
}

/** A task that runs may not listen yet: waits for it, half a minute at most; what still refuses is asked, and says so. */
async function listening(address: string, port: number): Promise<void> {
  const until = Date.now() + 30_000
  const accepts = () =>
    new Promise<boolean>((answer) => {
      const socket = createConnection({ host: address, port, timeout: 2_000 })
      const end = (accepted: boolean) => {
        socket.destroy()
        answer(accepted)
      }
      socket.once("connect", () => end(true))
      for (const event of ["error", "timeout"]) socket.once(event, () => end(false))
    })
  while (!(await accepts()) && Date.now() < until) await sleep(100)
}

export interface Closures {
  systemPath: { host: string; throwaway: string }
  paths: { host: number; throwaway: number }
  /** One line each. */
  differences: string[]
}

const systemOf = async (ssh: Ssh, programs: string) => {
  const { stdout } = await ssh.run([`${programs}/readlink`, "-e", "/run/current-system"])
  return stdout.toString().trim()
}

/** The closure of the running system there and on the live host, path by path. */
export async function closuresOf(twin: Twin, host: Target["host"]): Promise<Closures> {
  const [there, live] = await Promise.all([connect(twin.host), connect(host)])
  const [systems, closures] = await Promise.all([
    Promise.all([systemOf(there, host.programs), systemOf(live, host.programs)]),
    Promise.all([hostClosure(there, host.programs), hostClosure(live, host.programs)]),
  ])
  const [built, running] = closures as [Map<string, PathInfo>, Map<string, PathInfo>]
  return {
    systemPath: { host: systems[1] ?? "", throwaway: systems[0] ?? "" },
    paths: { host: running.size, throwaway: built.size },
    differences: compareClosures(built, running).map(({ line }) => line),
  }
}

/** What lies on its disks, searched and classed as the host's are. */
export const disksOf = (sharing: Sharing, twin: Twin) => theDisks(twinSharing(sharing), twin)

/** What a switch or a restart could change, as data that compares. */
export interface MachineState {
  systemPath: string
  generations: string[]
  /** By unit: which of its runs this is. */
  invocations: Record<string, string>
  /** By service: the version of its specification. */
  services: Record<string, number>
  /** By service: its containers. */
  containers: Record<string, string[]>
  /** By path: HMAC of its bytes. */
  files: Record<string, string>
}

const generations = `
PROGRAMS/find /nix/var/nix/profiles -maxdepth 1 -name 'system*' -printf '%f %l\\n'
`.trim()

/** Looks at it; files are compared under the nonce. */
export async function stateOf(twin: Twin, { oneshots }: Allowed, nonce: Uint8Array): Promise<MachineState> {
  const { programs } = twin.host
  const ssh = await connect(twin.host)
  const names = oneshots.map(({ unit }) => unit)
  const show = await ssh.run([`${programs}/systemctl`, "show", "--property=InvocationID", "--value", ...names])
  const ids = show.stdout.toString().trim().split(/\n+/)
  if (ids.length !== names.length) throw new Error(`${ssh.where}: ${ids.length} invocations of ${names.length} units`)
  const listed = await ssh.run([`${programs}/sh`, "-euc", generations.replaceAll("PROGRAMS", programs)])
  const client = docker(ssh, programs)
  const services = await client.services()
  const running = []
  for (const { Spec } of services) running.push(await client.service(Spec.Name))
  const { live } = twin.certificate
  const paths = [live.certificate, live.privateKey, twin.secrets.bootstrapKey, "/etc/machine-id"]
  const files = await liveFiles(ssh, programs, nonce, paths)
  return {
    systemPath: await systemOf(ssh, programs),
    generations: listed.stdout.toString().trim().split("\n").sort(),
    invocations: Object.fromEntries(names.map((name, index) => [name, ids[index] ?? ""])),
    services: Object.fromEntries(services.map(({ Spec, Version }) => [Spec.Name, Version.Index])),
    containers: Object.fromEntries(
      running.map(({ service, running: tasks }) => [
        service.Spec.Name,
        tasks.map(({ container }) => container.Id).sort(),
      ]),
    ),
    files: Object.fromEntries(files.map(({ path, hmac }) => [path, hmac])),
  }
}

/** What is not the same, by the path of the property: `services.drone`. */
export function changedIn(before: MachineState, after: MachineState): string[] {
  const flat = (state: MachineState) =>
    new Map(
      Object.entries(state).flatMap(([key, value]) =>
        typeof value === "object" && !Array.isArray(value)
          ? Object.entries(value).map(([name, one]) => [`${key}.${name}`, JSON.stringify(one)] as const)
          : [[key, JSON.stringify(value)] as const],
      ),
    )
  const [was, is] = [flat(before), flat(after)]
  return [...new Set([...was.keys(), ...is.keys()])].filter((key) => was.get(key) !== is.get(key)).sort()
}
