// The machine that verifies and the repository its loops work from: the keys that O1 rests on; and R's commands.

import { z } from "zod"
import { forbiddenStatement, orchestratorSays, phrases } from "./target-documents.ts"
import { repo } from "./target-parts.ts"
import { file, line, regex, repoPath, text, word } from "./target-values.ts"

const reason = (meaning: string) => z.strictObject({ notApplicable: line().describe(meaning) })
const unitName = () => text("the name of a unit, such as cc-ci-loops.service", /^[A-Za-z0-9:_.@-]+\.service$/)

export const orchestrator = () =>
  z.strictObject({
    tailnet: z
      .union(
        [
          z.strictObject({ peer: line().describe("cc-ci's name or address in the tailnet.") }),
          reason("Why cc-ci is not reached over a tailnet."),
        ],
        "expected { peer: NAME } or { notApplicable: REASON }",
      )
      .describe("The tailnet that this machine and cc-ci are in."),
    ssh: z
      .strictObject({
        names: z
          .array(word())
          .default([])
          .describe("Names by which the loops reach cc-ci with ssh, beside the host's address."),
        config: file("ssh_config(5) file.")
          .optional()
          .describe("The configuration that ssh is given with -F, if it is."),
      })
      .default({ names: [] })
      .describe("How ssh is set up on this machine."),
    repo: repo("The repo that the loops work from; it may be the base itself."),
    documents: z
      .array(repoPath())
      .min(1, "expected at least one document")
      .describe("Its documents that tell how cc-ci is reached: AGENTS.md, kickoff.md, plan.md, prompts, the e2e test."),
    direct: phrases("Phrases that say that cc-ci is reached directly; each of the documents must say so.").default(
      orchestratorSays.direct,
    ),
    forbidden: z
      .array(forbiddenStatement())
      .min(1, "expected at least one statement")
      .default(orchestratorSays.forbidden)
      .describe("What no document of its repo may say, unless it tells of the past or denies it."),
    unit: z
      .strictObject({
        file: repoPath().describe("The unit file in the repo."),
        user: word().default("loops").describe("Whom it runs as."),
        group: word().default("loops").describe("And in which group."),
        installed: z
          .union(
            [unitName().describe("Its name on this machine."), reason("Why this machine does not run it.")],
            "expected the name of a unit or { notApplicable: REASON }",
          )
          .describe("The same unit as systemd of this machine has it."),
      })
      .describe("The unit that runs the loops."),
  })

const command = () =>
  z.union(
    [
      z.strictObject({
        command: z
          .array(z.string().regex(/^[^\n\0]+$/, "expected one line of text"))
          .min(1, "expected a program and its arguments")
          .describe("Program and arguments, run on the host; a name is looked for in `host.programs`."),
        exit: z.int("expected an exit code").min(0).max(125).default(0).describe("Exit code it must end with."),
        output: regex().describe("JavaScript regular expression (with `m`) that its output must match."),
        seconds: z.int("expected seconds").min(1).max(3600).default(60).describe("How long it may take."),
      }),
      z.strictObject({ notApplicable: line().describe("Why there is nothing to run.") }),
    ],
    "expected { command, output } or { notApplicable: REASON }",
  )

const holds = (id: string) => command().optional().describe(`How ${id} is seen to hold still.`)

export const regressions = () =>
  z
    .strictObject({
      D1: holds("D1"),
      D2: holds("D2"),
      D3: holds("D3"),
      D4: holds("D4"),
      D5: holds("D5"),
      D6: holds("D6"),
      D7: holds("D7"),
      D9: holds("D9"),
      D10: holds("D10"),
    })
    .default({})
