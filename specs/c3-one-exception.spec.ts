// C3, first half. Every secret is sealed in git and what the host has is what git says; one key opens it all.
// That no secret lies anywhere in the clear is in c3-no-plaintext.spec.ts.

import { describe, expect, inject } from "vitest"
import { decrypted } from "../helpers/decrypted.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { exceptionsIn } from "../helpers/exceptions.ts"
import { historyOf } from "../helpers/git-history.ts"
import { newNonce } from "../helpers/hmac.ts"
import { hostKeys, identitiesOn } from "../helpers/host-keys.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { pinnedBase, recoveryIdentity, secretsMirror } from "../helpers/pinned.ts"
import { formerRecipients, type Reader, readersOf } from "../helpers/recipients.ts"
import { leafInGit, leavesOf, lockedDocuments } from "../helpers/sealed-documents.ts"
import { liveManifests } from "../helpers/sops-manifest.ts"
import { connect } from "../helpers/ssh.ts"
import { swarmSecrets } from "../helpers/swarm-secrets.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { certificate, documents, host, secrets, sops } = target
const { registry, others, ...named } = secrets.required
// Live bytes and those in git meet only as HMACs under this nonce, which is never written down.
const nonce = newNonce()

async function theBase(evidence: Evidence) {
  const pinned = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev: pinned.baseRev })
  return pinned
}

const theSecrets = (evidence: Evidence) => evidence.shared("the secrets repo", () => secretsMirror(target))

async function inGit(evidence: Evidence) {
  const base = await theBase(evidence)
  const mirror = await theSecrets(evidence)
  const identity = await recoveryIdentity(target)
  const locked = await evidence.shared("every locked sops document", () =>
    lockedDocuments(target, base, mirror, identity),
  )
  evidence.subject({ secretsRev: locked.rev, lockSha256: locked.lockSha256 })
  evidence(
    "sops documents at the locked revision",
    locked.documents.map(({ path }) => path),
  )
  return locked
}

async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
  return ssh
}

