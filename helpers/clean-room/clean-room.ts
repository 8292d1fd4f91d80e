// The life of one throwaway, from the guardrails to the proof that nothing of it is left. This looks and keeps what it
// saw; the spec judges. What was not reached says why.

import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Sharing } from "../evidence.ts"
import { newNonce } from "../hmac.ts"
import { hostIdentity } from "../identity.ts"
import { type Incus, type IncusFacts, openIncus } from "../incus.ts"
import { connectIncus, type IncusConnection } from "../incus-request.ts"
import { pinnedBase, recoveryIdentity, secretsMirror } from "../pinned.ts"
import { type LockedDocuments, lockedDocuments } from "../sealed-documents.ts"
import { theNeedles } from "../search/facts.ts"
import { liveManifests } from "../sops-manifest.ts"
import { connect } from "../ssh.ts"
import type { Target } from "../target.ts"
import type { Allowed } from "../target-clean-room.ts"
import { bear, reachable } from "./birth.ts"
import { blankness, filesOf, type Sought } from "./blank.ts"
import { clockOf, watch } from "./convergence.ts"
import { follow } from "./document.ts"
import { documented } from "./documented.ts"
import { type Gone, goneOf } from "./gone.ts"
import { guardrails } from "./guardrails.ts"
import { installOn, switches } from "./installation.ts"
import { begin, type Journal, journalFile } from "./journal.ts"
import { changedIn, closuresOf, disksOf, secretsOn, servedBy, stateOf, twinOf } from "./looks.ts"
import { directoryFor, equip } from "./operator.ts"
import type { Parts, Survival } from "./parts.ts"
import { recover } from "./recover.ts"
import { Stages } from "./stages.ts"
import { adopt, deleteEarlier, earlierOf, NotOurs, type Throwaway } from "./throwaway.ts"

export interface Asked {
  /** Whether the run was given --clean-room. */
  cleanRoom: boolean
  /** Ends the clean room: what was made is destroyed, and the rest is not reached. */
  signal: AbortSignal
  /** Told what is being done. */
  progress: (step: string) => void
}

export type CleanRoom = Stages<Parts>

/** What a life needs at hand. */
interface Life {
  target: Target
  sharing: Sharing
  asked: Asked
  stages: CleanRoom
  opened: Incus
  connection: IncusConnection
  /** Does something under a name, and keeps how long it took. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** One clean room. It throws only when what it made could not be destroyed. */
export async function cleanRoom(target: Target, sharing: Sharing, given: Asked): Promise<CleanRoom> {
  const interrupted = interruption()
  const asked = { ...given, signal: AbortSignal.any([given.signal, interrupted.signal]) }
  const stages: CleanRoom = new Stages()
  const steps: Parts["steps"] = []
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (asked.signal.aborted) throw new Error("interrupted")
    asked.progress(name)
    const began = performance.now()
    try {
      return await work()
    } finally {
      steps.push({ step: name, milliseconds: Math.round(performance.now() - began) })
    }
  }
  await stages.reach("steps", () => steps)
  const closing: (() => Promise<void>)[] = []
  try {
    const opened = await openIncus(target.incus)
    closing.push(opened.close)
    const connection = await connectIncus(target.incus)
    closing.push(connection.close)
    await begun({ target, sharing, asked, stages, opened, connection, step })
  } catch (cause) {
    stages.end((cause as Error).message)
    if (cause instanceof Undestroyed) throw cause
  } finally {
    for (const close of closing) await close()
    interrupted.release()
  }
  return stages
}

/** Ctrl-C reaches this process, too, which must live until what it made is destroyed. */
function interruption(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort(new Error("interrupted"))
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, abort)
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, abort)
    },
  }
}

/** Something that this run made is still there. */
export class Undestroyed extends Error {
  override name = "Undestroyed"
}

