// Against a real OpenSSH server on the loopback, started and stopped here.

import { spawn } from "node:child_process"
import { access } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { freePort, type LoopbackServers, loopbackServers } from "./loopback-sshd.ts"
import { run } from "./run.ts"
import { connect, fingerprint, HostKeyMismatch, type Ssh, SshError } from "./ssh.ts"
import type { Target } from "./target.ts"

type Host = Target["host"]

let servers: LoopbackServers
let directory = ""

beforeAll(async () => {
  servers = await loopbackServers()
  directory = servers.directory
  await Promise.all(["otherhost", "otheruser"].map((name) => servers.makeKey(name)))
  await servers.makeKey("rsahost", "rsa")
})
const open: Ssh[] = []
afterEach(() => {
  for (const ssh of open.splice(0)) ssh.close()
})
afterAll(() => servers.stop())

const publicKey = (name: string) => servers.publicKey(name)
const sshd = async (settings?: string[], hostKey?: string): Promise<Host> =>
  (await servers.start(settings, hostKey)).host

const on = async (host: Host): Promise<Ssh> => {
  const ssh = await connect(host)
  open.push(ssh)
  return ssh
}
const failure = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error("nothing failed")
}

describe("a command", () => {
  let host: Host
  beforeAll(async () => {
    host = await sshd()
  })

  test("answers with its output, its errors and exit 0", async () => {
    const ssh = await on(host)
    const ran = await ssh.run(["/bin/sh", "-c", "echo out; echo err >&2"])
    expect(ran).toEqual({ stdout: Buffer.from("out\n"), stderr: "err\n", exitCode: 0 })
    expect(ssh.where).toBe(`ssh ${host.user}@127.0.0.1:${host.port}`)
  })

  test("gets its arguments as they are", async () => {
    const words = [
      "",
      " ",
      "it's",
      '"',
      "a\nb",
      "$HOME `id` $(id)",
      "\\",
      "*",
      "~",
      "ü→😀",
      "a;b|c&d>e",
      "!!",
      "-n",
      "#",
      "'\\''",
    ]
    const { stdout } = await (await on(host)).run(["/usr/bin/printf", "%s\\0", ...words])
    expect(stdout.toString().split("\0").slice(0, -1)).toEqual(words)
  })

  test("gets stdin, byte by byte, and gives binary output back", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) % 256))
    const { stdout } = await (await on(host)).run(["/bin/cat"], { stdin: bytes })
    expect(stdout.equals(bytes)).toBe(true)
  })

  test("without stdin sees its end at once", async () => {
    expect((await (await on(host)).run(["/bin/cat"])).stdout).toHaveLength(0)
  })

  test("may end without reading its stdin", async () => {
    const ran = await (await on(host)).run(["/bin/true"], { stdin: Buffer.alloc(8 * 1024 * 1024), timeoutMs: 10_000 })
    expect(ran.exitCode).toBe(0)
  })

  test("gives an exit code only where it is an answer", async () => {
    const ssh = await on(host)
    const argv = ["/bin/sh", "-c", "echo why >&2; exit 3"]
    expect(await ssh.run(argv, { answers: [0, 3] })).toMatchObject({ exitCode: 3, stderr: "why\n" })
    const error = await failure(ssh.run(argv))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toBe(`${ssh.where}: /bin/sh -c 'echo why >&2; exit 3': exit 3\nwhy`)
  })

  test("that is missing is exit 127", async () => {
    await expect((await on(host)).run(["/bin/no-such-program"])).rejects.toThrow("exit 127")
  })

  test("is named by absolute path", async () => {
    const ssh = await on(host)
    expect(() => ssh.run(["id"])).toThrow("no program by absolute path: id")
    expect(() => ssh.run(["/bin/echo", "a\0b"])).toThrow("NUL byte")
  })

  test("killed by a signal is an error", async () => {
    const error = await failure((await on(host)).run(["/bin/sh", "-c", "echo last >&2; kill -9 $$"]))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toMatch(/: killed by SIGKILL\nlast$/)
  })

  test("without an end is an error after its time, and dies", async () => {
    const seconds = `${1_000_000 + process.pid}`
    const ssh = await on(host)
    const error = await failure(ssh.run(["/bin/sleep", seconds], { timeoutMs: 300 }))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toMatch(/: no end after 300 ms$/)
    await sleep(1_000)
    expect((await run("pgrep", ["-fx", `/bin/sleep ${seconds}`], { answers: [0, 1] })).stdout).toBe("")
  })

  test("with more output than allowed is an error, up to the limit an answer", async () => {
    const ssh = await on(host)
    const head = (bytes: number) => ssh.run(["/usr/bin/head", "-c", `${bytes}`, "/dev/zero"], { maxBytes: 100_000 })
    expect((await head(100_000)).stdout).toHaveLength(100_000)
    const error = await failure(head(100_001))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toMatch(/more output than allowed \(100000 bytes\)$/)
    await expect(ssh.run(["/usr/bin/yes"], { maxBytes: 100_000 })).rejects.toThrow("more output than allowed")
    expect((await ssh.run(["/bin/echo", "still here"])).stdout.toString()).toBe("still here\n")
  })

  test("may have its output consumed as it comes, at the consumer's pace", async () => {
    const ssh = await on(host)
    let bytes = 0
    const consume = async (stdout: AsyncIterable<Buffer>) => {
      for await (const chunk of stdout) bytes += chunk.length
    }
    const ran = await ssh.run(["/usr/bin/head", "-c", "100000000", "/dev/zero"], { consume, maxBytes: 1 })
    expect([bytes, ran.stdout.length, ran.exitCode]).toEqual([100_000_000, 0, 0])
  })

  test("whose consumer gives up is an error, and ends", async () => {
    const ssh = await on(host)
    const consume = async (stdout: AsyncIterable<Buffer>) => {
      for await (const chunk of stdout) throw new Error(`no use for ${chunk.length > 0 ? "this" : "nothing"}`)
    }
    await expect(ssh.run(["/usr/bin/yes"], { consume })).rejects.toThrow("no use for this")
  })

  test("that ends badly is an error, however much of it was consumed", async () => {
    const ssh = await on(host)
    const consume = async (stdout: AsyncIterable<Buffer>) => {
      for await (const _ of stdout);
    }
    await expect(ssh.run(["/bin/sh", "-c", "echo some; exit 3"], { consume })).rejects.toThrow("exit 3")
    await expect(ssh.run(["/bin/sh", "-c", "echo some; kill -9 $$"], { consume })).rejects.toThrow("killed by")
  })

  test("is cut off with the connection, at once", async () => {
    const ssh = await on(host)
    const started = performance.now()
    const kill = "echo partial; kill -9 $(cat /proc/$PPID/stat | cut -d' ' -f4); sleep 30"
    const error = await failure(ssh.run(["/bin/sh", "-c", kill], { answers: [0, 137], timeoutMs: 20_000 }))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toMatch(/connection lost|ECONNRESET/)
    expect(performance.now() - started).toBeLessThan(5_000)
    await expect(ssh.run(["/bin/true"])).rejects.toThrow(/connection lost|ECONNRESET/)
    expect((await (await on(host)).run(["/bin/echo", "anew"])).stdout.toString()).toBe("anew\n")
  })
})