describe("C3: all secrets in git, one exception", { tags: ["W2"] }, () => {
  test("C3.1 every secret the Definition of Done names (certificate and key, Drone OAuth id and secret, RPC secret, webhook HMAC, registry credentials where used, app and infra secrets) is a sops leaf at the locked rev", async ({
    evidence,
  }) => {
    const locked = await inGit(evidence)
    const leaves = leavesOf(locked, sops.file)
    const wanted = [
      ...[certificate.certificateKey, certificate.privateKeyKey, ...Object.values(named)],
      ...(typeof registry === "string" ? [registry] : []),
      ...others,
    ]
    evidence("leaves of the host's sops document", leaves)
    evidence("leaf of each secret named", { ...named, registry, others })

    expect(leaves.length, `leaves of ${sops.file}`).toBeGreaterThan(0)
    expect(
      wanted.filter((leaf) => !leaves.includes(leaf)),
      "secrets that are no leaf",
    ).toEqual([])
    expect(
      wanted.filter((leaf) => !leafInGit(locked, sops.file, leaf)?.length),
      "leaves that hold nothing",
    ).toEqual([])
  })

  test("C3.2 every decrypted secret and template on the host equals its git leaf, with the declared owner and mode", async ({
    evidence,
  }) => {
    const locked = await inGit(evidence)
    const ssh = await theHost(evidence)
    const { manifests, declared, live, stray } = await decrypted(ssh, host.programs, nonce, locked)
    evidence("manifests of the running system", manifests)
    evidence("as they are", live)
    evidence("under the mount point and in no manifest", stray)

    expect(declared.length, "secrets and templates declared").toBeGreaterThan(0)
    expect(live, "secrets and templates as they are").toEqual(declared)
    expect(stray, "files of another generation, or that no manifest declares").toEqual([])
  })

  test("C3.3 every swarm secret equals a git leaf and every one declared exists", async ({ evidence }) => {
    const locked = await inGit(evidence)
    const ssh = await theHost(evidence)
    const leafOf = (leaf: string) => leafInGit(locked, sops.file, leaf)
    const { secrets: all, mounted, unseen, notGiven, notDeclared } = await swarmSecrets(ssh, target, nonce, leafOf)
    evidence("secrets of the swarm", all)
    evidence(
      "compared where they are mounted",
      mounted.map(({ where, holds }) => `${where}: ${holds}`),
    )

    expect(mounted.length, "secrets compared").toBeGreaterThan(0)
    expect(
      mounted.filter(({ holds }) => holds !== "the bytes in git"),
      "mounted secrets that are not what is in git",
    ).toEqual([])
    expect(unseen, "secrets of the swarm that no running task has, so that nobody can tell what they hold").toEqual([])
    expect(notGiven, "declared, and given to no service").toEqual([])
    expect(notDeclared, "given to a service, and of no leaf that the target file names").toEqual([])
  })

  test("C3.4 the recipients of every sops file are exactly the expected ones: the host's (derived from its live SSH host key or its age key) and the recovery key", async ({
    evidence,
  }) => {
    const locked = await inGit(evidence)
    const ssh = await theHost(evidence)
    const recovery = await recoveryIdentity(target)
    const bootstrap = await identitiesOn(ssh, host.programs, secrets.bootstrapKey)
    const expected = [...bootstrap, recovery].map(({ recipient }) => ({
      written: recipient,
      openedBy: recipient,
      stanzas: 1,
    }))
    const readers = await readersOf(locked.documents, [...bootstrap, recovery])
    const mirror = await theSecrets(evidence)
    const history = await evidence.shared("every version in the secrets repo", () => historyOf(mirror))
    evidence("the host's recipient", bootstrap.map(({ recipient }) => recipient).join(" "))
    evidence("the recovery key's recipient", recovery.recipient)
    evidence("age files of each document, and who opens them", readers)
    evidence("recipients in every version", Object.fromEntries(await formerRecipients(mirror, history)))

    expect(readers.length, "sops documents").toBeGreaterThan(0)
    expect(bootstrap.length, "identities in the host's key file").toBe(1)
    expect(readers, "age files of each document, and who opens them").toEqual(
      readers.map(({ path }) => ({
        path,
        keys: expect.toSatisfy(
          (keys) => JSON.stringify(sorted(keys)) === JSON.stringify(sorted(expected)),
          `the host's and the recovery key's: ${JSON.stringify(sorted(expected))}`,
        ),
        others: [],
      })),
    )
  })

  test("C3.5 the recovery key alone opens every file at the locked rev", async ({ evidence }) => {
    const { rev, documents: sealed } = await inGit(evidence)
    evidence("locked revision of the secrets", rev)
    evidence("values opened", Object.fromEntries(sealed.map(({ path, opened }) => [path, opened?.names().length ?? 0])))

    expect(sealed.length, "sops documents").toBeGreaterThan(0)
    expect(
      sealed.filter(({ opened }) => opened === undefined).map(({ path, why }) => `${path}: ${why}`),
      "documents it does not open",
    ).toEqual([])
  })

  test("C3.6 exactly one key decrypts on the host", async ({ evidence }) => {
    const locked = await inGit(evidence)
    const ssh = await theHost(evidence)
    const manifests = await liveManifests(ssh, host.programs)
    const mountPoints = [...new Set(manifests.map(({ secretsMountPoint }) => secretsMountPoint))]
    const { searched, keys, used, unreadable } = await hostKeys(ssh, host.programs, mountPoints, locked.documents)
    const opening = keys.filter(({ opens }) => opens.length > 0)
    const bootstrap = keys.filter(({ where }) => where === secrets.bootstrapKey).map(({ recipient }) => recipient)
    evidence("directories searched", searched)
    evidence("keys, and what they open", keys)
    evidence("keys of the last activation", used)
    evidence(
      "keys that sops-nix is told to use",
      manifests.map(({ ageKeyFile, ageSshKeyPaths, sshKeyPaths }) => ({ ageKeyFile, ageSshKeyPaths, sshKeyPaths })),
    )

    expect(bootstrap.length, `keys in ${secrets.bootstrapKey}`).toBe(1)
    expect([...new Set(opening.map(({ recipient }) => recipient))], "keys that open what is sealed").toEqual(bootstrap)
    expect(
      opening.map(({ where }) => where).filter((where) => where !== secrets.bootstrapKey),
      "further places where it lies",
    ).toEqual(Object.keys(used).sort())
    expect(used, "keys of the last activation").toEqual(
      Object.fromEntries(Object.keys(used).map((file) => [file, bootstrap])),
    )
    expect(unreadable, "what looks like an age key and is none").toEqual([])
    expect(
      manifests.map(({ ageKeyFile }) => ageKeyFile),
      "the key file that sops-nix is told to use",
    ).toEqual(manifests.map(() => secrets.bootstrapKey))
  })

  test("C3.8 docs/secrets.md names exactly that one exception", { tags: ["W6"] }, async ({ evidence }) => {
    const { base, baseRev } = await theBase(evidence)
    const text = (await base.fileAt(baseRev, documents.secrets))?.toString()
    const { sections, named, further, elsewhere } = exceptionsIn(text ?? "", secrets.exceptionHeading)
    evidence("document", { path: documents.secrets, there: text !== undefined, commit: baseRev })
    evidence(`sections "${secrets.exceptionHeading}", by line`, sections)
    evidence("paths they name", named)

    expect(sections.length, `sections "${secrets.exceptionHeading}" of ${documents.secrets}`).toBe(1)
    expect(named, "exceptions named").toEqual([secrets.bootstrapKey])
    expect(further, "sentences there that speak of a further one").toEqual([])
    expect(elsewhere, "sentences elsewhere that put a secret outside git").toEqual([])
  })
})

const sorted = (keys: Reader[]) =>
  keys.map(({ written, openedBy, stanzas }) => `${written} opened by ${openedBy}, keys: ${stanzas}`).sort()
