// The other end of the pipe through which the processes of a run say what must not be published.

import { closeSync, constants, openSync, readSync } from "node:fs"
import { join } from "node:path"
import { execa } from "execa"

export interface Announced {
  /** What the processes of the run are given to write to. */
  path: string
  /** Takes what has been said so far. Whoever is about to publish something calls it first. */
  take(): void
  close(): void
}

/** Listens in a directory that only this user may enter. Every secret goes to `hide` once, whole. */
export async function listen(
  directory: string,
  hide: (secret: { name: string; bytes: Uint8Array }) => void,
): Promise<Announced> {
  const path = join(directory, "announced")
  await execa("mkfifo", ["-m", "600", path])
  // For writing, too: it stays open while no process of the run lives.
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const chunk = Buffer.alloc(65_536)
  let rest = ""
  let open = true
  const take = () => {
    if (!open) return
    for (let read = more(pipe, chunk); read > 0; read = more(pipe, chunk)) {
      const lines = (rest + chunk.toString("latin1", 0, read)).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) {
        const secret = secretIn(line)
        if (secret !== undefined) hide(secret)
      }
    }
  }
  // A pipe holds 64 KiB: whoever writes more waits for this.
  const timer = setInterval(take, 20)
  timer.unref()
  return {
    path,
    take,
    close: () => {
      clearInterval(timer)
      take()
      open = false
      closeSync(pipe)
    },
  }
}

function more(pipe: number, chunk: Buffer): number {
  try {
    return readSync(pipe, chunk)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EAGAIN") return 0
    throw cause
  }
}

/** A line that was cut off belongs to a process that was killed before it had the secret itself. */
function secretIn(line: string): { name: string; bytes: Uint8Array } | undefined {
  try {
    const { name, bytes } = JSON.parse(Buffer.from(line, "latin1").toString("utf8"))
    return { name, bytes: Buffer.from(bytes, "base64") }
  } catch {
    return undefined
  }
}
