// C2. The wildcard certificate and its key are sops secrets in git, and what is in git is what is served, everywhere.

import { dirname } from "node:path"
import { describe, expect, inject } from "vitest"
import { certificateSha256, chainFacts, parseChain, publicKeyIn } from "../helpers/certificate.ts"
import { certificateSources } from "../helpers/certificate-sources.ts"
import { saidOf } from "../helpers/earlier.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { compared, declined, everyGreeting, greet, theChain } from "../helpers/greetings.ts"
import { newNonce } from "../helpers/hmac.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { liveFiles } from "../helpers/live-files.ts"
import { operatorStepsIn } from "../helpers/operator-steps.ts"
import { pinnedBase, pinnedSecrets } from "../helpers/pinned.ts"
import { resumes } from "../helpers/resumption.ts"
import { trustRoots } from "../helpers/roots.ts"
import { connect } from "../helpers/ssh.ts"
import { docker, mounts } from "../helpers/swarm.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { certificate, domain, endpoints, host, proxy } = target
const { live } = certificate
// Live bytes and those in git meet only as HMACs under this nonce, which is never written down.
const nonce = newNonce()

async function baseInGit(evidence: Evidence) {
  const pinned = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev: pinned.baseRev })
  return pinned
}

async function secretsInGit(evidence: Evidence) {
  const base = await baseInGit(evidence)
  const { locked, sops } = await evidence.shared("the locked secrets", () => pinnedSecrets(target, base))
  evidence.subject({ secretsRev: locked.rev, lockSha256: locked.lockSha256 })
  return { rev: locked.rev, sops }
}

async function certificateInGit(evidence: Evidence) {
  const { sops } = await secretsInGit(evidence)
  const pem = sops.leaf(certificate.certificateKey)
  const key = sops.leaf(certificate.privateKeyKey)
  const chain = parseChain(pem.reveal(), pem.name)
  return { pem, key, chain, digests: chain.map(certificateSha256) }
}

async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
  return ssh
}

