// The target file, key by key. The reference and the JSON Schema in docs/ are generated from it (target-reference.ts).

import { z } from "zod"
import {
  address,
  file,
  hostKey,
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

const credential = () =>
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

const repo = (meaning: string) =>
  z
    .strictObject({
      url: url(["http:", "https:", "file:"]).describe("Where it is cloned from; never with a user or token in it."),
      branch: line().default("main").describe("The protected branch that is verified."),
      credential: credential(),
    })
    .describe(meaning)

/** Phrases by which an operator drops a certificate by hand, which C2 says nobody does any more. */
export const operatorSteps = [
  String.raw`\b(?:scp|sftp|rsync|cp|mv|install|tee|dd)\b.*\b(?:fullchain|privkey)\.pem\b`,
  String.raw`\b(?:certbot|lego|acme\.sh|dehydrated)\b`,
  String.raw`\bdrop(?:s|ped|ping)?\b[^.]*\bcert(?:ificate)?s?\b`,
  String.raw`\b(?:place|put|copy|upload)\b[^.]*\bcert(?:ificate)?s?\b[^.]*(?:/var/lib/|\b(?:on|onto|to|into) the (?:host|server|machine|vm)\b)`,
]

export const targetSchema = z.strictObject({
  name: label().describe("Names the target in reports and evidence."),
  host: z
    .strictObject({
      address: z.union([address(), hostname()], "expected an IP address or host name").describe("Reached directly."),
      port: port().default(22).describe("Where its sshd listens."),
      user: word().describe("Who logs in; reading everything needs root."),
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
    .describe("The live host, over ssh. Direct only: there is no key for a proxy or jump host."),
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
    })
    .describe("The base repo's flake."),
  domain: hostname().describe("The domain that is served, with its wildcard."),
  sops: z
    .strictObject({
      file: repoPath().describe("The host's sops document in the secrets repo."),
      recoveryKey: file("age identity of the recovery key, mode 0600.").describe("The recovery key."),
    })
    .describe("The sops documents."),
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
  documents: z
    .strictObject({
      install: repoPath().describe("How to install; its commands are run in the clean room."),
      secrets: repoPath().describe("Every secret, and the one exception."),
      architecture: repoPath().describe("The architecture."),
      plan: repoPath().describe("The plan."),
      decisions: repoPath().describe("The decisions."),
      status: repoPath().describe("Where `## DONE` is written."),
    })
    .describe("Documents, as paths in the base repo."),
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
})
