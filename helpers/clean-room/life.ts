// What a clean room has at hand while it lives.

import type { Sharing } from "../evidence.ts"
import type { Incus, IncusFacts } from "../incus.ts"
import type { IncusConnection } from "../incus-request.ts"
import type { LockedDocuments } from "../sealed-documents.ts"
import type { SearchPlan } from "../search/engine.ts"
import type { Target } from "../target.ts"
import type { Allowed } from "../target-clean-room.ts"
import type { Journal } from "./journal.ts"
import type { Parts } from "./parts.ts"
import type { Stages } from "./stages.ts"

export interface Asked {
  /** Whether the run was given --clean-room. */
  cleanRoom: boolean
  /** Ends the clean room: what was made is destroyed, and the rest is not reached. */
  signal: AbortSignal
  /** Told what is being done. */
  progress: (step: string) => void
}

export interface Life {
  target: Target
  sharing: Sharing
  asked: Asked
  stages: Stages<Parts>
  opened: Incus
  connection: IncusConnection
  /** Does something under a name, and keeps how long it took; nothing is begun once the run was interrupted. */
  step: Step
}

export type Step = <T>(name: string, whose: Parts["steps"][number]["whose"], work: () => Promise<T>) => Promise<T>

/** From when the guardrails held. */
export interface Living extends Life {
  room: Allowed
  /** Everything on Incus, as it was before. */
  facts: IncusFacts
  run: string
  journal: Journal
  git: { locked: LockedDocuments; plan: SearchPlan }
}
