// C1. Secrets live in a private repo of their own, all of it sealed, and the base takes them by a locked input.
// That what runs is what git says, to the byte, is in c1-running-closure.spec.ts.

import { describe, expect, inject } from "vitest"
import { servedAnonymously, servedWith } from "../helpers/anonymous.ts"
import { contentOf } from "../helpers/base-content.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { flakeLock } from "../helpers/flake.ts"
import { historyOf, placeOf } from "../helpers/git-history.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { lockedTrees } from "../helpers/locked-trees.ts"
import { parseHash, sourceStorePath } from "../helpers/nix-hash.ts"
import { pinnedBase, pinnedSecrets, recoveryIdentity, secretsMirror } from "../helpers/pinned.ts"
import { sealedHistory } from "../helpers/sops-history.ts"
import { liveManifests } from "../helpers/sops-manifest.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { certificate, flake, host, repos, resolve } = target
const secretsUrls = [repos.secrets.url, ...repos.secrets.alsoAt]

async function theBase(evidence: Evidence) {
  const pinned = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev: pinned.baseRev })
  return pinned
}

const theSecrets = (evidence: Evidence) => evidence.shared("the secrets repo", () => secretsMirror(target))

async function theLock(evidence: Evidence) {
  const { base, baseRev } = await theBase(evidence)
  const lock = await evidence.shared("flake.lock", () => flakeLock(base, baseRev))
  const node = lock?.nodes.find(({ paths }) => paths.includes(flake.input))
  evidence.subject(lock ? { lockSha256: lock.lockSha256 } : {})
  return { lock, node }
}

async function everyVersion(evidence: Evidence) {
  const secrets = await theSecrets(evidence)
  const history = await evidence.shared("every version in the secrets repo", () => historyOf(secrets))
  const identity = await recoveryIdentity(target)
  const sealed = await evidence.shared("what is sealed in it", () => sealedHistory(secrets, history, identity))
  evidence("commits, in all refs", { commits: history.commits, refs: history.refs })
  evidence("versions of sops documents", sealed.documents)
  return { history, sealed }
}