async function begun(life: Life): Promise<void> {
  const { target, sharing, asked, stages, opened, connection, step } = life
  const { cleanRoom: room, incus } = target
  const document = await stages.reach("document", () =>
    step("reading the install document", () => documented(target, sharing)),
  )
  await stages.reach("recovered", () => step("looking for what dead runs left", () => recover(connection, target)))
  const { facts, earlier, refused } = await step("guardrails", async () => {
    const facts = await opened.facts()
    const earlier = await earlierOf(connection, incus)
    const guarded = await stages.reach("guarded", () => guardrails(target, asked.cleanRoom, opened, facts, earlier))
    return { facts, earlier, refused: guarded.rules.filter(({ holds, refuses }) => refuses && !holds) }
  })
  const [defect] = document.defects
  if (refused.length > 0)
    throw new Error(`refused, nothing was touched: ${refused.map(({ rule }) => `not so: ${rule}`).join("; ")}`)
  if (defect !== undefined)
    throw new Error(`${document.path} cannot be followed, nothing was touched: line ${defect.line}: ${defect.what}`)
  if (!room.allowed) throw new Error("refused: the target file does not allow it")
  const git = await step("what git seals", () => sealed(life))
  const run = randomUUID()
  const journal = await begin(journalFile(incus), run, target.name)
  try {
    if (earlier !== undefined)
      await step(
        `deleting the earlier ${incus.throwaway.name} (${earlier.uuid}, ${earlier.createdAt}, ${earlier.memory ?? "no limit"})`,
        () => deleteEarlier(connection, incus, earlier),
      )
    await stages.reach("earlier", () => earlier ?? null)
    await lived({ ...life, room, facts, run, journal, git })
  } catch (cause) {
    stages.end((cause as Error).message)
    throw cause
  } finally {
    await stages.reach("gone", () => destroyed({ ...life, facts, run, journal }))
  }
}

interface Git {
  locked: LockedDocuments
  plan: Awaited<ReturnType<typeof theNeedles>>["plan"]
}

async function sealed({ target, sharing }: Life): Promise<Git> {
  const { plan } = await theNeedles(sharing, target)
  const base = await sharing.shared("the base repo", () => pinnedBase(target))
  const mirror = await sharing.shared("the secrets repo", () => secretsMirror(target))
  const identity = await recoveryIdentity(target)
  const locked = await sharing.shared("every locked sops document", () =>
    lockedDocuments(target, base, mirror, identity),
  )
  return { plan, locked }
}

interface Living extends Life {
  room: Allowed
  facts: IncusFacts
  run: string
  journal: Journal
  git: Git
}

async function lived(life: Living): Promise<void> {
  const { target, asked, stages, room, run, journal, step, git } = life
  const { signal } = asked
  const born = await stages.reach("born", () => bear({ ...life, image: stages.seen("guarded").image }))
  const { throwaway } = born
  const since = await clockOf(throwaway)
  const sought = await step("what an earlier setup would leave", () => soughtOn(life))
  const blank = await stages.reach("blank", () => step("is it blank", () => blankness(throwaway, sought)))
  if (blank.residue.length > 0)
    throw new Error(`the new machine is not blank, nothing was installed: ${blank.residue[0]}`)
  const before = await step("listing its files", () => filesOf(throwaway))
  const directory = directoryFor(run)
  await journal.write({ step: "operator", directory })
  const operator = await equip(room, throwaway.name, directory)
  const { plan } = git
  const timeoutMs = room.minutes * 60_000
  const follower = { throwaway, operator, plan, timeoutMs, signal }
  const document = stages.seen("document")
  try {
    const installation = { ran: [], blocks: document.blocks.length, put: [], key: null }
    await stages.reach("installation", () => installation)
    const installing = {
      ...follower,
      room,
      document,
      keyPath: target.secrets.bootstrapKey,
      before,
      since,
      progress: asked.progress,
    }
    const convergence = await step("following the document", () => installOn(installing, installation))
    const last = stages.seen("installation").ran.at(-1)
    if (convergence !== undefined) await stages.reach("convergence", () => convergence)
    if (last?.exit !== 0)
      throw new Error(`${document.path} line ${last?.line} failed: ${last?.said?.at(-1) ?? `exit ${last?.exit}`}`)
    if (convergence === undefined) throw new Error(`${document.path} has no nixos-rebuild switch on new-host`)
    const down = convergence.units.filter(({ state }) => !state.startsWith("active/"))
    if (down.length > 0) throw new Error(`${down.map(({ unit, state }) => `${unit} is ${state}`).join(", ")}`)
    const twin = twinOf(target, born.address, blank.hostKey)
    await looked(life, twin)
    await switchedAgain(life, twin, follower)
    await restarted(life, twin, throwaway)
  } finally {
    await operator.clear()
  }
}