describe("a connection", () => {
  test("is one per host, and carries many commands at once within MaxSessions 10", async () => {
    const host = await sshd(["MaxSessions 10"])
    const connections = await Promise.all([on(host), on({ ...host })])
    expect(connections[0]).toBe(connections[1])
    const ssh = await on(host)
    const numbers = Array.from({ length: 60 }, (_, index) => `${index}`)
    const ran = await Promise.all(
      numbers.map((n) => ssh.run(["/bin/sh", "-c", `sleep 0.05; echo ${n}; exit 7`], { answers: [7] })),
    )
    expect(ran.map(({ stdout }) => stdout.toString().trim())).toEqual(numbers)
  })

  test("that refuses a channel is an error of that command alone", async () => {
    const ssh = await on(await sshd(["MaxSessions 1"]))
    const ends = await Promise.allSettled([1, 2].map(() => ssh.run(["/bin/sleep", "0.5"])))
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected"])
    const { reason } = ends[1] as PromiseRejectedResult
    expect(reason).toBeInstanceOf(SshError)
    expect(reason.message).toMatch(/sleep 0\.5: no channel: .*open failed/i)
  })

  test("to a host with another key is refused before login", async () => {
    const host = await sshd()
    const other = await publicKey("otherhost")
    const error = await failure(connect({ ...host, hostKey: other }))
    expect(error).toBeInstanceOf(HostKeyMismatch)
    expect(error.message).toContain("refused: do not continue")
    expect(error.message).toContain(`expected ${fingerprint(other)}, got ${fingerprint(host.hostKey)}`)
  })

  test("to a host with only a key of another type is refused", async () => {
    const host = await sshd([], "rsahost")
    expect((await (await on(host)).run(["/bin/echo", "rsa"])).stdout.toString()).toBe("rsa\n")
    const error = await failure(connect({ ...host, hostKey: await publicKey("host") }))
    expect(error).toBeInstanceOf(HostKeyMismatch)
    expect(error.message).toContain("got no ssh-ed25519 key")
  })

  test("asks a host with several keys for the pinned one", async () => {
    const host = await sshd([`HostKey ${join(directory, "host")}`], "rsahost")
    expect((await (await on(host)).run(["/bin/true"])).exitCode).toBe(0)
    expect((await (await on({ ...host, hostKey: await publicKey("host") })).run(["/bin/true"])).exitCode).toBe(0)
  })

  test("with a key the host does not know is no login", async () => {
    const error = await failure(connect({ ...(await sshd()), identity: { file: join(directory, "otheruser") } }))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toMatch(/no login: All configured authentication methods failed/)
  })

  test("logs in with the agent at $SSH_AUTH_SOCK", async () => {
    const host = { ...(await sshd()), identity: { agent: true as const } }
    const before = process.env.SSH_AUTH_SOCK
    delete process.env.SSH_AUTH_SOCK
    await expect(connect(host)).rejects.toThrow("SSH_AUTH_SOCK is not set")
    const socket = join(directory, "agent")
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" })
    try {
      while (
        !(await access(socket).then(
          () => true,
          () => false,
        ))
      )
        await sleep(20)
      await run("ssh-add", ["-q", join(directory, "user")], { env: { SSH_AUTH_SOCK: socket } })
      process.env.SSH_AUTH_SOCK = socket
      expect((await (await on(host)).run(["/bin/true"])).exitCode).toBe(0)
    } finally {
      agent.kill()
      if (before === undefined) delete process.env.SSH_AUTH_SOCK
      else process.env.SSH_AUTH_SOCK = before
    }
  })

  test("to nobody is an error", async () => {
    const error = await failure(connect({ ...(await sshd()), port: await freePort() }))
    expect(error).toBeInstanceOf(SshError)
    expect(error.message).toMatch(/no login: .*ECONNREFUSED/)
  })
})

test("a fingerprint is what ssh-keygen prints", async () => {
  const { stdout } = await run("ssh-keygen", ["-l", "-f", join(directory, "host.pub")])
  expect(fingerprint(await publicKey("host"))).toBe(stdout.split(" ")[1])
})
