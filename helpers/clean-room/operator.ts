// The operator's machine, and what the document's variables stand for on it.

import { readFile } from "node:fs/promises"
import { here, type Machine } from "../machine.ts"
import { connect } from "../ssh.ts"
import type { Allowed } from "../target-clean-room.ts"

export interface Operator {
  machine: Machine
  /** `NAME=VALUE`; values are paths and the throwaway's name, never secrets. */
  environment: string[]
  clear(): Promise<void>
}

export const operatorMachine = async ({ operator }: Pick<Allowed, "operator">): Promise<Machine> =>
  "here" in operator ? here : connect(operator)

/** In memory, and for the operator alone. */
export const directoryFor = (run: string) => `/dev/shm/cc-ci-verifier-${run}`

const place = `
umask 077
mkdir -p -- "$1"
cat >"$1/$2"
`.trim()

/**
 * Puts the files of the variables into a directory of the operator's machine; on this machine they stay where they are.
 * The directory is to be announced before this is called.
 */
export async function equip(room: Allowed, throwaway: string, directory: string): Promise<Operator> {
  const machine = await operatorMachine(room)
  const environment: string[] = []
  for (const [name, stands] of Object.entries(room.variables)) {
    if ("instance" in stands) environment.push(`${name}=${throwaway}`)
    else if (machine === here) environment.push(`${name}=${stands.file}`)
    else {
      const stdin = await readFile(stands.file)
      await machine.run(["/bin/sh", "-euc", place, "sh", directory, name], { stdin })
      environment.push(`${name}=${directory}/${name}`)
    }
  }
  return { machine, environment, clear: () => clear(machine, directory) }
}

/** Removes the directory, if it is there. */
export async function clear(machine: Machine, directory: string): Promise<void> {
  if (machine === here) return
  if (!/^\/dev\/shm\/cc-ci-verifier-[\da-f-]{36}$/.test(directory)) throw new Error(`${directory} is none of ours`)
  await machine.run(["/bin/sh", "-euc", 'rm -rf -- "$1"; [ ! -e "$1" ]', "sh", directory])
}