/** Each of these says by itself whether it could be looked at. */
async function looked({ target, sharing, stages, step, git }: Living, twin: Twin): Promise<void> {
  await step("looking at secrets, TLS, closure and disks", () =>
    Promise.allSettled([
      stages.reach("secrets", () => secretsOn(twin, git.locked)),
      stages.reach("served", () => servedBy(twin, git.locked)),
      stages.reach("closures", () => closuresOf(twin, target.host)),
      stages.reach("disks", () => disksOf(sharing, twin)),
    ]),
  )
}

type Twin = ReturnType<typeof twinOf>

async function switchedAgain({ stages, step, room }: Living, twin: Twin, follower: Parameters<typeof follow>[1]) {
  const block = stages.seen("document").blocks.findLast(switches)
  if (block === undefined) return
  await stages
    .reach("again", () =>
      step("switching again", async () => {
        const nonce = newNonce()
        const before = await stateOf(twin, room, nonce)
        const ran = await follow(block, follower)
        return { ran, changed: changedIn(before, await stateOf(twin, room, nonce)) }
      }),
    )
    .catch(() => undefined)
}

async function restarted({ asked, stages, step, room, git }: Living, twin: Twin, throwaway: Throwaway): Promise<void> {
  const survived = async (): Promise<Survival> => {
    const since = await clockOf(throwaway)
    const systemPath = (await stateOf(twin, room, newNonce())).systemPath
    await throwaway.restart()
    await reachable(throwaway, asked.signal)
    const convergence = await watch(throwaway, room.oneshots, since, asked.signal).settle()
    const [secrets, served, after] = await Promise.all([
      secretsOn(twin, git.locked),
      servedBy(twin, git.locked),
      stateOf(twin, room, newNonce()),
    ])
    return { convergence, secrets, served, systemPath: { before: systemPath, after: after.systemPath } }
  }
  await stages.reach("survived", () => step("restarting it", survived)).catch(() => undefined)
}

/** What a run of cc-ci's setup leaves on a machine, by the target file and by what the live host runs. */
async function soughtOn({ target, sharing, room }: Living): Promise<Sought> {
  const { certificate, host, repos, secrets } = target
  const ssh = await connect(host)
  const { systemPath } = await sharing.shared("the host's identity", () => hostIdentity(ssh, target))
  const manifests = await liveManifests(ssh, host.programs)
  return {
    paths: [
      ...[secrets.bootstrapKey, certificate.live.certificate, certificate.live.privateKey],
      ...new Set(manifests.flatMap(({ secretsMountPoint, symlinkPath }) => [secretsMountPoint, symlinkPath])),
    ],
    storePaths: [systemPath, ...manifests.map(({ file }) => file)],
    units: room.oneshots.map(({ unit }) => unit),
    repositories: [repos.base.url, repos.secrets.url].map((url) => new URL(url).pathname.replace(/\.git$/, "")),
  }
}

/** Whatever came before, and however often it has to be tried: a lost connection may come back. */
async function destroyed(life: Life & { facts: IncusFacts; run: string; journal: Journal }): Promise<Gone> {
  const { target, asked, opened, connection, facts, run, journal } = life
  const { incus } = target
  asked.progress(`destroying ${incus.throwaway.name}`)
  await journal.write({ step: "destroy" })
  let uuid: string | undefined
  for (let tries = 1; ; tries++) {
    try {
      const throwaway = await adopt(connection, incus, run)
      uuid ??= throwaway?.uuid
      await throwaway?.destroy()
      const gone = await goneOf(opened, incus, facts, uuid)
      await journal.end()
      asked.progress(
        uuid === undefined ? "nothing had been made" : `destroyed (${uuid}), ${gone.left.length} things left`,
      )
      return gone
    } catch (cause) {
      const final = cause instanceof NotOurs || tries === patience
      if (!final) asked.progress(`not destroyed yet, trying again: ${(cause as Error).message}`)
      else
        throw new Undestroyed(
          `${incus.throwaway.name} could not be destroyed: ${(cause as Error).message}; npm run clean-room -- recover tries again`,
          { cause },
        )
    }
    await sleep(tries * 2_000)
  }
}

/** Tries, each two seconds later than the last: about a minute and a half. */
const patience = 9
