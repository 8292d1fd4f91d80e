// A machine that programs are run on: this one, or one logged in to (helpers/ssh.ts).

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
