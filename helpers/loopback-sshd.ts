// For tests and benches: a real OpenSSH server on the loopback, with throwaway keys, on a free port.

import { type ChildProcess, spawn } from "node:child_process"
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { run } from "./run.ts"
import type { Target } from "./target.ts"

type Host = Target["host"]

export interface LoopbackServers {
  /** Holds the key pairs `host` and `user`, and the servers' configurations. */
  directory: string
  /** Makes another pair of keys. */
  makeKey(name: string, type?: "ed25519" | "rsa"): Promise<void>
  /** `TYPE BASE64` of a pair. */
  publicKey(name: string): Promise<string>
  /** Starts a server that knows the key `user`; `settings` are lines of sshd_config. */
  start(settings?: string[], hostKey?: string): Promise<LoopbackServer>
  /** Ends all servers and removes the directory. */
  stop(): Promise<void>
}

export interface LoopbackServer {
  /** As it stands in a target file. */
  host: Host
  /** What the server said so far, line by line; `LogLevel VERBOSE` names every login and session. */
  log(): string[]
}

/** Throws when this machine has no sshd. */
export async function loopbackServers(): Promise<LoopbackServers> {
  await access("/usr/sbin/sshd").catch(() => {
    throw new Error("/usr/sbin/sshd is missing: apt-get install openssh-server")
  })
  await mkdir("/run/sshd", { recursive: true }) // sshd's privilege separation directory
  const directory = await mkdtemp(join(tmpdir(), "sshd-"))
  const running: ChildProcess[] = []
  const makeKey = async (name: string, type: "ed25519" | "rsa" = "ed25519") => {
    const bits = type === "rsa" ? ["-b", "2048"] : []
    await run("ssh-keygen", ["-q", "-t", type, ...bits, "-N", "", "-C", "", "-f", join(directory, name)])
  }
  const publicKey = async (name: string) => (await readFile(join(directory, `${name}.pub`), "utf8")).trim()
  await Promise.all([makeKey("host"), makeKey("user")])

  return {
    directory,
    makeKey,
    publicKey,
    start: async (settings = [], hostKey = "host") => {
      const port = await freePort()
      const config = join(directory, `sshd_config.${port}`)
      const lines = [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${join(directory, hostKey)}`,
        `AuthorizedKeysFile ${join(directory, "user.pub")}`,
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        // bash reads ~/.bashrc for each command of an outermost ssh login: seconds each, on some machines.
        "SetEnv SHLVL=1",
        ...settings,
      ]
      await writeFile(config, `${lines.join("\n")}\n`)
      const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] })
      running.push(server)
      let log = ""
      await new Promise<void>((listening, reject) => {
        server.stderr.on("data", (chunk) => {
          log += chunk
          if (log.includes("Server listening")) listening()
        })
        server.once("exit", () => reject(new Error(`sshd ended: ${log}`)))
      })
      const host = {
        ...{ address: "127.0.0.1", port, user: userInfo().username, hostKey: await publicKey(hostKey) },
        ...{ identity: { file: join(directory, "user") }, programs: "/usr/bin" },
      }
      return { host, log: () => log.split(/\r?\n/) }
    },
    stop: async () => {
      for (const server of running) server.kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await new Promise((listening) => server.once("listening", listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
