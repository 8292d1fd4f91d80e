// The tailnet as this machine's own tailscaled tells it.

import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { z } from "zod"
import { run } from "./run.ts"

export interface Tailnet {
  /** `Running` when this machine is in it. */
  state: string
  /** Whether packets go through a network device of the kernel, and not through a proxy in userspace. */
  kernel: boolean
  /** The peers of that name or address. */
  peers: { name: string; addresses: string[]; online: boolean }[]
}

const peer = z.object({
  HostName: z.string(),
  DNSName: z.string().default(""),
  TailscaleIPs: z.array(z.string()).nullish(),
  Online: z.boolean().default(false),
})
const status = z.object({
  BackendState: z.string(),
  TUN: z.boolean(),
  Peer: z.record(z.string(), peer).nullish(),
})

/** What `tailscale status --json` says; nothing when this machine has no tailscale. Throws when it gives no answer. */
export async function tailnet(name: string, path = process.env.PATH ?? ""): Promise<Tailnet | undefined> {
  const program = path
    .split(delimiter)
    .map((directory) => join(directory, "tailscale"))
    .find((file) => existsSync(file))
  if (program === undefined) return undefined
  const { stdout } = await run(program, ["status", "--json"], { timeoutMs: 15_000 })
  return tailnetIn(stdout, name)
}

/** The same from its output. */
export function tailnetIn(json: string, name: string): Tailnet {
  const answer = status.safeParse(JSON.parse(json))
  if (answer.error) throw new Error(`tailscale status --json: ${z.prettifyError(answer.error)}`)
  const { BackendState, TUN, Peer } = answer.data
  const peers = Object.values(Peer ?? {}).map(({ HostName, DNSName, TailscaleIPs, Online }) => {
    return { name: HostName, domain: DNSName.replace(/\.$/, ""), addresses: TailscaleIPs ?? [], online: Online }
  })
  const named = peers.filter(
    (one) => [one.name, one.domain, one.domain.split(".")[0]].includes(name) || one.addresses.includes(name),
  )
  return {
    state: BackendState,
    kernel: TUN,
    peers: named.map(({ name, addresses, online }) => ({ name, addresses, online })),
  }
}

export interface TailnetFacts {
  /** What was looked at, or why nothing was. */
  seen: Tailnet | { notApplicable: string } | "no tailscale on this machine"
  /** Why this machine is no direct peer of the host. */
  problems: string[]
}

/** The tailnet as the target file declares it. */
export async function tailnetFacts(declared: { peer: string } | { notApplicable: string }): Promise<TailnetFacts> {
  if ("notApplicable" in declared) return { seen: declared, problems: [] }
  const seen = await tailnet(declared.peer)
  if (seen === undefined) return { seen: "no tailscale on this machine", problems: ["no tailscale on this machine"] }
  const problems = [
    ...(seen.state === "Running" ? [] : [`this machine is not in it: ${seen.state}`]),
    ...(seen.kernel ? [] : ["tailscaled runs in userspace"]),
    ...(seen.peers.length === 1 ? [] : [`${seen.peers.length} peers are ${declared.peer}`]),
    ...seen.peers.filter(({ online }) => !online).map(({ name }) => `${name} is not online`),
  ]
  return { seen, problems }
}
