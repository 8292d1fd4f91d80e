// The commands behind a check: every helper that runs, connects or calls records it here.

import { AsyncLocalStorage } from "node:async_hooks"

/** One program run, connection made or API call sent. */
export interface Command {
  /** Where it ran: `here`, `ssh root@10.0.0.2`, `incus https://10.0.0.3:8443`. */
  where: string
  /** What was run, as arguments; secrets travel on stdin and never stand here. */
  argv: string[]
  /** Exit code, HTTP status, or null where the thing has none. */
  exit: number | null
  /** SHA-256 (hex) of the output, after redaction. */
  outputSha256: string
  milliseconds: number
}

// Checks run one after another; only shared look-ups, begun by one check and awaited by several, need a context of their own.
let running: Command[] = []
const recorder = new AsyncLocalStorage<Command[]>()

/** Adds a command to the evidence of the check or shared look-up it ran for. */
export function recordCommand(command: Command): void {
  const commands = recorder.getStore() ?? running
  commands.push(command)
}

/** From now on commands belong to the check that keeps this list. */
export function recordFor(commands: Command[]): void {
  running = commands
}

/** Commands run by `look` belong to this list, whichever check is running when they end. */
export function recordWithin<T>(commands: Command[], look: () => Promise<T>): Promise<T> {
  return recorder.run(commands, look)
}
