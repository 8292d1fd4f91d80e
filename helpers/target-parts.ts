// What stands in a target file more than once: machines, repos, credentials, lists of what is allowed.

import { z } from "zod"
import { address, file, hostKey, hostname, hostPath, line, port, text, url, word } from "./target-values.ts"

export const credential = () =>
  z
    .union(
      [
        file("File with the lines `username=…` and `password=…` (git-credential format), mode 0600."),
        z.strictObject({
          env: text("the name of an environment variable", /^[A-Za-z_][A-Za-z0-9_]*$/).describe(
            "Environment variable that holds those lines.",
          ),
        }),
      ],
      "expected { file: PATH } or { env: NAME }",
    )
    .optional()
    .describe("How to authenticate; without it the repo is read anonymously.")

export const repo = (meaning: string) =>
  z
    .strictObject({
      url: url(["http:", "https:", "file:"]).describe("Where it is cloned from; never with a user or token in it."),
      alsoAt: z
        .array(url(["http:", "https:"]))
        .default([])
        .describe("Other URLs it is served at; a flake may name any of them."),
      branch: line().default("main").describe("The protected branch that is verified."),
      credential: credential(),
    })
    .describe(meaning)

export const machine = (meaning: string) =>
  z
    .strictObject({
      address: z.union([address(), hostname()], "expected an IP address or host name").describe("Reached directly."),
      port: port().default(22).describe("Where its sshd listens."),
      user: word().describe("Who logs in; on the live host, reading everything needs root."),
      hostKey: hostKey().describe("The pinned public host key, `TYPE BASE64`; any other key is refused."),
      identity: z
        .union(
          [
            file("Private key to log in with, unencrypted, mode 0600."),
            z.strictObject({ agent: z.literal(true).describe("Log in with the keys of the agent at $SSH_AUTH_SOCK.") }),
          ],
          "expected { file: PATH } or { agent: true }",
        )
        .describe("How to log in."),
      programs: hostPath()
        .default("/run/current-system/sw/bin")
        .describe("Where its programs are; they are run by absolute path."),
    })
    .describe(meaning)

export const allowances = (meaning: string) =>
  z
    .array(
      z.strictObject({
        pattern: line().describe("Path, anchored; `*` stays within a directory, `**` does not."),
        reason: line().describe("Why it may be there."),
      }),
    )
    .default([])
    .describe(meaning)
