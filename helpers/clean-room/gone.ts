// The proof that a throwaway is gone, and that everything else is as it was.

import { setTimeout as sleep } from "node:timers/promises"
import type { Incus, IncusFacts } from "../incus.ts"
import { baselineOf, compareBaseline } from "../incus-baseline.ts"
import { isUnderWayOn } from "../incus-operation.ts"
import type { Target } from "../target.ts"

export interface Gone {
  /** Whether this run had created one at all. */
  created: boolean
  /** What of it Incus still shows. */
  left: string[]
  /** What is under way on it. */
  operations: string[]
  /** What of everything else is not as it was. */
  changes: string[]
  /** What was compared. */
  compared: { project: string; instances: number; volumes: number; images: number }[]
}

// In milliseconds. A command whose connection was lost ends in Incus some seconds after the instance that it ran in.
const patience = 30_000
const between = 500

/** Looks at the whole server again, beside how it was before; at what is under way until it ends, or for too long. */
export async function goneOf(
  opened: Pick<Incus, "facts" | "operations">,
  { project, throwaway: { name } }: Target["incus"],
  before: IncusFacts,
  uuid: string | undefined,
): Promise<Gone> {
  const operations = await underWayOn(opened, name)
  const after = await opened.facts()
  const left = after.projects.flatMap(({ name: at, instances, volumes }) => [
    ...instances
      .filter((one) => (at === project && one.name === name) || (uuid !== undefined && one.uuid === uuid))
      .map((one) => `instance ${at}/${one.name} (${one.status})`),
    ...volumes
      .filter((one) => at === project && (one.name === name || one.name.startsWith(`${name}/`)))
      .map((one) => `volume ${at}/${one.pool}/${one.type}/${one.name}`),
  ])
  return {
    created: uuid !== undefined,
    left,
    operations,
    changes: compareBaseline(baselineOf(before), baselineOf(after), { project, instances: [name] }),
    compared: after.projects.map((one) => ({
      project: one.name,
      instances: one.instances.length,
      volumes: one.volumes.length,
      images: one.images.length,
    })),
  }
}

async function underWayOn(opened: Pick<Incus, "operations">, name: string): Promise<string[]> {
  for (const until = performance.now() + patience; ; await sleep(between)) {
    const left = (await opened.operations()).filter((one) => isUnderWayOn(one, name))
    if (left.length === 0 || performance.now() > until)
      return left.map(({ description, status }) => `${description} (${status})`)
  }
}
