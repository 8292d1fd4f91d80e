// The formats of evidence, for other programs: docs/evidence.schema.json is generated from here, and a test keeps it so.

import { z } from "zod"

const time = () => z.string().describe("UTC, ISO 8601.")
const digest = () =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256, hex.")
const verdict = z.enum(["pass", "limited", "fail", "error", "not run"])
const subject = z
  .strictObject({
    baseRev: z.string().optional(),
    secretsRev: z.string().optional(),
    lockSha256: z.string().optional(),
    systemPath: z.string().optional(),
    hostKeyFingerprint: z.string().optional(),
    machineId: z.string().optional(),
    bootId: z.string().optional(),
    instanceUuid: z.string().optional(),
  })
  .describe("What was looked at, as far as it was learned.")

const chained = {
  previous: digest().describe(
    "Of the entry above with its signature, as they stand in the file; of the first, zeroes.",
  ),
  observed: z
    .array(z.strictObject({ lane: z.string(), size: z.int(), head: digest() }))
    .optional()
    .describe("How far the other ledgers had come: their entries, and the digest of the newest."),
}

const start = z.strictObject({
  ...{
    kind: z.literal("start"),
    run: z.string(),
    target: z.string(),
    role: z.enum(["builder", "adversary", "ci"]),
    started: time(),
  },
  suite: z.strictObject({
    commit: z.string(),
    dirty: z.boolean(),
    lockfileSha256: z.string(),
    definitionSha256: z.string().optional(),
    node: z.string(),
    vitest: z.string(),
  }),
  selection: z.strictObject({
    filters: z.array(z.string()),
    pattern: z.string().nullable(),
    checks: z.array(z.string()),
  }),
  cold: z.strictObject({
    cold: z.boolean(),
    because: z.string(),
    probes: z.array(z.strictObject({ what: z.string(), want: z.string(), got: z.string() })).optional(),
  }),
  by: z.strictObject({ bootId: z.string(), user: z.string() }).optional().describe("Where it ran."),
  challenge: z
    .strictObject({
      nonce: z.string(),
      said: z.string().optional().describe("What the host signed: bootId, clock, machineId, nonce, run, systemPath."),
      signature: z.string().optional().describe("SSHSIG by the host key, base64, namespace dod-echo@cc-ci-verifier."),
      hostKey: z.string().optional(),
      sent: time(),
      answered: time(),
      incusOffsetMilliseconds: z.int().optional(),
      incusWhy: z.string().optional(),
      why: z.string().optional(),
    })
    .optional(),
  ...chained,
})

const end = z.strictObject({
  ...{
    kind: z.literal("end"),
    run: z.string(),
    finished: time(),
    interrupted: z.boolean(),
    exitCode: z.int(),
    subject,
  },
  checks: z.array(
    z.strictObject({
      ...{ id: z.string(), verdict, why: z.string(), waitsFor: z.string().optional() },
      limitation: z
        .strictObject({ id: z.string(), verdict })
        .optional()
        .describe("What made it limited, and what it would read."),
      observations: z.array(z.strictObject({ what: z.string(), seen: z.unknown(), from: z.string().optional() })),
      commands: z.array(
        z.strictObject({
          where: z.string(),
          argv: z.array(z.string()),
          exit: z.int().nullable(),
          outputSha256: z.string(),
          milliseconds: z.int(),
        }),
      ),
      ...{ assertions: z.int(), milliseconds: z.int() },
    }),
  ),
  ...{ problems: z.array(z.string()), unhandled: z.array(z.string()) },
  ...chained,
})

const challenge = z.strictObject({
  ...{ kind: z.literal("challenge"), target: z.string(), nonce: digest(), issued: time(), expires: time() },
  ...chained,
})
const limitation = z.strictObject({
  ...{ kind: z.literal("limitation"), target: z.string(), id: z.string(), check: z.string(), subject },
  ...{ stillClaimed: z.string(), stillTested: z.string(), reason: z.string() },
  ...{ requestedBy: z.string(), approvedBy: z.string(), issued: time(), expires: time() },
  ...chained,
})
const withdrawal = z.strictObject({
  ...{
    kind: z.literal("withdrawal"),
    target: z.string(),
    limitation: z.string(),
    withdrawn: time(),
    because: z.string(),
  },
  ...chained,
})

/** One entry of a ledger. */
export const entrySchema = z.discriminatedUnion("kind", [start, end, challenge, limitation, withdrawal])
/** The line that may follow an entry. */
export const signatureSchema = z.strictObject({
  signature: z.base64().describe("SSHSIG over the bytes of the line above."),
})
/** The file of `npm run evidence -- bundle`. */
export const archiveSchema = z.strictObject({
  format: z.literal("cc-ci-verifier evidence 1"),
  target: z.string(),
  made: time(),
  suite: start.shape.suite,
  definition: z.string().describe("The text of docs/definition-of-done.md."),
  review: z.string().describe("The text of REVIEW.md."),
  ledgers: z.record(z.string(), z.string()).describe("The text of each role's ledger."),
})

/** The text of docs/evidence.schema.json. */
export function evidenceSchema(): string {
  const parts = { entry: entrySchema, signature: signatureSchema, archive: archiveSchema }
  const $defs = Object.fromEntries(Object.entries(parts).map(([name, schema]) => [name, z.toJSONSchema(schema)]))
  return `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", $defs }, null, 2)}\n`
}
