// The install document, followed: each block word for word, in order, where the document says, until one fails.

import { createHash } from "node:crypto"
import type { InstallBlock } from "../install-doc.ts"
import type { SearchPlan } from "../search/engine.ts"
import { withoutSecrets } from "../search/place.ts"
import type { Operator } from "./operator.ts"
import type { Throwaway } from "./throwaway.ts"

export interface Ran {
  line: number
  where: InstallBlock["where"]
  commands: string
  /** Exit code; null when it did not end. */
  exit: number | null
  milliseconds: number
  /** SHA-256 (hex) of what it printed, stdout before stderr. */
  outputSha256: string
  /** The end of what it printed, where it failed: lines that hold a secret say only which. */
  said?: string[]
}

export interface Follower {
  throwaway: Throwaway
  operator: Operator
  plan: SearchPlan
  /** For each block. */
  timeoutMs: number
  signal: AbortSignal
}

interface Output {
  stdout: Uint8Array
  stderr: Uint8Array | string
  exitCode: number | null
}

/** Every exit code is an answer. */
const any = Array.from({ length: 256 }, (_, code) => code)

/**
 * Runs one block as a person would paste it, with nobody there to answer: standard input is empty, there is no terminal,
 * and the first command that fails ends it.
 */
export async function follow(block: InstallBlock, follower: Follower): Promise<Ran> {
  const { throwaway, operator, plan, timeoutMs, signal } = follower
  const began = performance.now()
  const shell = ["/bin/sh", "-lec", block.commands]
  let ran: Output
  try {
    ran =
      block.where === "new-host"
        ? await throwaway.exec(shell, { timeoutMs, signal })
        : await operator.machine.run(["/usr/bin/env", ...operator.environment, ...shell], { answers: any, timeoutMs })
  } catch (cause) {
    // That it took too long was seen; a connection that was lost says nothing of the command.
    if (signal.aborted || !/no end after \d+ ms/.test((cause as Error).message)) throw cause
    ran = { stdout: Buffer.alloc(0), stderr: (cause as Error).message, exitCode: null }
  }
  const { stdout, stderr, exitCode } = ran
  const output = Buffer.concat([stdout, Buffer.from(stderr)])
  return {
    ...block,
    exit: exitCode,
    milliseconds: Math.round(performance.now() - began),
    outputSha256: createHash("sha256").update(output).digest("hex"),
    ...(exitCode === 0 ? {} : { said: lastLines(plan, output) }),
  }
}

function lastLines(plan: SearchPlan, output: Buffer): string[] {
  // Searched whole: a secret may be longer than a line.
  return withoutSecrets(plan, output)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-8)
    .map((line) => line.slice(0, 400))
}
