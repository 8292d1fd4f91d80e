// What the documents of a target are and must say: the keys that C5, C7 and O1 rest on.

import { z } from "zod"
import { direct, forbidden, infeasible, openDecisions, required, thePi } from "./docs-defaults.ts"
import { phraseOf } from "./docs-phrases.ts"
import { allowances } from "./target-parts.ts"
import { line, repoPath } from "./target-values.ts"

/** Words that say something; see helpers/docs-phrases.ts for what `...` and `|` mean. */
export const phrases = (meaning: string) =>
  z
    .array(
      z.string().refine(isPhrase, "expected words, a|b for either, a-b for a run, ... for up to twelve words between"),
    )
    .min(1, "expected at least one phrase")
    .describe(meaning)

function isPhrase(source: string): boolean {
  try {
    return phraseOf(source).places.length > 0
  } catch {
    return false
  }
}

const says = () => line().describe("What it says, in short; it names the statement in findings.")
const any = () =>
  phrases(
    "Phrases that say it. Words are found in every inflection, case and hyphenation; `a|b` is either, `a-b` a run, `=a` that very word, `...` up to twelve words of the sentence.",
  )
const statement = () =>
  z.strictObject({
    says: says(),
    any: any(),
    unless: phrases("Phrases that make the same sentence say something else.").optional(),
  })

export const documents = () =>
  z.strictObject({
    install: repoPath().describe("How to install; its commands are run in the clean room."),
    secrets: repoPath().describe("Every secret, and the one exception."),
    architecture: repoPath().describe("The architecture."),
    plan: repoPath().describe("The plan."),
    decisions: repoPath().describe("The decisions."),
    status: repoPath().describe("Where `## DONE` is written."),
    d8: z
      .strictObject({
        repo: z
          .enum(["base", "orchestrator"], "expected base or orchestrator")
          .default("base")
          .describe(
            "The repo it is in. A system that tells its own commit cannot be named in the base it is built from.",
          ),
        path: repoPath().describe("The document."),
        heading: line().describe("Heading of its section."),
      })
      .describe("Where the evidence of D8 stands."),
    others: z
      .array(repoPath())
      .default([])
      .describe("Further documents whose links, paths, commands and attributes must exist, beside the first four."),
    mayBeMissing: allowances("Paths, commands, units and keys that these documents mention and that need not exist."),
    unsearched: allowances("Documents that are not searched for forbidden statements, such as a record of the past."),
  })

export const statements = () =>
  z
    .strictObject({
      required: z
        .array(
          z.strictObject({
            in: z
              .enum(["install", "secrets", "architecture", "plan"], "expected install, secrets, architecture or plan")
              .describe("The document that must say it."),
            section: line()
              .optional()
              .describe("What the heading of its section begins with, such as `4.0`; `§` does not count."),
            says: says(),
            any: any(),
          }),
        )
        .min(1, "expected at least one statement")
        .default(required)
        .describe("What the documents must say. Quotes, history and what is denied say nothing."),
      forbidden: z
        .array(statement())
        .min(1, "expected at least one statement")
        .default([...forbidden, thePi])
        .describe("What no document of the base may say, unless it tells of the past or denies it."),
      infeasible: z
        .array(statement())
        .min(1, "expected at least one statement")
        .default(infeasible)
        .describe('"Infeasible by design" and its relatives.'),
    })
    .prefault({})

export const decisions = () =>
  z
    .array(
      z.strictObject({
        open: line().describe("What is to be decided, in short."),
        any: phrases("Phrases that a point of the plan's §7, and the heading of its entry, are known by."),
      }),
    )
    .min(1, "expected at least one decision")
    .default(openDecisions)

/** What the orchestrator's documents say by default. */
export const orchestratorSays = { direct, forbidden: [...forbidden.slice(2), thePi] }
export const forbiddenStatement = statement