describe("C2: certificate in git", () => {
  test("C2.1 certificate and key are sops leaves at the locked rev and belong to each other", async ({ evidence }) => {
    const { rev, sops } = await secretsInGit(evidence)
    const leaves = [certificate.certificateKey, certificate.privateKeyKey]
    evidence("locked revision of the secrets", rev)
    evidence("leaves of the sops document", sops.names())

    expect(sops.names(), "leaves of the sops document").toEqual(expect.arrayContaining(leaves))
    const [ofCertificate, ofKey] = leaves.map((name) => publicKeyIn(sops.leaf(name)))
    evidence("public key (SHA-256 of its SPKI) of the certificate", ofCertificate)
    evidence("public key (SHA-256 of its SPKI) of the private key", ofKey)
    expect(ofCertificate?.kind, certificate.certificateKey).toBe("certificate")
    expect(ofKey?.kind, certificate.privateKeyKey).toBe("private key")
    expect(ofKey?.spkiSha256, "public half of the key in git").toBe(ofCertificate?.spkiSha256)
  })

  test("C2.2 the certificate covers the domain and its wildcard, is valid now and for the configured margin, and chains in order to a trusted root", async ({
    evidence,
  }) => {
    const { chain } = await certificateInGit(evidence)
    const facts = chainFacts(chain, await trustRoots(target), domain, new Date())
    evidence("certificates, in the order of the file", facts.certificates)
    evidence("names of the leaf", facts.names)
    evidence("days left", `${facts.daysLeft} of at least ${certificate.marginDays}`)
    evidence("order", facts.links)
    evidence("trusted root", facts.anchor)

    expect({ [domain]: facts.coversApex, [`*.${domain}`]: facts.coversWildcard }, "names covered").toEqual({
      [domain]: true,
      [`*.${domain}`]: true,
    })
    expect(facts.serverAuth, "the leaf may authenticate a TLS server").toBe(true)
    expect(facts.notValidAt, "certificates not valid now").toEqual([])
    expect(facts.daysLeft, "days left").toBeGreaterThanOrEqual(certificate.marginDays)
    expect(
      facts.links.filter(({ signed }) => !signed).map(({ says }) => says),
      "breaks in the chain",
    ).toEqual([])
    expect(
      facts.certificates.slice(0, 1).filter(({ selfSigned, isCa }) => selfSigned || isCa),
      "a leaf that signed itself or may sign others",
    ).toEqual([])
    expect(facts.anchor, "trusted root that the chain ends at").not.toBeNull()
  })

  test("C2.3 the files at the live path hold exactly the git bytes, come from sops (ramfs/tmpfs, right owner and mode)", async ({
    evidence,
  }) => {
    const { pem, key } = await certificateInGit(evidence)
    const ssh = await theHost(evidence)
    const paths = [live.certificate, live.privateKey, "/run/secrets"]
    const [certificateFile, keyFile, generation] = await liveFiles(ssh, host.programs, nonce, paths)
    const shown = [certificateFile, keyFile].map((file) => ({
      path: file?.path,
      from: file?.real && dirname(file.real),
      type: file?.type,
      inMemory: ["tmpfs", "ramfs"].includes(file?.fileSystem ?? ""),
      owner: file?.owner,
      group: file?.group,
      mode: file?.mode,
    }))
    const bytes = {
      [live.certificate]: certificateFile?.hmac === pem.hmac(nonce),
      [live.privateKey]: keyFile?.hmac === key.hmac(nonce),
    }
    evidence("current generation of sops", generation?.real)
    evidence("files", shown)
    evidence("holds exactly the bytes in git", bytes)

    const common = {
      from: generation?.real,
      type: "regular file",
      inMemory: true,
      owner: live.owner,
      group: live.group,
    }
    expect(generation?.real, "where /run/secrets points").toMatch(/^\/run\/secrets\.d\/\d+$/)
    expect(shown, "the live files").toEqual([
      { path: live.certificate, ...common, mode: live.certificateMode },
      { path: live.privateKey, ...common, mode: live.privateKeyMode },
    ])
    expect(bytes, "holds exactly the bytes in git").toEqual({ [live.certificate]: true, [live.privateKey]: true })
  })

  test("C2.4 the running proxy task's mounted swarm secrets hold exactly the git bytes", async ({ evidence }) => {
    const { pem, key } = await certificateInGit(evidence)
    const ssh = await theHost(evidence)
    const { service, running } = await docker(ssh, host.programs).service(proxy.service)
    const wanted = [
      { file: proxy.certificateSecret, hmac: pem.hmac(nonce) },
      { file: proxy.privateKeySecret, hmac: key.hmac(nonce) },
    ]
    const places = running.flatMap(({ container }) =>
      wanted.map(({ file, hmac }) => ({
        container,
        file,
        hmac,
        path: `/proc/${container.State.Pid}/root/run/secrets/${file}`,
      })),
    )
    const files = await liveFiles(
      ssh,
      host.programs,
      nonce,
      places.map(({ path }) => path),
    )
    const mounted = places.map(({ container, file, hmac }, index) => {
      const holds = files[index]?.hmac === hmac ? "the bytes in git" : "other bytes"
      return `${container.Id.slice(0, 12)} ${file}: ${files[index]?.type === null ? "absent" : holds}`
    })
    const asked = mounts(service.Spec.TaskTemplate.ContainerSpec)
    const stale = running.filter(({ task }) => mounts(task.Spec.ContainerSpec).join() !== asked.join())
    evidence(
      `containers of ${proxy.service} that run on this host`,
      running.map(({ container }) => container.Id),
    )
    evidence("secrets the service asks for", asked)
    evidence("mounted secrets", mounted)

    expect(running.length, `running containers of ${proxy.service}`).toBeGreaterThan(0)
    expect(
      mounted.filter((line) => !line.endsWith(": the bytes in git")),
      "mounted secrets that are not what is in git",
    ).toEqual([])
    expect(
      stale.map(({ container, task }) => [container.Id.slice(0, 12), ...mounts(task.Spec.ContainerSpec)]),
      "tasks that run with other secrets than the service asks for",
    ).toEqual([])
  })

  test("C2.5 every endpoint (gateway and origin; each SNI incl. apex, wildcard, random, unknown, none; TLS 1.2 and 1.3) serves exactly the git chain, DER by DER", async ({
    evidence,
  }) => {
    const { digests } = await certificateInGit(evidence)
    const asked = everyGreeting(target)
    const answers = (await greet(asked)).map((answer) => compared(answer, digests))
    const origin = endpoints.find(({ address }) => address === host.address) ?? endpoints[0]
    const sessions = await Promise.all(
      endpoints.map(async (endpoint) => ({
        endpoint: endpoint.name,
        resumesSessionsOf: origin?.name,
        does: origin !== undefined && (await resumes(origin, endpoint, domain)),
      })),
    )
    evidence("the chain in git, SHA-256 of each DER", digests)
    evidence(
      `answers to ${asked.length} greetings`,
      answers.map(({ who, is }) => `${who}: ${is}`),
    )
    evidence("TLS ends at one server (its sessions resume at each endpoint)", sessions)

    expect(answers.filter(({ is }) => is === theChain).length, "endpoints seen serving the chain").toBeGreaterThan(0)
    expect(
      answers.filter(({ is }) => is !== theChain && is !== declined).map(({ who, is }) => `${who}: ${is}`),
      "answers that are not the chain in git",
    ).toEqual([])
    expect(
      sessions.filter(({ does }) => !does).map(({ endpoint }) => endpoint),
      `endpoints where TLS does not end at ${origin?.name}`,
    ).toEqual([])
  })

  test("C2.6 nothing else can supply a certificate: no ACME resolver, acme.json, second cert file or certificate store in the proxy", async ({
    evidence,
  }) => {
    const ssh = await theHost(evidence)
    const swarm = docker(ssh, host.programs)
    const sources = await certificateSources(ssh, host.programs, swarm, await swarm.service(proxy.service))
    const own = [proxy.certificateSecret, proxy.privateKeySecret].map((name) => `/run/secrets/${name}`)
    evidence("configuration searched", sources.searched)
    evidence("files of the proxy searched for keys", sources.filesSearched)
    evidence("certificate files that configuration names", sources.named)
    evidence("files that hold a private key", sources.keyFiles)

    expect(sources.filesSearched, "files searched").toBeGreaterThan(0)
    expect(
      [...new Set(sources.named.map(({ file }) => file))].sort(),
      "certificate files that configuration names",
    ).toEqual(own.sort())
    expect(sources.acme, "ACME in the configuration").toEqual([])
    expect(
      sources.keyFiles.filter(({ file }) => file !== `/run/secrets/${proxy.privateKeySecret}`),
      "other keys and key stores within the proxy's reach",
    ).toEqual([])
  })

  test("C2.7 no step by which an operator drops a certificate file is left, in documents or in configuration", async ({
    evidence,
  }) => {
    const { base, baseRev } = await baseInGit(evidence)
    const { searched, binary, found } = await operatorStepsIn(base, baseRev, target.operatorSteps)
    evidence("commit searched", baseRev)
    evidence("files searched", searched)
    evidence("binary files, not searched", binary)

    expect(searched, "files searched").toEqual(expect.arrayContaining([target.documents.install, "flake.nix"]))
    expect(found, "steps by which an operator drops a certificate").toEqual([])
  })

  test("C2.8 a rebuild served it: the latest clean room served the same chain (reads C4's evidence)", async ({
    evidence,
  }) => {
    const { said, unknown } = saidOf(["C4.7"], inject("earlier"))
    evidence.waitForAll(unknown.map(() => "a clean room's evidence (C4)"))
    const { digests } = await certificateInGit(evidence)
    evidence(
      "what the clean room said",
      said.map(({ id, verdict, when, hours }) => `${id}: ${verdict}, ${when}, ${hours} h ago`),
    )
    evidence("the chain in git now, SHA-256 of each DER", digests)

    expect(
      said.map(({ id, verdict, observations }) => ({
        id,
        verdict,
        chain: observations["the chain in git, SHA-256 of each DER"],
      })),
      "what the latest clean room served",
    ).toEqual([{ id: "C4.7", verdict: "pass", chain: digests }])
    expect(
      said.map(({ hours }) => hours).filter((hours) => hours > 24),
      "hours since, more than 24",
    ).toEqual([])
  })
})
