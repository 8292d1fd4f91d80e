// The end of every clean room, whatever came before: what it made goes away, and that it is gone is looked at.

import { setTimeout as sleep } from "node:timers/promises"
import { type Gone, goneOf } from "./gone.ts"
import type { Living } from "./life.ts"
import { clear, operatorMachine } from "./operator.ts"
import { adopt, NotOurs } from "./throwaway.ts"

/** Something that this run made is still there. */
export class Undestroyed extends Error {
  override name = "Undestroyed"
}

/** Tries, each two seconds later than the last: about a minute and a half. */
const patience = 9

/** Tries until it is done, for a lost connection may come back; only then does the journal end. */
export async function destroyed(life: Living): Promise<Gone> {
  const { target, asked, journal, stages } = life
  const { name } = target.incus.throwaway
  asked.progress(`destroying ${name}`)
  const began = performance.now()
  await journal.write({ step: "destroy" })
  for (let tries = 1; ; tries++) {
    try {
      const gone = await once(life)
      await journal.end()
      const milliseconds = Math.round(performance.now() - began)
      stages.seen("steps").push({ step: "destroying it", whose: "the machine's", milliseconds })
      asked.progress(
        gone.created ? `destroyed, and ${gone.left.length} things of it are left` : "nothing had been made",
      )
      return gone
    } catch (cause) {
      const { message } = cause as Error
      if (cause instanceof NotOurs || tries === patience)
        throw new Undestroyed(`${name} was not destroyed: ${message}; npm run clean-room -- recover tries again`, {
          cause,
        })
      asked.progress(`not destroyed yet, trying again: ${message}`)
    }
    await sleep(tries * 2_000)
  }
}

async function once({ target, room, opened, connection, facts, run, journal, stages }: Living): Promise<Gone> {
  const { directory, created } = journal.made
  if (directory !== undefined) await clear(await operatorMachine(room), directory)
  const throwaway = created ? await adopt(connection, target.incus, run) : undefined
  await throwaway?.destroy()
  const uuid = throwaway?.uuid ?? (stages.has("born") ? (stages.seen("born").instance.uuid ?? undefined) : undefined)
  return goneOf(opened, target.incus, facts, uuid)
}