describe("C1: secrets-repo split", { tags: ["W2"] }, () => {
  test("C1.1 the secrets repo holds only sops documents and `.sops.yaml`, in every commit reachable from any ref", async ({
    evidence,
  }) => {
    const { history, sealed } = await everyVersion(evidence)

    expect(history.commits, "commits searched").toBeGreaterThan(0)
    expect(sealed.documents.length, "sops documents found").toBeGreaterThan(0)
    expect(history.strange, "refs that lead to no commit").toEqual([])
    expect(sealed.strangers, "what is no sops document").toEqual([])
  })

  test("C1.2 every leaf of every sops document, in every such commit, is ciphertext under the strict format and its MAC verifies", async ({
    evidence,
  }) => {
    const { sealed } = await everyVersion(evidence)

    expect(sealed.documents.length, "sops documents opened").toBeGreaterThan(0)
    expect(sealed.unsealed, "what is not sealed").toEqual([])
  })

  test("C1.3 the secrets repo refuses an anonymous reader over every URL it is served at, and yields to the configured credential", async ({
    evidence,
  }) => {
    const secrets = await theSecrets(evidence)
    const { lock } = await theLock(evidence)
    const head = await secrets.revOf(repos.secrets.branch)
    const anonymous = await servedAnonymously(secretsUrls, resolve, head)
    const withCredential = await servedWith(repos.secrets.credential, secretsUrls, resolve)
    const shown = [...anonymous, ...withCredential].map(({ url, path, status }) => `${url}/${path}: ${status}`)
    evidence("answers without and with the credential", shown)

    expect(
      withCredential.filter(({ gives }) => !gives).map(({ url, status }) => `${url}: ${status}`),
      "URLs that refuse the credential too, so that a refusal says nothing",
    ).toEqual([])
    expect(
      anonymous.filter(({ gives }) => gives).map(({ url, path }) => `${url}/${path}`),
      "given to anybody",
    ).toEqual([])
    expect(
      lock?.problems.filter((problem) => problem.includes("credential")),
      "credentials in flake.lock",
    ).toEqual([])
  })

  test("C1.4 the base flake takes the secrets from that repo as a locked git input (type, URL, 40-hex rev, narHash), and nothing overrides it", async ({
    evidence,
  }) => {
    const { lock, node } = await theLock(evidence)
    await evidence.shared("a login on the host", async () => void (await connect(host)))
    const ssh = await connect(host)
    evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
    const manifests = await liveManifests(ssh, host.programs)
    const files = [...new Set(manifests.flatMap(({ secrets }) => secrets.map(({ sopsFile }) => sopsFile)))]
    evidence(`input ${flake.input}`, node)
    evidence("problems of flake.lock", lock?.problems)
    evidence(
      "manifests of the running system",
      manifests.map(({ file }) => file),
    )
    evidence("sops files it decrypts", files)

    expect(node?.locked, `locked input ${flake.input}`).toMatchObject({
      type: "git",
      rev: expect.stringMatching(/^[0-9a-f]{40}$/),
      narHash: expect.stringMatching(/^sha256-[A-Za-z0-9+/]{43}=$/),
    })
    expect(secretsUrls, "URLs of the secrets repo").toContain(node?.locked.url)
    expect(node?.original, "what the flake asks for").toMatchObject({ type: "git", url: node?.locked.url })
    expect(node?.paths, "inputs that are this node").toEqual([flake.input])
    expect(lock?.problems, "problems of flake.lock").toEqual([])
    const source = sourceStorePath(parseHash(String(node?.locked.narHash)))
    expect(files.length, "sops files the running system decrypts").toBeGreaterThan(0)
    expect(
      files.filter((file) => !file.startsWith(`${source}/`)),
      `sops files that are not from the locked input, ${source}`,
    ).toEqual([])
  })

  test("C1.5 every locked input's narHash is the NAR hash of its git tree at the locked rev, recomputed here", async ({
    evidence,
  }) => {
    const { lock } = await theLock(evidence)
    const secrets = await theSecrets(evidence)
    const trees = await lockedTrees(lock?.nodes ?? [], new Map(secretsUrls.map((url) => [url, secrets])))
    evidence("inputs, and the tier they were checked at", trees)

    expect(trees.length, "inputs").toBeGreaterThan(0)
    expect(
      trees.filter(({ tier }) => tier === "recomputed").map(({ input }) => input),
      "inputs recomputed",
    ).toContain(flake.input)
    expect(
      trees.filter(({ tier, says }) => tier === "recomputed" && says !== "the same"),
      "inputs whose tree is not what the lock says",
    ).toEqual([])
  })

  test("C1.6 the locked revs are on the repos' protected branches", async ({ evidence }) => {
    const { node } = await theLock(evidence)
    const secrets = await theSecrets(evidence)
    const rev = String(node?.locked.rev)
    const place = await placeOf(secrets, rev, repos.secrets.branch)
    evidence(`locked revision of ${flake.input}`, rev)
    evidence(`where it is, seen from ${repos.secrets.branch}`, place)

    expect(place, "the locked revision").toBe("on the branch")
  })

  test("C1.8 the base repo holds no sops document, no `.sops.yaml` and no secret, and is one repo", async ({
    evidence,
  }) => {
    const pinned = await theBase(evidence)
    const secrets = await theSecrets(evidence)
    const { sops } = await evidence.shared("the locked secrets", () => pinnedSecrets(target, pinned, secrets))
    const { searched, found } = await contentOf(pinned.base, pinned.baseRev, sops, [certificate.certificateKey])
    evidence("files searched", searched)
    evidence("for the values of", sops.names())

    expect(searched, "files searched").toBeGreaterThan(0)
    expect(found, "what the base must not hold").toEqual([])
  })
})
