// One clean room, from the guardrails to the proof that nothing of it is left. This looks and keeps what it saw; the spec
// judges. What was not reached says why.

import { randomUUID } from "node:crypto"
import type { Sharing } from "../evidence.ts"
import { openIncus } from "../incus.ts"
import { connectIncus } from "../incus-request.ts"
import { pinnedBase, recoveryIdentity, secretsMirror } from "../pinned.ts"
import { lockedDocuments } from "../sealed-documents.ts"
import { theNeedles } from "../search/facts.ts"
import type { Target } from "../target.ts"
import { destroyed, Undestroyed } from "./destruction.ts"
import { documented } from "./documented.ts"
import { guardrails } from "./guardrails.ts"
import { begin, journalFile } from "./journal.ts"
import type { Asked, Life, Living, Step } from "./life.ts"
import type { Parts } from "./parts.ts"
import { recover } from "./recover.ts"
import { Stages } from "./stages.ts"
import { deleteEarlier, type Earlier, earlierOf } from "./throwaway.ts"
import { trial } from "./trial.ts"

export type CleanRoom = Stages<Parts>

/** It throws only when what it made could not be destroyed. */
export async function cleanRoom(target: Target, sharing: Sharing, given: Asked): Promise<CleanRoom> {
  const interrupted = interruption()
  const asked = { ...given, signal: AbortSignal.any([given.signal, interrupted.signal]) }
  const stages: CleanRoom = new Stages()
  const steps = await stages.reach("steps", () => [])
  const step = steppingInto(steps, asked)
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

const steppingInto =
  (steps: Parts["steps"], { signal, progress }: Asked): Step =>
  async (step, whose, work) => {
    if (signal.aborted) throw new Error("interrupted")
    progress(step)
    const began = performance.now()
    try {
      return await work()
    } finally {
      steps.push({ step, whose, milliseconds: Math.round(performance.now() - began) })
    }
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

async function begun(life: Life): Promise<void> {
  const { target, stages, connection, step } = life
  const { incus, cleanRoom: room } = target
  const document = await stages.reach("document", () =>
    step("reading the install document", "ours", () => documented(target, life.sharing)),
  )
  await stages.reach("recovered", () =>
    step("looking for what dead runs left", "ours", () => recover(connection, target)),
  )
  const { facts, earlier } = await step("guardrails", "ours", () => guarded(life))
  const [defect] = document.defects
  if (defect !== undefined)
    throw new Error(`${document.path} cannot be followed, nothing was touched: line ${defect.line}: ${defect.what}`)
  if (!room.allowed) throw new Error("refused: the target file does not allow it")
  const git = await step("what git seals", "ours", () => sealed(life))
  const run = randomUUID()
  const journal = await begin(journalFile(incus), run, target.name)
  const living = { ...life, room, facts, run, journal, git }
  try {
    await stages.reach("earlier", () => withoutEarlier(living, earlier))
    await trial(living)
  } catch (cause) {
    stages.end((cause as Error).message)
    throw cause
  } finally {
    await stages.reach("gone", () => destroyed(living))
  }
}

/** What everything is like before; throws where a guardrail that refuses does not hold. */
async function guarded({ target, asked, opened, connection, stages }: Life) {
  const facts = await opened.facts()
  const earlier = await earlierOf(connection, target.incus)
  const { rules } = await stages.reach("guarded", () => guardrails(target, asked.cleanRoom, opened, facts, earlier))
  const broken = rules.filter(({ holds, refuses }) => refuses && !holds).map(({ rule }) => `not so: ${rule}`)
  if (broken.length > 0) throw new Error(`refused, nothing was touched: ${broken.join("; ")}`)
  return { facts, earlier }
}

async function sealed({ target, sharing }: Life): Promise<Living["git"]> {
  const { plan } = await theNeedles(sharing, target)
  const base = await sharing.shared("the base repo", () => pinnedBase(target))
  const mirror = await sharing.shared("the secrets repo", () => secretsMirror(target))
  const identity = await recoveryIdentity(target)
  const locked = await sharing.shared("every locked sops document", () =>
    lockedDocuments(target, base, mirror, identity),
  )
  return { plan, locked }
}

async function withoutEarlier({ target, connection, step }: Living, earlier: Earlier | undefined) {
  if (earlier === undefined) return null
  const { uuid, createdAt, memory } = earlier
  const what = `deleting the earlier ${target.incus.throwaway.name} (${uuid}, ${createdAt}, ${memory ?? "no limit"})`
  await step(what, "the machine's", () => deleteEarlier(connection, target.incus, earlier))
  return earlier
}
