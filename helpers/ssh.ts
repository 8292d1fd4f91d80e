import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import ssh2, { type ConnectConfig } from "ssh2"
import { recordCommand } from "./commands.ts"
import { ChannelRefused, CommandFailure, execute } from "./ssh-command.ts"
import type { Target } from "./target.ts"
import { turnstile } from "./turnstile.ts"

type Host = Target["host"]

export interface SshOptions {
  /** Written to the program's stdin, the only way a secret reaches it. */
  stdin?: string | Uint8Array
  /** Exit codes that are answers; any other is an error. */
  answers?: number[]
  timeoutMs?: number
  /** Output above this is an error, never a cut answer. In bytes, stdout and stderr together. */
  maxBytes?: number
  /** Takes stdout as it comes, however long; the answer's stdout is then empty, and so is its digest. */
  consume?: (stdout: AsyncIterable<Buffer>) => Promise<void>
}

export interface SshRan {
  stdout: Buffer
  stderr: string
  exitCode: number
}

/** A logged-in host. */
export interface Ssh {
  /** As it stands in evidence: `ssh root@10.0.0.2`. */
  where: string
  /** Runs a program, named by absolute path, and waits for it; anything but an answer is an {@link SshError}. */
  run(argv: string[], options?: SshOptions): Promise<SshRan>
  close(): void
}

/** The host did not answer: no connection, no login, no channel, or no whole answer of a command. */
export class SshError extends Error {
  override name = "SshError"
}

/** Whoever answers at the host's address does not have the pinned host key. */
export class HostKeyMismatch extends Error {
  override name = "HostKeyMismatch"
}

