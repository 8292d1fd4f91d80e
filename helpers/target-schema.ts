// The target file, key by key. The reference and the JSON Schema in docs/ are generated from it (target-reference.ts).

import { z } from "zod"
import { operatorSteps } from "./operator-step-patterns.ts"
import { cleanRoom } from "./target-clean-room.ts"
import { decisions, documents, statements } from "./target-documents.ts"
import { orchestrator, regressions } from "./target-orchestrator.ts"
import { allowances, machine, repo } from "./target-parts.ts"
import { signing } from "./target-roles.ts"
import { search, secrets, swarm } from "./target-secrets.ts"
import {
  address,
  file,
  hostname,
  hostPath,
  label,
  line,
  localPath,
  mode,
  port,
  regex,
  repoPath,
  size,
  text,
  url,
  word,
} from "./target-values.ts"

export const targetSchema = z.strictObject({
  name: label().describe("Names the target in reports and evidence."),
  host: machine("The live host, over ssh. Direct only: there is no key for a proxy or jump host."),
  resolve: z
    .record(hostname(), address())
    .default({})
    .describe("Addresses of names that this machine's resolver does not know; git uses them."),
  repos: z
    .strictObject({
      base: repo("The public repo with the flake and the documents."),
      secrets: repo("The private repo with the sops documents."),
    })
    .describe("The two git repos."),
  flake: z
    .strictObject({
      attribute: line().describe("Name of the host under `nixosConfigurations`."),
      input: word().describe("The flake input that is the secrets repo."),
      substituters: z.array(line()).default([]).describe("Binary caches the cold build may fetch from."),
      publicKeys: z
        .array(text("NAME:BASE64", /^[^\s:]+:[A-Za-z0-9+/]{43}=$/))
        .default([])
        .describe("Keys whose signature on a fetched path counts, `NAME:BASE64`."),
    })
    .describe("The base repo's flake."),
  builder: z
    .union(
      [
        z.strictObject({
          here: z.literal(true).describe("Build with this machine's nix."),
          programs: hostPath().default("/usr/bin").describe("Where nix and git are on it."),
        }),
        machine("A machine to build on, over ssh; never the live host."),
      ],
      "expected { here: true } or a machine as under host",
    )
    .describe("Where the cold build runs. It shares no store with the live host."),
  parameters: z
    .array(
      z.strictObject({
        name: line().describe("What it is: `domain`, `gateway`, a recipient."),
        value: line().describe("Its value, as it stands in the base repo."),
      }),
    )
    .min(1, "expected at least the domain")
    .describe("Instance parameters that stand in exactly one place of the base repo; documents do not count."),
  allowed: z
    .strictObject({
      etc: allowances("Paths in /etc that are not from the closure."),
      programs: allowances("Executables and libraries that run and are not from the closure."),
      units: allowances("Unit files and drop-ins that are not from the closure."),
    })
    .default({ etc: [], programs: [], units: [] })
    .describe("What on the live host may be there without coming from the closure; each use is shown in the evidence."),
  rehash: z
    .strictObject({
      fullBelow: size()
        .default(32 * 2 ** 30)
        .describe("A closure up to this size is rehashed whole, a larger one by sample."),
      sample: z
        .int("expected a number of paths")
        .min(1)
        .default(200)
        .describe("Paths in a sample, beside all unsigned ones."),
    })
    .default({ fullBelow: 32 * 2 ** 30, sample: 200 })
    .describe("How much of the closure's bytes is read off the host and hashed here."),
  domain: hostname().describe("The domain that is served, with its wildcard."),
  sops: z
    .strictObject({
      file: repoPath().describe("The host's sops document in the secrets repo."),
      recoveryKey: file("age identity of the recovery key, mode 0600.").describe("The recovery key."),
    })
    .describe("The sops documents."),
  secrets: secrets().describe("What is secret, and the one secret that is not in git."),
  swarm: swarm().describe("Every swarm secret that a service is given."),
  search: search().describe("What is searched for secrets, and for which beside those in git."),
  certificate: z
    .strictObject({
      certificateKey: line().describe("Key of the certificate chain in the sops document."),
      privateKeyKey: line().describe("Key of its private key in the sops document."),
      live: z
        .strictObject({
          certificate: hostPath().describe("The chain on the host."),
          privateKey: hostPath().describe("Its private key on the host."),
          owner: word().describe("Owner of both."),
          group: word().describe("Group of both."),
          certificateMode: mode().describe("Mode of the chain."),
          privateKeyMode: mode().describe("Mode of the private key."),
        })
        .describe("Where sops puts them on the host."),
      marginDays: z.int("expected whole days").min(0, "expected whole days").describe("Days it must still be valid."),
      roots: z
        .union([file("PEM file of the roots."), z.literal("system")], "expected { file: PATH } or system")
        .describe("What the chain must lead to; `system` means the roots that node brings."),
    })
    .describe("The wildcard certificate."),
  endpoints: z
    .array(
      z.strictObject({
        name: label().describe("Names it in reports."),
        address: address().describe("IPv4 or IPv6 address; a name could hide one of several."),
        port: port().describe("TLS port."),
        refuses: z
          .array(z.enum(["unknown", "none"], "expected unknown or none"))
          .default([])
          .describe("SNIs it declines by design: `unknown` (a foreign name), `none` (no SNI at all)."),
      }),
    )
    .min(1, "expected at least one endpoint")
    .describe("Every place that serves the domain."),
  names: z
    .array(label())
    .describe("Hosts under the domain, tried as SNI beside the apex, a random, an unknown and none."),
  proxy: z
    .strictObject({
      service: word().describe("Swarm service that terminates TLS."),
      certificateSecret: word().describe("File name of the chain under /run/secrets in its task."),
      privateKeySecret: word().describe("File name of the private key there."),
    })
    .describe("The TLS proxy."),
  incus: z
    .strictObject({
      url: url(["https:"]).describe("The Incus API."),
      certificate: file("PEM file.").describe("Client certificate, restricted to the project."),
      key: file("PEM file, mode 0600.").describe("Its private key."),
      serverCertificate: file("PEM file.").describe("The pinned server certificate; any other is refused."),
      project: word().describe("The only project in which anything is ever changed."),
      guideline: size().describe("Memory the project's running instances may use together."),
      instances: z
        .array(
          z.strictObject({
            name: label().describe("Instance name."),
            memory: size().describe("Memory it should have."),
            host: z.boolean("expected true or false").default(false).describe("Whether it is the live host."),
          }),
        )
        .min(1, "expected at least one instance")
        .describe("The instances that belong there; exactly one has `host: true`."),
      throwaway: z
        .strictObject({ name: label().describe("Instance name."), memory: size().describe("Memory it gets.") })
        .describe("The clean room's machine, created and destroyed by a run."),
      image: word().describe("Alias of the image it is created from."),
      type: z.enum(["container", "virtual-machine"], "expected container or virtual-machine").describe("Its type."),
      baseline: file("JSON file; need not exist yet.").describe("How the other instances and projects were before."),
    })
    .describe("The Incus server the host and the clean room run on."),
  cleanRoom: cleanRoom().describe("The clean room: a throwaway that becomes cc-ci by the install document alone."),
  documents: documents().describe("Documents, as paths in the base repo."),
  statements: statements().describe("What the documents must say, and must not."),
  decisions: decisions().describe(
    "The open decisions of the plan's §7, each of which has an entry among the decisions.",
  ),
  orchestrator: z
    .union(
      [z.strictObject({ notApplicable: line().describe("Why there is no orchestrator to look at.") }), orchestrator()],
      "expected the keys of an orchestrator or { notApplicable: REASON }",
    )
    .describe("The machine that verifies, and the repo its loops work from."),
  regressions: regressions().describe(
    "Commands, which only read, by which D1 to D10 are seen to hold still; D8 has checks of its own.",
  ),
  sizing: z
    .strictObject({ heading: line().describe("Heading of the entry of the decisions that records the sizing.") })
    .describe("The sizing decision."),
  operatorSteps: z
    .array(regex())
    .min(1, "expected at least one pattern")
    .default(operatorSteps)
    .describe("Regular expressions (ignoring case, line by line) for steps by which an operator drops a certificate."),
  reports: z
    .strictObject({ directory: localPath().default(".").describe("Where reports and evidence go.") })
    .default({ directory: "." })
    .describe("Where a run is written down."),
  roles: signing().optional().describe("Who signs. Without it runs are unsigned, say so, and open no gate."),
})
