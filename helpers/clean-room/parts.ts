// What a clean room keeps of each of its stages.

import type { Born } from "./birth.ts"
import type { Blank } from "./blank.ts"
import type { Convergence } from "./convergence.ts"
import type { Ran } from "./document.ts"
import type { Documented } from "./documented.ts"
import type { Gone } from "./gone.ts"
import type { Guarded } from "./guardrails.ts"
import type { Installation } from "./installation.ts"
import type { Closures, disksOf, Secrets, Served } from "./looks.ts"
import type { Recovered } from "./recover.ts"
import type { Earlier } from "./throwaway.ts"

export interface Parts {
  /** In order. */
  steps: { step: string; milliseconds: number }[]
  document: Documented
  /** What dead runs had left, and was removed first. */
  recovered: Recovered[]
  guarded: Guarded
  /** What had the throwaway's name and was deleted; null for nothing. */
  earlier: Earlier | null
  born: Born
  blank: Blank
  installation: Installation
  convergence: Convergence
  secrets: Secrets
  served: Served
  closures: Closures
  disks: Awaited<ReturnType<typeof disksOf>>
  /** The switch of the document, done a second time, and what it changed. */
  again: { ran: Ran; changed: string[] }
  survived: Survival
  gone: Gone
}

/** After a restart. */
export interface Survival {
  convergence: Convergence
  secrets: Secrets
  served: Served
  systemPath: { before: string; after: string }
}
