// A machine that programs are run on: this one, or one logged in to (helpers/ssh.ts).

import { existsSync } from "node:fs"
import { delimiter } from "node:path"
import { runBytes } from "./run.ts"
import type { SshOptions, SshRan } from "./ssh.ts"

export interface Machine {
  /** As it stands in evidence: `here`, `ssh root@10.0.0.2`. */
  where: string
  /** Runs a program, named by absolute path, and waits for it; anything but an answer throws. */
  run(argv: string[], options?: SshOptions): Promise<SshRan>
}

/** This machine. */
export const here: Machine = {
  where: "here",
  run: ([file = "", ...args], { stdin, ...options } = {}) =>
    runBytes(file, args, { ...options, ...(stdin === undefined ? {} : { input: stdin }) }),
}

/** The directory of this machine's own programs: the first of its PATH that has what a search needs. */
export function programsHere(): string {
  const directories = (process.env.PATH ?? "").split(delimiter)
  const needed = ["sh", "tar", "find", "cat"]
  const found = directories.find((one) => one.startsWith("/") && needed.every((name) => existsSync(`${one}/${name}`)))
  if (found === undefined) throw new Error(`no directory of PATH on this machine has all of ${needed.join(", ")}`)
  return found
}
