// Proxies that this machine would use: by environment variables, and by a tailscaled that runs in userspace.

import { readdir, readFile } from "node:fs/promises"

/** Names of the variables, in any case, that send programs through a proxy. `NO_PROXY` alone sends nothing anywhere. */
export function proxyVariables(environment: NodeJS.ProcessEnv): string[] {
  const proxy =
    /^(?:(?:http|https|all|ftp|socks|socks5|rsync|ws|wss)_proxy|npm_config_(?:https_?)?proxy|git_proxy_command|ssh_proxy\w*)$/i
  return Object.entries(environment)
    .filter(([name, value]) => proxy.test(name) && value !== undefined && value !== "")
    .map(([name]) => name)
    .sort()
}

export interface Daemons {
  /** Processes whose command line could be read. */
  searched: number
  /** `PID PROGRAM OPTION` of each tailscaled that is a proxy and no network device. */
  userspace: string[]
}

/** Every process of this machine that is a tailscaled in userspace. */
export async function userspaceDaemons(proc = "/proc"): Promise<Daemons> {
  const found: Daemons = { searched: 0, userspace: [] }
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`${proc}/${pid}/cmdline`, "utf8").catch((cause: NodeJS.ErrnoException) => {
      // It ended while we looked.
      if (cause.code === "ENOENT" || cause.code === "ESRCH") return ""
      throw cause
    })
    const [program = "", ...args] = line.split("\0")
    if (program === "") continue
    found.searched++
    if (!/(?:^|\/)tailscaled$/.test(program)) continue
    const option = args.find((arg) =>
      /^--?(?:tun=userspace-networking|socks5-server|outbound-http-proxy-listen)/.test(arg),
    )
    const apart = args.findIndex((arg) => /^--?tun$/.test(arg)) + 1
    const two = apart > 0 && args[apart] === "userspace-networking" ? "--tun userspace-networking" : undefined
    const why = option?.split("=")[0] === "--tun" ? "--tun=userspace-networking" : (option?.split("=")[0] ?? two)
    if (why !== undefined) found.userspace.push(`${pid} tailscaled ${why}`)
  }
  return found
}
