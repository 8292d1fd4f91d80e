// What the clean room needs to know: the keys that C4 rests on.

import { z } from "zod"
import { machine } from "./target-parts.ts"
import { file, line, text, word } from "./target-values.ts"

const variable = () => text("a name in capitals", /^[A-Z][A-Z0-9_]*$/)

export const cleanRoom = () =>
  z
    .discriminatedUnion(
      "allowed",
      [
        z.strictObject({ allowed: z.literal(false).describe("No run may make a throwaway here.") }),
        z.strictObject({
          allowed: z.literal(true).describe("A run with --clean-room may make a throwaway here, and destroy it."),
          operator: z
            .union(
              [
                z.strictObject({ here: z.literal(true).describe("This machine.") }),
                machine("The operator's machine, over ssh."),
              ],
              "expected { here: true } or a machine as under host",
            )
            .describe("Where the document's `operator` blocks run; it has an Incus client that may use the project."),
          variables: z
            .record(
              variable(),
              z.union(
                [
                  z.strictObject({ instance: z.literal(true).describe("The throwaway's name.") }),
                  file("A file that the operator has; the variable names it on the operator's machine."),
                ],
                "expected { instance: true } or { file: PATH }",
              ),
            )
            .describe("What the variables that the install document declares stand for."),
          ageKey: variable().default("AGE_KEY").describe("The variable that names the bootstrap age key."),
          settings: z
            .record(line(), z.string("expected text"))
            .default({})
            .describe("Further configuration of the throwaway, such as `security.nesting` of a container."),
          oneshots: z
            .array(
              z.strictObject({
                unit: word().describe("The systemd unit, such as `proxy.service`."),
                seconds: z.int("expected whole seconds").min(1).describe("How long it may take to converge."),
              }),
            )
            .min(1, "expected at least one unit")
            .describe("The units that make the machine what it is, each started once."),
          minutes: z
            .int("expected whole minutes")
            .min(1)
            .default(60)
            .describe("How long one command of the install document may take."),
        }),
      ],
      "expected { allowed: false } or { allowed: true, … }",
    )
    .default({ allowed: false })

/** A target that allows a clean room. */
export type Allowed = Extract<z.output<ReturnType<typeof cleanRoom>>, { allowed: true }>
