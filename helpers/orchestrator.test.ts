// What O1 looks at, on this machine as it is and as it would be.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { proxyVariables, userspaceDaemons } from "./proxies.ts"
import { routeIn, sshRoutes } from "./ssh-route.ts"
import { tailnet, tailnetFacts, tailnetIn } from "./tailnet.ts"
import { installedUnit, proxyDependencies, unitFacts } from "./unit-file.ts"

let directory = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "orchestrator-test-"))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe("ssh", () => {
  const routes = async (config: string, ...names: string[]) => {
    const file = join(directory, "ssh_config")
    await writeFile(file, config)
    return sshRoutes(names, file)
  }

  test("goes straight where nothing leads it elsewhere", async () => {
    const config = "Host cc-ci\n  HostName 192.0.2.1\n  ProxyCommand none\n\nHost other\n  ProxyJump pi\n"
    expect(await routes(config, "cc-ci", "192.0.2.1")).toEqual([
      { name: "cc-ci", hostname: "192.0.2.1", detours: [] },
      { name: "192.0.2.1", hostname: "192.0.2.1", detours: [] },
    ])
  })

  test.each([
    ["Host cc-ci\n  ProxyCommand nc -x secret@localhost:1055 %h %p\n", "proxycommand nc"],
    ["ProxyJump pi\n", "proxyjump pi"],
    ["Match originalhost cc-ci\n  ProxyCommand nc %h %p\n", "proxycommand nc"],
    ["Host *\n  proxycommand=nc %h %p\n", "proxycommand nc"],
    ["Host cc-ci\n  DynamicForward 1055\n", "dynamicforward 1055"],
  ])("takes the detour of %j, of which only the program is told", async (config, detour) => {
    const [route] = await routes(`${config}\nHost cc-ci\n  HostName 192.0.2.1\n`, "cc-ci")
    // OpenSSH of some versions names the address as well.
    expect(route?.detours.map((one) => one.replace("[localhost]:", ""))).toEqual([detour])
  })

  test("that says no hostname was not understood", () => {
    expect(() => routeIn("port 22\n")).toThrow("ssh -G: it says no hostname")
  })
})

test("proxies are known by the names of their variables, and no value is told", () => {
  const environment = {
    HTTP_PROXY: "http://u:p@x",
    all_proxy: "socks5h://x",
    https_proxy: "",
    NO_PROXY: "*",
    MY_PROXY_ID: "1",
  }
  expect(proxyVariables(environment)).toEqual(["HTTP_PROXY", "all_proxy"])
  expect(proxyVariables({})).toEqual([])
})

describe("a tailscaled", () => {
  const running = async (...options: string[]) => {
    // A shell that waits takes any name and any options after its script.
    const args = ["-c", "read -r line", ...options]
    const daemon = spawn("sh", args, { argv0: "/usr/sbin/tailscaled", stdio: ["pipe", "ignore", "ignore"] })
    await once(daemon, "spawn")
    const { searched, userspace } = await userspaceDaemons()
    daemon.kill()
    return { searched, found: userspace.filter((line) => line.startsWith(`${daemon.pid} `)) }
  }

  test.each([
    [["--tun=userspace-networking"], "tailscaled --tun=userspace-networking"],
    [["--tun", "userspace-networking"], "tailscaled --tun userspace-networking"],
    [["--socks5-server=localhost:1055"], "tailscaled --socks5-server"],
  ])("with %j is a proxy", async (options, line) => {
    const { found } = await running(...options)
    expect(found.map((one) => one.replace(/^\d+ /, ""))).toEqual([line])
  })

  test("with a device of the kernel is none", async () => {
    const { searched, found } = await running("--tun=tailscale0")
    expect(searched).toBeGreaterThan(1)
    expect(found).toEqual([])
  })
})

describe("the tailnet", () => {
  const status = (more = {}) =>
    JSON.stringify({
      BackendState: "Running",
      TUN: true,
      Peer: {
        a: { HostName: "cc-nix-test", DNSName: "cc-ci.tail.ts.net.", TailscaleIPs: ["100.64.0.7"], Online: true },
        b: { HostName: "other", DNSName: "other.tail.ts.net.", TailscaleIPs: null },
      },
      ...more,
    })

  test.each(["cc-nix-test", "cc-ci", "cc-ci.tail.ts.net", "100.64.0.7"])("knows a peer as %s", (name) => {
    const peers = [{ name: "cc-nix-test", addresses: ["100.64.0.7"], online: true }]
    expect(tailnetIn(status(), name)).toEqual({ state: "Running", kernel: true, peers })
  })

  const answering = async (json: string) => {
    const program = join(directory, "tailscale")
    await writeFile(program, `#!/bin/sh\ncat <<'END'\n${json}\nEND\n`)
    await chmod(program, 0o755)
    return tailnet("cc-ci", directory)
  }

  test("is what the program of this machine says", async () => {
    expect(await answering(status({ BackendState: "Stopped", TUN: false }))).toMatchObject({
      state: "Stopped",
      kernel: false,
    })
    await expect(answering("{}")).rejects.toThrow("tailscale status --json")
  })

  test("is nothing on a machine without the program, which then is no peer", async () => {
    expect(await tailnet("cc-ci", "/nonexistent")).toBeUndefined()
  })

  test("that does not apply has no problems, and the reason is kept", async () => {
    const declared = { notApplicable: "one network" }
    expect(await tailnetFacts(declared)).toEqual({ seen: declared, problems: [] })
  })
})

describe("a unit", () => {
  test("is read as systemd reads it", () => {
    const text = `[Unit]
After=a.service b.service
After=
After=network.target \\
  c.service
#After=hidden.service
Requires=cc-ci-tailscaled.service
[Service]
User=notplants
User=loops
Group = loops
Environment=ALL_PROXY=socks5h://x
[Install]
WantedBy=multi-user.target
`
    expect(unitFacts(text)).toEqual({
      user: "loops",
      group: "loops",
      dependsOn: ["After=network.target", "After=c.service", "Requires=cc-ci-tailscaled.service"],
      proxies: ["Environment"],
    })
  })

  test.each<[string, string[]]>([
    ["Requires=cc-ci-tailscaled.service", ["Requires=cc-ci-tailscaled.service"]],
    ["After=socks-proxy.service", ["After=socks-proxy.service"]],
    ["Wants=tailscaled.service", []],
    ["After=network-online.target", []],
  ])("that has %s depends on the proxies %j", (line, proxies) => {
    expect(proxyDependencies(unitFacts(`[Unit]\n${line}\n`))).toEqual(proxies)
  })

  test("without a user runs as nobody said", () => {
    expect(unitFacts("[Service]\nExecStart=/x\n")).toMatchObject({ user: "", group: "" })
    expect(unitFacts("")).toEqual({ user: "", group: "", dependsOn: [], proxies: [] })
  })

  test("that systemd does not know is not there", async () => {
    const answer = await installedUnit("no-such-unit-anywhere.service").catch((cause: Error) => cause)
    // Where no systemd runs, nobody can be asked.
    expect(answer === undefined || /systemctl/.test(String(answer))).toBe(true)
  })
})
