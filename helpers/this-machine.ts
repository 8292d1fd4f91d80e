// For tests: this machine in the place of a host. What is run, and on which files, is as real as over ssh.

import { runBytes } from "./run.ts"
import type { Ssh } from "./ssh.ts"

export interface ThisMachine extends Ssh {
  /** Every command it ran. */
  ran: string[][]
}

/** Runs each command here; `before` stands before its words (`setpriv`, say), and `change` may alter a word. */
export function thisMachine(before: string[] = [], change = (word: string) => word): ThisMachine {
  const ran: string[][] = []
  return {
    where: "ssh root@here",
    ran,
    close: () => {},
    run: (argv, { stdin, ...options } = {}) => {
      ran.push(argv)
      const [file = "", ...args] = [...before, ...argv.map(change)]
      return runBytes(file, args, { ...options, ...(stdin === undefined ? {} : { input: stdin }) })
    },
  }
}
