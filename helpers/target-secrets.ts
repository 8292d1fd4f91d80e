// What is secret on a target, and where it is looked for: the keys that C3 rests on.

import { z } from "zod"
import { allowances } from "./target-parts.ts"
import { file, hostPath, line, localPath, text, word } from "./target-values.ts"

const leaf = (meaning: string) => line().describe(`${meaning}, as a path in the sops document.`)

/** How the inventory of C3.7 may class what an entry of the target file names. */
export const placeClasses = ["derived from git", "regenerable identity"] as const

export const secrets = () =>
  z.strictObject({
    bootstrapKey: hostPath().describe("The bootstrap age key on the host, the only secret that is not in git."),
    required: z
      .strictObject({
        droneOauthId: leaf("Drone's OAuth client id"),
        droneOauthSecret: leaf("Drone's OAuth client secret"),
        droneRpcSecret: leaf("What Drone and its runners share"),
        webhookHmac: leaf("The key that webhooks are signed with"),
        registry: z
          .union(
            [
              leaf("Registry credentials"),
              z.strictObject({ notUsed: line().describe("Why the target has no registry credentials.") }),
            ],
            "expected a leaf or { notUsed: REASON }",
          )
          .describe("Registry credentials as a path in the sops document, or { notUsed: REASON }."),
        others: z
          .array(leaf("Another secret of an app or of the infrastructure"))
          .default([])
          .describe("Other leaves."),
      })
      .describe("The secrets that the Definition of Done names; the certificate is under `certificate`."),
    public: z
      .array(line())
      .default([])
      .describe("Leaves whose values are no secrets, beside the certificate; they are not searched for."),
    exceptionHeading: line()
      .default("The one exception")
      .describe("Heading of the section of the secrets document that names the one exception."),
    places: z
      .array(
        z.strictObject({
          pattern: line().describe("Path on the host, anchored; `*` stays within a directory, `**` does not."),
          class: z
            .enum(placeClasses, `expected ${placeClasses.join(" or ")}`)
            .describe("What lies there; `derived from git` is compared, `regenerable identity` is taken as said."),
          reason: line().describe("Why it is that."),
        }),
      )
      .default([])
      .describe("Places on the host where secrets lie, beside those that every host has."),
  })

export const swarm = () =>
  z
    .array(
      z.strictObject({
        service: word().describe("Name of the service."),
        secrets: z
          .record(word(), line())
          .describe("The leaf of the sops document by the file name under /run/secrets in its tasks."),
      }),
    )
    .min(1, "expected at least the proxy")

export const search = () =>
  z.strictObject({
    nowhere: z
      .array(
        z.strictObject({
          name: line().describe("Names it in findings, such as `Gandi token`."),
          value: z
            .union(
              [
                file("File that holds it, mode 0600."),
                z.strictObject({
                  env: text("the name of an environment variable", /^[A-Za-z_][A-Za-z0-9_]*$/).describe(
                    "Environment variable that holds it.",
                  ),
                }),
              ],
              "expected { file: PATH } or { env: NAME }",
            )
            .describe("Where the verifier finds it."),
        }),
      )
      .min(1, "expected at least the Gandi token")
      .describe("Secrets that must be nowhere: not in git, not even sealed, not on the host, not on this machine."),
    here: z
      .array(localPath())
      .default(["~"])
      .describe("Files and directories of this machine that are searched for those that must be nowhere."),
    unscanned: allowances("Places that may stay unsearched, such as a damaged archive among a program's test files."),
    skipSigned: z
      .boolean("expected true or false")
      .default(false)
      .describe("Whether store paths that a key under `flake` signed are hashed only, not searched."),
  })
