import type { Client, ClientChannel } from "ssh2"
import type { SshOptions, SshRan } from "./ssh.ts"

/** Why a command gave no whole answer, with what it had written to stderr by then. */
export class CommandFailure extends Error {
  stderr: string
  constructor(message: string, stderr: string, cause?: Error) {
    super(message, cause === undefined ? undefined : { cause })
    this.stderr = stderr
  }
}

/** The host refused another channel; nothing was run. */
export class ChannelRefused extends CommandFailure {}

/**
 * Runs one command line over its own channel. Every exit code is an answer here; a refused channel, a signal, a missing
 * exit status, too much output, the time limit and a lost connection are a {@link CommandFailure}.
 *
 * @param victims whom the caller tells, with the cause, that the connection is lost
 */
export function execute(
  client: Client,
  line: string,
  { stdin, timeoutMs = 60_000, maxBytes = 64 * 1024 * 1024, consume }: SshOptions,
  victims: Set<(cause: Error) => void>,
): Promise<SshRan> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let channel: ClientChannel | undefined
    let settled = false

    const settle = () => {
      settled = true
      clearTimeout(deadline)
      victims.delete(lost)
    }
    const fail = (message: string, cause?: Error, Failure = CommandFailure) => {
      if (settled) return
      settle()
      channel?.close()
      reject(new Failure(message, Buffer.concat(stderr).toString(), cause))
    }
    const lost = (cause: Error) => fail(cause.message, cause)
    const deadline = setTimeout(() => fail(`no end after ${timeoutMs} ms`), timeoutMs)
    victims.add(lost)

    client.exec(line, (error, opened) => {
      if (error) return fail(`no channel: ${error.message}`, error, ChannelRefused)
      channel = opened
      if (settled) return opened.close()

      let bytes = 0
      const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) return fail(`more output than allowed (${maxBytes} bytes)`)
        chunks.push(chunk)
      }
      let exit: { code: number | null; signal?: string } | undefined
      // What consumes the output decides its pace: it is never all here at once.
      const consumed = consume?.(opened).catch((cause: Error) => fail(cause.message, cause))
      if (consumed === undefined) opened.on("data", keep(stdout))
      opened.stderr.on("data", keep(stderr))
      opened.on("error", (cause: Error) => fail(cause.message, cause))
      opened.on("exit", (code: number | null, signal?: string) => {
        exit = signal === undefined ? { code } : { code, signal }
      })

      // Both streams must have ended: the exit status may overtake the last output.
      const ended = Promise.all([closed(opened), closed(opened.stderr), consumed])
      void ended.then(() => {
        if (exit === undefined) return fail("channel closed without an exit status")
        if (exit.code === null) return fail(`killed by ${exit.signal ?? "an unnamed signal"}`)
        if (settled) return
        settle()
        resolve({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString(), exitCode: exit.code })
      })
      opened.end(stdin)
    })
  })
}

const closed = (stream: NodeJS.EventEmitter) => new Promise<void>((done) => stream.once("close", () => done()))
