// How ssh of this machine would go to a host: its effective configuration, and the address the host sees us come from.

import { networkInterfaces } from "node:os"
import { run } from "./run.ts"
import type { Ssh } from "./ssh.ts"

/** Settings that lead ssh another way than straight to the host. */
export interface SshRoute {
  name: string
  /** What ssh connects to. */
  hostname: string
  /** `proxycommand …`, `proxyjump …` and the like, without what they are given; empty when it goes straight. */
  detours: string[]
}

/** What `ssh -G` says of each name; nothing is connected to. */
export async function sshRoutes(names: string[], config?: string): Promise<SshRoute[]> {
  const routes: SshRoute[] = []
  for (const name of names) {
    const argv = ["-G", ...(config === undefined ? [] : ["-F", config]), "--", name]
    routes.push({ name, ...routeIn((await run("ssh", argv)).stdout) })
  }
  return routes
}

/** The same from the output of `ssh -G`. */
export function routeIn(output: string): Omit<SshRoute, "name"> {
  const settings = output.split("\n").map((line) => /^(\S+) (.*)$/.exec(line)?.slice(1) ?? [])
  const hostname = settings.find(([key]) => key === "hostname")?.[1]
  if (hostname === undefined) throw new Error("ssh -G: it says no hostname")
  const detour = /^(?:proxycommand|proxyjump|proxyusefdpass|dynamicforward)$/
  // A command may hold a password; its first word is enough to find it.
  const detours = settings.filter(([key = "", value]) => detour.test(key) && value !== "none" && value !== "no")
  return { hostname, detours: detours.map(([key, value = ""]) => `${key} ${value.split(/\s/)[0]}`) }
}

/** The address that the host's sshd sees this connection come from, and this machine's own. */
export async function seenFrom(ssh: Ssh, programs: string): Promise<{ seen: string; own: string[] }> {
  const { stdout } = await ssh.run([`${programs}/sh`, "-euc", 'echo "$SSH_CONNECTION"'])
  const [seen = ""] = stdout.toString().trim().split(" ")
  if (seen === "") throw new Error(`${ssh.where}: sshd does not say where the connection comes from`)
  const own = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
  return { seen: seen.replace(/^::ffff:/, "").replace(/%.*$/, ""), own: [...new Set(own)].sort() }
}
