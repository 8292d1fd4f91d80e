// The proof that a throwaway is gone, and that everything else is as it was.

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

/** Looks at the whole server again, beside how it was before. */
export async function goneOf(
  opened: Pick<Incus, "facts" | "operations">,
  { project, throwaway: { name } }: Target["incus"],
  before: IncusFacts,
  uuid: string | undefined,
): Promise<Gone> {
  const after = await opened.facts()
  const left = after.projects.flatMap(({ name: at, instances, volumes }) => [
    ...instances
      .filter((one) => (at === project && one.name === name) || (uuid !== undefined && one.uuid === uuid))
      .map((one) => `instance ${at}/${one.name} (${one.status})`),
    ...volumes
      .filter((one) => at === project && (one.name === name || one.name.startsWith(`${name}/`)))
      .map((one) => `volume ${at}/${one.pool}/${one.type}/${one.name}`),
  ])
  const operations = (await opened.operations())
    .filter((one) => isUnderWayOn(one, name))
    .map(({ description, status }) => `${description} (${status})`)
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