/** The fingerprint of a public key (`TYPE BASE64`, or its bytes) as OpenSSH prints it: `SHA256:…`. */
export function fingerprint(key: string | Buffer): string {
  const blob = typeof key === "string" ? Buffer.from(key.split(" ")[1] ?? "", "base64") : key
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`
}

const connections = new Map<string, Promise<Ssh>>()

/**
 * Logs in to the host, directly. There is one connection per host and worker: a second caller gets the first one's, until
 * it ends. Throws {@link HostKeyMismatch} if the host key is not the pinned one, before anything of ours is sent.
 */
export function connect(host: Host): Promise<Ssh> {
  const id = JSON.stringify([host.user, host.address, host.port, host.hostKey, host.identity])
  const known = connections.get(id)
  if (known !== undefined) return known
  const forget = () => {
    if (connections.get(id) === opened) connections.delete(id)
  }
  const opened = open(host, forget)
  connections.set(id, opened)
  opened.catch(forget)
  return opened
}

async function open(host: Host, forget: () => void): Promise<Ssh> {
  const where = `ssh ${host.user}@${host.address}${host.port === 22 ? "" : `:${host.port}`}`
  const client = await login(host, where)
  // OpenSSH refuses the 11th session of a connection (MaxSessions 10); two stay free for one that is about to end.
  const turn = turnstile(8)

  // sshd counts a session until it has reaped its program, which on a busy host is later than the channel's end: what it
  // refuses soon after one ended, it is asked for again.
  let lastEnd = Number.NEGATIVE_INFINITY
  const admitted = async (run: () => Promise<SshRan>): Promise<SshRan> => {
    try {
      const ran = await run()
      lastEnd = performance.now()
      return ran
    } catch (cause) {
      if (!(cause instanceof ChannelRefused) || performance.now() - lastEnd > 5_000) throw cause
    }
    await sleep(100)
    return admitted(run)
  }

  let lost: Error | undefined
  const victims = new Set<(cause: Error) => void>()
  const lose = (cause: Error) => {
    lost ??= cause
    forget()
    for (const victim of victims) victim(lost)
  }
  client.on("error", lose)
  client.on("end", () => lose(new Error("connection lost: the host ended it")))
  client.on("close", () => lose(new Error("connection lost: it closed")))

  return {
    where,
    close: () => {
      lose(new Error("connection closed here"))
      client.end()
    },
    run: (argv, options = {}) => {
      const command = argv.map(quoted).join(" ")
      if (!argv[0]?.startsWith("/")) throw new SshError(`${where}: no program by absolute path: ${command}`)
      if (argv.some((argument) => argument.includes("\0"))) throw new SshError(`${where}: NUL byte in ${command}`)
      return turn(() =>
        answer(`${where}: ${command}`, where, argv, options, () => {
          if (lost !== undefined) throw lost
          // sshd kills nothing when a channel or connection ends, and signals no process of root: `timeout` leaves nothing
          // behind on the host. `exec` makes the login shell give way, so that a signal is not reported as exit 128 + n.
          const seconds = Math.ceil((options.timeoutMs ?? 60_000) / 1000)
          const line = `exec ${quoted(`${host.programs}/timeout`)} -s KILL ${seconds} ${command}`
          return admitted(() => execute(client, line, options, victims))
        }),
      )
    },
  }
}

async function answer(
  what: string,
  where: string,
  argv: string[],
  { answers = [0] }: SshOptions,
  run: () => Promise<SshRan>,
): Promise<SshRan> {
  const started = performance.now()
  const record = (exit: number | null, output: Buffer, errors: string) =>
    recordCommand({
      where,
      argv,
      exit,
      outputSha256: createHash("sha256").update(output).update(errors).digest("hex"),
      milliseconds: Math.round(performance.now() - started),
    })
  let ran: SshRan
  try {
    ran = await run()
  } catch (cause) {
    const stderr = cause instanceof CommandFailure ? cause.stderr : ""
    record(null, Buffer.alloc(0), stderr)
    throw new SshError(withStderr(`${what}: ${(cause as Error).message}`, stderr), { cause })
  }
  record(ran.exitCode, ran.stdout, ran.stderr)
  if (!answers.includes(ran.exitCode)) throw new SshError(withStderr(`${what}: exit ${ran.exitCode}`, ran.stderr))
  return ran
}

const withStderr = (message: string, stderr: string) =>
  stderr.trim() === "" ? message : `${message}\n${stderr.trim()}`

/** Quotes an argument for a POSIX shell: everything is literal within single quotes, and one is written `'\''`. */
const quoted = (argument: string) =>
  /^[A-Za-z0-9_/.:=@%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`

async function login(host: Host, where: string): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  const started = performance.now()
  const pinned = Buffer.from(host.hostKey.split(" ")[1] ?? "", "base64")
  let mismatch: HostKeyMismatch | undefined
  const refuse = (got: string) => {
    const message = `${where}: host key is not the pinned one, refused: do not continue`
    mismatch = new HostKeyMismatch(`${message} (expected ${fingerprint(pinned)}, got ${got})`)
    return false
  }
  try {
    const identity = await identityOf(host)
    await new Promise<void>((ready, reject) => {
      client.once("ready", ready)
      client.on("error", reject)
      client.once("close", () => reject(new Error("connection closed before login")))
      client.connect({
        ...identity,
        host: host.address,
        port: host.port,
        username: host.user,
        algorithms: { serverHostKey: signaturesOf(host.hostKey) },
        hostVerifier: (key: Buffer) => key.equals(pinned) || refuse(fingerprint(key)),
        readyTimeout: 15_000,
        keepaliveInterval: 5_000,
        keepaliveCountMax: 3,
      })
    })
    return client
  } catch (error) {
    client.destroy()
    const cause = error as Error
    if (/no matching host key format/.test(cause.message)) refuse(`no ${host.hostKey.split(" ")[0]} key`)
    throw mismatch ?? new SshError(`${where}: no login: ${cause.message}`, { cause })
  } finally {
    recordCommand({
      where,
      argv: ["connect"],
      exit: null,
      outputSha256: createHash("sha256").digest("hex"),
      milliseconds: Math.round(performance.now() - started),
    })
  }
}

async function identityOf({ identity }: Host): Promise<Pick<ConnectConfig, "agent" | "privateKey">> {
  if ("file" in identity) return { privateKey: await readFile(identity.file) }
  const agent = process.env.SSH_AUTH_SOCK
  if (agent === undefined || agent === "") throw new Error("no agent: SSH_AUTH_SOCK is not set")
  return { agent }
}

/** Only the pinned key's own algorithm is offered, so that the host cannot answer with another of its keys. */
function signaturesOf(hostKey: string): ssh2.ServerHostKeyAlgorithm[] {
  const type = hostKey.split(" ")[0] as ssh2.ServerHostKeyAlgorithm
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
}
