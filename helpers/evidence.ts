// What a check saw, kept before it is judged. The reporters read it from `task.meta`, and from nowhere else.

import { test as base, expect, type TestContext } from "vitest"
import { type Command, recordFor, recordWithin } from "./commands.ts"
import { settle } from "./earlier.ts"

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
  /** As `waitFor`, if anything is missing at all. */
  waitForAll(missing: string[]): void
}

/** For helpers that look up shared facts, whoever asks for them. */
export type Sharing = Pick<Evidence, "shared">

/** Takes what is to be undone once the spec has ended, whatever came of it; a failure to undo takes its passes back. */
export type AtEnd = (undo: () => Promise<unknown>) => void

/**
 * For a check that rests on the cold build or reads the whole closure: on a real host that takes hours, and whichever check
 * comes first waits for it. What it waits for has limits of its own.
 */
export const patient = { timeout: 8 * 3_600_000 }

/** vitest's `test`, plus `evidence` and `atEnd`. */
export const test = base.extend<{ $test: { evidence: Evidence }; $file: { atEnd: AtEnd } }>({
  atEnd: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures here, and refuses any other form.
    async ({}, use: (atEnd: AtEnd) => Promise<void>) => {
      const undone: (() => Promise<unknown>)[] = []
      await use((undo) => void undone.push(undo))
      for (const undo of undone.reverse()) await undo()
    },
    { scope: "file" },
  ],
  evidence: async ({ task, skip, onTestFinished }: TestContext, use: (evidence: Evidence) => Promise<void>) => {
    const observations: Observation[] = []
    const commands: Command[] = []
    const meta = task.meta
    meta.observations = observations
    meta.commands = commands

    recordFor(commands)
    onTestFinished(() => {
      // What waits has said nothing; an earlier run may have.
      if (meta.waitsFor !== undefined) return
      const seen = Object.fromEntries(observations.map((one) => [one.what, one.seen]))
      settle(task.name.split(" ")[0] ?? "", { verdict: verdictOf(task.result), observations: seen })
    })
    const waitFor = (what: string): never => {
      meta.waitsFor = what
      return skip(what)
    }
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
        waitFor,
        waitForAll: (missing: string[]) => void (missing.length > 0 && waitFor(missing.join(", "))),
      }),
    )
    meta.assertions = expect.getState().assertionCalls
  },
})

/** For checks that rest on this one; the verdict that counts is made by reports/. */
function verdictOf(result: TestContext["task"]["result"]): "pass" | "fail" | "error" {
  if (result?.state === "pass") return "pass"
  const errors = result?.errors ?? []
  return errors.length > 0 && errors.every(({ name }) => name === "AssertionError") ? "fail" : "error"
}

function begin(id: string, look: () => Promise<unknown>): SharedFact {
  const commands: Command[] = []
  const fact = { id, commands, value: recordWithin(commands, look) }
  facts.set(id, fact)
  return fact
}
