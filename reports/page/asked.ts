// What the page is a function of.

import type { Item } from "../definition.ts"
import type { Gate } from "../gate.ts"
import type { Lane } from "../lane.ts"
import type { Suite } from "../ledger.ts"

export interface Asked {
  target: string
  definition: Item[]
  /** The suite that asks. */
  suite: Suite
  lanes: Lane[]
  gate: Answer
  /** When the gate was asked. */
  now: Date
}

export type Answer = Pick<Gate, "open" | "reasons" | "subject" | "until" | "limited">

/** The answer where the gate could not even be asked: it is shut. */
export function unanswered(why: string): Answer {
  return { open: false, reasons: [`the gate could not be asked: ${why}`], subject: {}, until: undefined, limited: [] }
}
