// The repo that the loops work from.

import { type Mirror, mirror } from "./git.ts"
import type { Target } from "./target.ts"

export type Orchestrator = Exclude<Target["orchestrator"], { notApplicable: string }>

export interface OrchestratorRepo {
  repo: Mirror
  /** The commit its branch is at. */
  rev: string
}

/** A fresh copy of it. Throws when the target file says that there is none. */
export async function orchestratorRepo({ orchestrator, resolve }: Target): Promise<OrchestratorRepo> {
  if ("notApplicable" in orchestrator) {
    throw new Error(`the target file has no orchestrator (${orchestrator.notApplicable}), so its repo cannot be read`)
  }
  const repo = await mirror(orchestrator.repo, "orchestrator", resolve)
  return { repo, rev: await repo.revOf(orchestrator.repo.branch) }
}

/** What the target file declares; where it says that there is none, why a check of it has nothing to look at. */
export function declaredOrchestrator({ orchestrator }: Target): { orchestrator: Orchestrator; why: string[] } {
  if (!("notApplicable" in orchestrator)) return { orchestrator, why: [] }
  // Nothing of it is read: whoever asks waits, with the reason.
  return { orchestrator: {} as Orchestrator, why: [`an orchestrator: ${orchestrator.notApplicable}`] }
}
