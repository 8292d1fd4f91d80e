// After a run that was killed: what it made is destroyed, and nothing else.

import { connectIncus, type IncusConnection } from "../incus-request.ts"
import type { Target } from "../target.ts"
import { forget, journalFile, type Remains, remainsOf } from "./journal.ts"
import { clear, operatorMachine } from "./operator.ts"
import { adopt, NotOurs } from "./throwaway.ts"

export interface Recovered {
  run: string
  /** Whose it was. */
  holder: string
  /** One line each: what was done. */
  did: string[]
}

/** Recovers every dead run that looked at this target's Incus project. Throws when one cannot be, and its journal stays. */
export async function recover(connection: IncusConnection, target: Target): Promise<Recovered[]> {
  const recovered: Recovered[] = []
  for (const remains of await remainsOf(journalFile(target.incus))) {
    const did = [...(await withoutInstance(connection, target, remains)), ...(await withoutFiles(target, remains))]
    await forget(remains)
    recovered.push({ run: remains.run, holder: remains.holder, did })
  }
  return recovered
}

/** As {@link recover}, over a connection of its own. */
export async function recoverAlone(target: Target): Promise<Recovered[]> {
  const connection = await connectIncus(target.incus)
  return recover(connection, target).finally(() => connection.close())
}

async function withoutInstance(
  connection: IncusConnection,
  { incus }: Target,
  { run, created }: Remains,
): Promise<string[]> {
  if (created === undefined) return ["it had created nothing"]
  const { project, name, uuid } = created
  if (project !== incus.project || name !== incus.throwaway.name)
    throw new NotOurs(`the journal speaks of ${project}/${name}, the target file of another throwaway`)
  try {
    const left = await adopt(connection, incus, run, uuid)
    if (left === undefined) return [`${project}/${name} is not there any more`]
    await left.destroy()
    return [`${project}/${name} (${left.uuid}) destroyed`]
  } catch (cause) {
    if (!(cause instanceof NotOurs)) throw cause
    return [`left alone: ${cause.message}`]
  }
}

async function withoutFiles({ cleanRoom }: Target, { operatorDirectory }: Remains): Promise<string[]> {
  if (operatorDirectory === undefined || !cleanRoom.allowed) return []
  const machine = await operatorMachine(cleanRoom)
  await clear(machine, operatorDirectory)
  return [`${operatorDirectory} on the operator's machine removed`]
}
