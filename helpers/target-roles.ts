// Who runs the suite and signs what it saw, and where it stands who may.

import { z } from "zod"
import { credential } from "./target-parts.ts"
import { file, hostPath, line, repoPath, text, url } from "./target-values.ts"

const role = (meaning: string) =>
  z
    .strictObject({
      key: z
        .union(
          [
            file(
              "Private key, or the handle of one in a token (`sk-`); mode 0600. It need not exist where another role runs.",
            ),
            z.strictObject({
              agent: text("a fingerprint as ssh-add -l prints it", /^SHA256:[A-Za-z0-9+/]{43}$/).describe(
                "Fingerprint of a key that the agent at $SSH_AUTH_SOCK holds.",
              ),
            }),
          ],
          "expected { file: PATH } or { agent: SHA256:… }",
        )
        .describe("What it signs with."),
    })
    .optional()
    .describe(meaning)

export const signing = () =>
  z.strictObject({
    trust: z
      .strictObject({
        url: url(["http:", "https:", "file:"]).describe("The repo; not the one that the judged can change."),
        branch: line().default("main").describe("Its protected branch."),
        credential: credential(),
        allowedSigners: repoPath().describe("ssh-keygen's allowed_signers file on that branch."),
        ledgers: repoPath()
          .optional()
          .describe("Directory of this target's ledgers there: what is on the branch may be added to, never changed."),
      })
      .describe("Where it stands whose signatures count, read afresh by every run."),
    builder: role("Who built it. Its runs are kept, and certify nothing."),
    adversary: role("Who verifies it. Only its signature opens the gate."),
    ci: role("Who runs it every night and issues the nonces."),
    hostKeyFile: hostPath()
      .default("/etc/ssh/ssh_host_ed25519_key")
      .describe("The private half of `host.hostKey` on the host, which signs a run's nonce there."),
    sharedMachine: line()
      .optional()
      .describe("Why Builder and Adversary run on one machine and as one user, where they do; shown with every run."),
  })
