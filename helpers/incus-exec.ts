// A program in an instance, run by Incus itself: over websockets, so that nothing it prints is kept on the server.
// Source: doc/dev/incusd/exec and cmd/incusd/instance_exec.go of Incus 6.0.

import { createHash } from "node:crypto"
import type { WebSocket } from "undici"
import { z } from "zod"
import { recordCommand } from "./commands.ts"
import { asked, type IncusConnection, IncusError, inProject } from "./incus-request.ts"

export interface ExecOptions {
  /** Written to its stdin, which then ends. Without it, there is nothing to read. */
  stdin?: string | Uint8Array
  timeoutMs?: number
  /** Output above this is an error, never a cut answer. In bytes, each of stdout and stderr. */
  maxBytes?: number
  /** Ends the program. */
  signal?: AbortSignal
}

export interface Executed {
  stdout: Buffer
  stderr: Buffer
  exitCode: number
}

const begun = z.object({ id: z.string(), metadata: z.object({ fds: z.record(z.string(), z.string()) }) })
const ended = z.object({
  status_code: z.number(),
  err: z.string().nullish(),
  metadata: z.object({ return: z.number().optional() }).nullish(),
})

/**
 * Runs a program as root in an instance, with an environment of Incus's own, and waits for it. Whatever it answers is an
 * answer; no answer, one over `maxBytes` and none in time throw {@link IncusError}. The program ends with the connection.
 */
export async function exec(
  connection: IncusConnection,
  instance: string,
  project: string,
  argv: string[],
  { stdin = "", timeoutMs = 60_000, maxBytes = 64 * 2 ** 20, signal }: ExecOptions = {},
): Promise<Executed> {
  const where = `${connection.where}, in ${instance}`
  const what = `${where}: ${argv.join(" ").replaceAll(/\s+/g, " ").slice(0, 200)}`
  const started = performance.now()
  const path = `/1.0/instances/${encodeURIComponent(instance)}/exec?${inProject(project)}`
  const request = { command: argv, "wait-for-websocket": true, interactive: false, environment: { LC_ALL: "C.UTF-8" } }
  const { metadata } = await connection.change("POST", path, request, 15_000)
  const { data } = begun.safeParse(metadata)
  if (data === undefined) throw new IncusError(`${what}: Incus named no websockets`)
  const pulse = heartbeat(connection, data.id)
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), pulse.lost, ...(signal === undefined ? [] : [signal])])
  const at = (fd: string) => `/1.0/operations/${data.id}/websocket?secret=${data.metadata.fds[fd]}`
  const control = connection.socket(at("control"))
  const sockets = [control]
  let executed: Executed | undefined
  try {
    // Closing the control connection is what kills the program. Incus starts it once the other three are there, and then
    // it may have ended before a fourth is.
    limit.addEventListener("abort", () => control.close(), { once: true })
    await opened(control, what, limit)
    const [input, out, err] = ["0", "1", "2"].map((fd) => connection.socket(at(fd), fd !== "0")) as Three
    sockets.push(input, out, err)
    const [stdout, stderr] = await Promise.all([
      drained(out, what, maxBytes, limit),
      drained(err, what, maxBytes, limit),
      fed(input, stdin, what, limit),
    ])
    const end = await asked(connection, `/1.0/operations/${data.id}/wait?timeout=30`, ended, 40_000)
    const exitCode = end.metadata?.return
    if (exitCode === undefined || exitCode < 0 || end.status_code !== 200)
      throw new IncusError(`${what}: no exit code (${end.err || `status ${end.status_code}`})`)
    executed = { stdout, stderr, exitCode }
    return executed
  } catch (cause) {
    if (signal?.aborted) throw new IncusError(`${what}: stopped`, null, cause)
    if (pulse.lost.aborted) throw new IncusError(`${what}: Incus does not answer any more`, null, cause)
    if (limit.aborted) throw new IncusError(`${what}: no end after ${timeoutMs} ms`, null, cause)
    throw cause
  } finally {
    pulse.end()
    for (const socket of sockets) socket.close()
    const output = createHash("sha256")
      .update(executed?.stdout ?? "")
      .update(executed?.stderr ?? "")
    recordCommand({
      where,
      argv,
      exit: executed?.exitCode ?? null,
      outputSha256: output.digest("hex"),
      milliseconds: Math.round(performance.now() - started),
    })
  }
}

/** A websocket of a lost connection only stays silent: whether Incus is still there is asked beside it. */
function heartbeat(connection: IncusConnection, operation: string): { lost: AbortSignal; end: () => void } {
  const lost = new AbortController()
  let missed = 0
  const timer = setInterval(async () => {
    const answered = await connection.get(`/1.0/operations/${operation}`, 8_000).then(
      () => true,
      // That it knows of no such operation any more is an answer.
      (error: unknown) => error instanceof IncusError && error.status !== null,
    )
    missed = answered ? 0 : missed + 1
    if (missed >= 3) lost.abort()
  }, 10_000)
  return { lost: lost.signal, end: () => clearInterval(timer) }
}

type Three = [WebSocket, WebSocket, WebSocket]

const opened = (socket: WebSocket, what: string, limit: AbortSignal) =>
  new Promise<void>((ready, reject) => {
    if (limit.aborted) return reject(new IncusError(`${what}: stopped`))
    limit.addEventListener("abort", () => reject(new IncusError(`${what}: stopped`)), { once: true })
    socket.addEventListener("open", () => ready())
    socket.addEventListener("error", () => reject(new IncusError(`${what}: the connection to it was lost`)))
    if (socket.readyState === 1) ready()
  })

/** Everything up to the empty text message with which Incus ends a stream; a connection that closes earlier lost some. */
const drained = (socket: WebSocket, what: string, maxBytes: number, limit: AbortSignal) =>
  new Promise<Buffer>((done, reject) => {
    const pieces: Buffer[] = []
    let bytes = 0
    const fail = (why: string) => reject(new IncusError(`${what}: ${why}`))
    socket.binaryType = "arraybuffer"
    limit.addEventListener("abort", () => fail("stopped"), { once: true })
    socket.addEventListener("error", () => fail("the connection to it was lost"))
    socket.addEventListener("close", () => fail("the connection to it closed before its output ended"))
    socket.addEventListener("message", ({ data }: { data: unknown }) => {
      if (typeof data === "string") return done(Buffer.concat(pieces))
      const piece = Buffer.from(data as ArrayBuffer)
      bytes += piece.length
      if (bytes > maxBytes) return fail("more output than allowed")
      pieces.push(piece)
    })
  })

async function fed(socket: WebSocket, stdin: string | Uint8Array, what: string, limit: AbortSignal): Promise<void> {
  await opened(socket, what, limit)
  const bytes = Buffer.from(stdin)
  for (let at = 0; at < bytes.length; at += 2 ** 15) socket.send(bytes.subarray(at, at + 2 ** 15))
  socket.send("")
}
