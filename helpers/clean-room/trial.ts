// What is done with a throwaway, and looked at on it, between its birth and its end.

import { newNonce } from "../hmac.ts"
import { bear, reachable } from "./birth.ts"
import { blankness, filesOf } from "./blank.ts"
import { clockOf, watch } from "./convergence.ts"
import { type Follower, follow } from "./document.ts"
import { installOn, switches } from "./installation.ts"
import type { Living } from "./life.ts"
import { changedIn, closuresOf, disksOf, secretsOn, servedBy, stateOf, type Twin, twinOf } from "./looks.ts"
import { directoryFor, equip } from "./operator.ts"
import { soughtOn } from "./sought.ts"
import type { Throwaway } from "./throwaway.ts"

/** Throws what keeps the rest from being reached. */
export async function trial(life: Living): Promise<void> {
  const { target, stages, room, run, journal, step, asked, git } = life
  const { image } = stages.seen("guarded")
  const born = await stages.reach("born", () => bear({ ...life, image }))
  const { throwaway } = born
  const blank = await stages.reach("blank", () =>
    step("is it blank", "ours", async () => blankness(throwaway, await soughtOn(life))),
  )
  if (blank.residue.length > 0)
    throw new Error(`the new machine is not blank, nothing was installed: ${blank.residue[0]}`)
  const directory = directoryFor(run)
  await journal.write({ step: "operator", directory })
  const operator = await equip(room, throwaway.name, directory)
  const timeoutMs = room.minutes * 60_000
  const follower = { throwaway, operator, plan: git.plan, timeoutMs, signal: asked.signal }
  await installed(life, follower)
  const twin = twinOf(target, born.address, blank.hostKey)
  await looked(life, twin)
  await switchedAgain(life, twin, follower)
  await restarted(life, twin, throwaway)
}

/** Follows the document and watches the units come up. Throws when it did not become a machine to look at. */
async function installed(life: Living, follower: Follower): Promise<void> {
  const { target, stages, room, step, asked } = life
  const { throwaway } = follower
  const document = stages.seen("document")
  const keyPath = target.secrets.bootstrapKey
  const since = await clockOf(throwaway)
  const before = await step("listing its files", "ours", () => filesOf(throwaway))
  const installing = {
    ...follower,
    ...watchedOn(life),
    room,
    document,
    keyPath,
    before,
    since,
    progress: asked.progress,
  }
  const { ran, convergence } = await stages.reach("installation", () =>
    step("following the document", "the machine's", () => installOn(installing)),
  )
  if (convergence !== undefined) await stages.reach("convergence", () => convergence)
  const last = ran.at(-1)
  if (last?.exit !== 0)
    throw new Error(`${document.path} line ${last?.line} failed: ${last?.said?.at(-1) ?? `exit ${last?.exit}`}`)
  if (convergence === undefined) throw new Error(`${document.path} has no nixos-rebuild switch on new-host`)
  const down = convergence.units.filter(({ state }) => !state.startsWith("active/"))
  if (down.length > 0) throw new Error(down.map(({ unit, state }) => `${unit} is ${state}`).join(", "))
}

const watchedOn = ({ room, target }: Living) => ({
  oneshots: room.oneshots,
  swarm: target.swarm.map(({ service }) => service),
})

/** Each of these says by itself whether it could be looked at. */
async function looked({ target, sharing, stages, step, git }: Living, twin: Twin): Promise<void> {
  await step("looking at secrets, TLS, closure and disks", "ours", () =>
    Promise.allSettled([
      stages.reach("secrets", () => secretsOn(twin, git.locked)),
      stages.reach("served", () => servedBy(twin, git.locked)),
      stages.reach("closures", () => closuresOf(twin, target.host)),
      stages.reach("disks", () => disksOf(sharing, twin)),
    ]),
  )
}

async function switchedAgain({ stages, step, room }: Living, twin: Twin, follower: Follower): Promise<void> {
  const block = stages.seen("document").blocks.findLast(switches)
  if (block === undefined) return
  const again = async () => {
    const nonce = newNonce()
    const before = await step("how it is before a second switch", "ours", () => stateOf(twin, room, nonce))
    const ran = await step("switching again", "the machine's", () => follow(block, follower))
    const after = await step("how it is after it", "ours", () => stateOf(twin, room, nonce))
    return { ran, changed: changedIn(before, after) }
  }
  await stages.reach("again", again).catch(() => undefined)
}

async function restarted(life: Living, twin: Twin, throwaway: Throwaway): Promise<void> {
  const { asked, stages, step, room, git } = life
  const survived = async () => {
    const since = await clockOf(throwaway)
    const before = await step("how it is before a restart", "ours", () => stateOf(twin, room, newNonce()))
    const convergence = await step("restarting it", "the machine's", async () => {
      await throwaway.restart()
      await reachable(throwaway, asked.signal)
      return watch(throwaway, watchedOn(life), since, asked.signal).settle()
    })
    return step("looking at it after the restart", "ours", async () => {
      const [secrets, served, after] = await Promise.all([
        secretsOn(twin, git.locked),
        servedBy(twin, git.locked),
        stateOf(twin, room, newNonce()),
      ])
      return { convergence, secrets, served, systemPath: { before: before.systemPath, after: after.systemPath } }
    })
  }
  await stages.reach("survived", survived).catch(() => undefined)
}
