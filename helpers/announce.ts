// Tells the process that publishes what it must not publish, before anybody here can show it.

import { constants, openSync, writeSync } from "node:fs"

/** Environment variable that names the pipe; it holds a path and nothing secret. Without it nobody listens. */
export const announcePipe = "CC_CI_VERIFIER_ANNOUNCE"

let pipe: number | undefined

/**
 * Returns once the bytes are in the pipe, so that whatever this process says afterwards arrives after them. Nothing is
 * written to a file. Throws where the pipe is gone or full for half a minute: then nobody would hide the secret.
 */
export function announce(name: string, bytes: Uint8Array): void {
  const path = process.env[announcePipe]
  if (path === undefined || path === "") return
  pipe ??= openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  // A line of its own even after one that was cut off when its process was killed.
  const line = Buffer.from(`\n${JSON.stringify({ name, bytes: Buffer.from(bytes).toString("base64") })}\n`)
  const deadline = performance.now() + 30_000
  for (let at = 0; at < line.length; ) at += written(pipe, line.subarray(at), name, deadline)
}

function written(descriptor: number, bytes: Buffer, name: string, deadline: number): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EAGAIN" || performance.now() > deadline) {
      throw new Error(`${name} could not be announced, so nothing would hide it: ${(cause as Error).message}`)
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    return 0
  }
}
