import { createHash } from "node:crypto"
import { execa } from "execa"
import { recordCommand } from "./commands.ts"

export interface RunOptions {
  cwd?: string
  /** Written to the program's stdin, the only way a secret reaches it. */
  input?: string | Uint8Array
  /** Added to the environment; undefined takes a variable out of it. */
  env?: Record<string, string | undefined>
  /** Exit codes that are answers; any other is an error. */
  answers?: number[]
  timeoutMs?: number
  /** Output above this is an error, never a cut answer. In bytes. */
  maxBytes?: number
  /** Takes stdout as it comes, however long; the answer's stdout is then empty, and so is its digest. */
  consume?: (stdout: AsyncIterable<Buffer>) => Promise<void>
}

export interface Ran {
  stdout: string
  stderr: string
  exitCode: number
}

/** What a program answered, byte by byte. */
export interface RanBytes {
  stdout: Buffer
  stderr: string
  exitCode: number
}

/** Environment variables that hold a secret: no program is started with them. */
export const withheld = new Set<string>()

/**
 * Runs a program on this machine without a shell and waits for it. Exit codes other than `answers`, signals, timeouts,
 * output over `maxBytes` and a missing program throw, with the program, what came back and stderr.
 */
export async function run(file: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  const ran = await runBytes(file, args, options)
  return { ...ran, stdout: ran.stdout.toString() }
}

/** As {@link run}, for output that is not text. */
export async function runBytes(file: string, args: string[], options: RunOptions = {}): Promise<RanBytes> {
  const { answers = [0], timeoutMs = 60_000, maxBytes = 64 * 1024 * 1024, consume } = options
  const started = performance.now()
  const child = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    env: { ...options.env, ...Object.fromEntries([...withheld].map((name) => [name, undefined])), LC_ALL: "C" },
    encoding: "buffer",
    timeout: timeoutMs,
    maxBuffer: maxBytes,
    stripFinalNewline: false,
    reject: false,
    buffer: { stdout: consume === undefined },
  })
  let broken: Error | undefined
  const consumed = consume?.(child.stdout as AsyncIterable<Buffer>).catch((cause: Error) => {
    broken = cause
    child.kill()
  })
  const [result] = await Promise.all([child, consumed])
  const stdout = Buffer.from(result.stdout ?? [])
  const stderr = Buffer.from(result.stderr ?? []).toString()
  recordCommand({
    where: "here",
    argv: [file, ...args],
    exit: result.exitCode ?? null,
    outputSha256: createHash("sha256").update(stdout).update(stderr).digest("hex"),
    milliseconds: Math.round(performance.now() - started),
  })
  if (broken !== undefined) throw broken
  if (result.exitCode !== undefined && answers.includes(result.exitCode) && !result.isMaxBuffer) {
    return { stdout, stderr, exitCode: result.exitCode }
  }
  throw new Error(
    `${[file, ...args].join(" ")}: ${ending(result)}${stderr.trim() === "" ? "" : `\n${stderr.trim()}`}`,
    {
      cause: result.cause,
    },
  )
}

function ending(result: {
  timedOut: boolean
  isMaxBuffer: boolean
  exitCode?: number | undefined
  signal?: string | undefined
  code?: string | undefined
  durationMs: number
}): string {
  if (result.timedOut) return `no end after ${Math.round(result.durationMs)} ms`
  if (result.isMaxBuffer) return "more output than allowed"
  if (result.code === "ENOENT") return "program not found"
  if (result.signal !== undefined) return `killed by ${result.signal}`
  return `exit ${result.exitCode ?? result.code ?? "unknown"}`
}
