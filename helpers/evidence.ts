// What a check saw, kept before it is judged. The reporters read it from `task.meta`, and from nowhere else.

import { test as base, expect, type TestContext } from "vitest"
import { type Command, recordFor, recordWithin } from "./commands.ts"

/** A fact a verdict rests on: names, counts and fingerprints as plain JSON data, never secret bytes. */
export interface Observation {
  what: string
  seen: unknown
  /** The shared look-up it rests on (see {@link shared}), where several checks use one. */
  from?: string
}

/** What the verdicts are about; every field that the run could learn. */
export interface Subject {
  baseRev?: string
  secretsRev?: string
  lockSha256?: string
  systemPath?: string
  hostKeyFingerprint?: string
  machineId?: string
  bootId?: string
  instanceUuid?: string
}

declare module "vitest" {
  interface TaskMeta {
    observations?: Observation[]
    commands?: Command[]
    /** How many expectations were made; zero is no verdict. */
    assertions?: number
    subject?: Subject
    /** Why a check waits for evidence that does not exist yet. */
    waitsFor?: string
  }
}

interface SharedFact {
  id: string
  value: Promise<unknown>
  commands: Command[]
}
const facts = new Map<string, SharedFact>()

export interface Evidence {
  /** Keeps a fact; call it before the first `expect` that rests on it. */
  (what: string, seen: unknown): void
  /**
   * A fact several checks share, looked up once per run: the second caller gets the first one's answer, or its error,
   * and the evidence of both names the look-up and lists its commands.
   */
  shared<T>(id: string, look: () => Promise<T>): Promise<T>
  /** Says what the verdicts are about. */
  subject(seen: Subject): void
  /** Ends the check as `not run`: what it needs to look at does not exist yet. */
  waitFor(what: string): never
}

/** vitest's `test`, plus `evidence`. */
export const test = base.extend<{ evidence: Evidence }>({
  evidence: async ({ task, skip }: TestContext, use: (evidence: Evidence) => Promise<void>) => {
    const observations: Observation[] = []
    const commands: Command[] = []
    const meta = task.meta
    meta.observations = observations
    meta.commands = commands

    recordFor(commands)
    const keep = (what: string, seen: unknown) => void observations.push({ what, seen })
    await use(
      Object.assign(keep, {
        shared: async <T>(id: string, look: () => Promise<T>) => {
          const fact = facts.get(id) ?? begin(id, look)
          try {
            return (await fact.value) as T
          } finally {
            observations.push({ what: "looked up", seen: id, from: id })
            commands.push(...fact.commands)
          }
        },
        subject: (seen: Subject) => {
          meta.subject = { ...meta.subject, ...seen }
        },
        waitFor: (what: string): never => {
          meta.waitsFor = what
          return skip(what)
        },
      }),
    )
    meta.assertions = expect.getState().assertionCalls
  },
})

function begin(id: string, look: () => Promise<unknown>): SharedFact {
  const commands: Command[] = []
  const fact = { id, commands, value: recordWithin(commands, look) }
  facts.set(id, fact)
  return fact
}
