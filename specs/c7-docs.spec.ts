// C7. The documents describe what is so, all of it and nothing else: whoever follows them gets a cc-ci.

import { createHash } from "node:crypto"
import { describe, expect, inject } from "vitest"
import { applied } from "../helpers/allowances.ts"
import { unevaluated } from "../helpers/builder.ts"
import { linksOf } from "../helpers/docs-links.ts"
import { type Mention, mentionsIn } from "../helpers/docs-mentions.ts"
import { absentFiles, absentOnHost, attributesOfKey, isKnownName } from "../helpers/docs-presence.ts"
import { ownWords, saidIn, told } from "../helpers/docs-statements.ts"
import { documentedSecrets } from "../helpers/documented-secrets.ts"
import { saidOf } from "../helpers/earlier.ts"
import { type Evidence, patient, test } from "../helpers/evidence.ts"
import { flakeLock } from "../helpers/flake.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { entriesOf, isSection, pointsOf } from "../helpers/open-decisions.ts"
import { lockedRev, pinnedBase, recoveryIdentity, secretsMirror } from "../helpers/pinned.ts"
import { documentsAt, documentsNamed } from "../helpers/repo-documents.ts"
import { lockedDocuments } from "../helpers/sealed-documents.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { documents, flake, host, secrets, statements } = target
const four = [documents.install, documents.secrets, documents.architecture, documents.plan]

async function theBase(evidence: Evidence) {
  const pinned = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev: pinned.baseRev })
  return pinned
}

async function theDocuments(evidence: Evidence, paths: string[]) {
  const { base, baseRev } = await theBase(evidence)
  const named = await documentsNamed(base, baseRev, paths)
  evidence("documents", { at: baseRev, read: named.documents.map(({ path }) => path), missing: named.missing })
  return named
}

async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
  return ssh
}

const shown = (mentions: Mention[]) => mentions.map(({ what, where }) => `${what} (${where.slice(0, 3).join(", ")})`)

describe("C7: docs", { tags: ["W6"] }, () => {
  test("C7.1 install.md, secrets.md, architecture.md and the plan's §1.5/§4.0/§4.4 describe the new model: each required statement is there", async ({
    evidence,
  }) => {
    const { documents: read, missing } = await theDocuments(evidence, four)
    const looked = statements.required.map(({ in: name, section, says, any }) => {
      const own = read.filter(({ path }) => path === documents[name])
      const searched = own.map(({ path, passages }) => ({
        path,
        passages: ownWords(passages).filter(
          ({ under }) => section === undefined || under.some(({ text }) => isSection(text, section)),
        ),
      }))
      const found = searched.flatMap((document) => saidIn(document, [{ says, any }]).said)
      const place = section === undefined ? documents[name] : `${documents[name]} §${section}`
      return { statement: `${place}: ${says}`, at: found.map(({ path, line }) => `${path}:${line}`) }
    })
    evidence("where each statement is made", Object.fromEntries(looked.map(({ statement, at }) => [statement, at])))

    expect(missing, "documents that are not there").toEqual([])
    expect(
      looked.filter(({ at }) => at.length === 0).map(({ statement }) => statement),
      "statements that are not made",
    ).toEqual([])
  })

  test("C7.2 and none of the old one: operator-dropped certificate, secrets in the base, SOCKS proxy, ProxyCommand, the Pi as current", async ({
    evidence,
  }) => {
    const { base, baseRev } = await theBase(evidence)
    const every = await evidence.shared("every document of the base", () =>
      documentsAt(base, baseRev, documents.unsearched),
    )
    const searched = every.documents.map((document) => saidIn(document, statements.forbidden))
    const paths = every.documents.map(({ path }) => path)
    evidence("documents searched", paths)
    evidence("documents left out, and why", every.left)
    evidence(
      "said of the past, or denied",
      searched.flatMap(({ excused }) => excused.map((one) => `${told(one)} (${one.because})`)),
    )

    expect(paths, "documents searched").toEqual(expect.arrayContaining(four))
    expect(
      searched.flatMap(({ said }) => said.map(told)),
      "sentences that describe the old model",
    ).toEqual([])
  })

  test("C7.3 every secret in git is documented and every documented one is in git", async ({ evidence }) => {
    const { documents: read, missing } = await theDocuments(evidence, [documents.secrets])
    const base = await theBase(evidence)
    const mirror = await evidence.shared("the secrets repo", () => secretsMirror(target))
    const identity = await recoveryIdentity(target)
    const locked = await evidence.shared("every locked sops document", () =>
      lockedDocuments(target, base, mirror, identity),
    )
    evidence.subject({ secretsRev: locked.rev, lockSha256: locked.lockSha256 })
    const listed = read.map((document) => documentedSecrets(document, [secrets.exceptionHeading]))
    const documented = [...new Set(listed.flatMap(({ names }) => [...names.keys()]))].sort()
    const inGit = [...new Set(locked.documents.flatMap(({ opened }) => opened?.names() ?? []))].sort()
    evidence("documented", documented)
    evidence("leaves in git", inGit)

    expect(missing, "documents that are not there").toEqual([])
    expect(
      locked.documents.filter(({ opened }) => opened === undefined).map(({ path, why }) => `${path}: ${why}`),
      "sops documents that were not opened",
    ).toEqual([])
    expect(inGit.length, "leaves in git").toBeGreaterThan(0)
    expect(
      inGit.filter((name) => !documented.includes(name)),
      "in git and not documented",
    ).toEqual([])
    expect(
      documented.filter((name) => !inGit.includes(name)),
      "documented and not in git",
    ).toEqual([])
  })

  test("C7.4 every path, command, attribute and link they mention exists", patient, async ({ evidence }) => {
    const { documents: read, missing } = await theDocuments(evidence, [...four, ...documents.others])
    const base = await theBase(evidence)
    const mirror = await evidence.shared("the secrets repo", () => secretsMirror(target))
    const { rev } = await lockedRev(target, base)
    const files = await base.base.filesAt(base.baseRev)
    const every = await evidence.shared("every document of the base", () =>
      documentsAt(base.base, base.baseRev, documents.unsearched),
    )
    const byPath = new Map([...every.documents, ...read].map((document) => [document.path, document]))
    const links = linksOf(read, files, (path) => byPath.get(path))
    const mentions = mentionsIn(read)
    const lock = await evidence.shared("flake.lock", () => flakeLock(base.base, base.baseRev))
    const inputs = lock?.nodes.flatMap(({ paths }) => paths.map((path) => `inputs.${path}`)) ?? []
    const known = [...inputs, ...Object.values(secrets.required).flat()]
    const keys = mentions.keys.filter(({ what }) => !isKnownName(what, target) && !known.includes(what))
    const ssh = await theHost(evidence)
    const absentThere = await absentOnHost(ssh, host.programs, mentions)
    const absentHere = absentFiles(mentions.files, [files, await mirror.filesAt(rev)], target)
    const attributes = mentions.attributes.map(({ what }) => what)
    const candidates = keys.flatMap(({ what }) => attributesOfKey(what, flake.attribute))
    const refused = await unevaluated(target, base.baseRev, [...new Set([...attributes, ...candidates])])
    const gone = [
      ...absentHere,
      ...absentThere,
      ...mentions.attributes.filter(({ what }) => refused.has(what)),
      ...keys.filter(({ what }) => attributesOfKey(what, flake.attribute).every((one) => refused.has(one))),
    ]
    const { left, used } = applied(
      gone.map(({ what }) => what),
      documents.mayBeMissing,
    )
    evidence("links followed, and those out of the repo, which are not", {
      followed: links.followed,
      external: links.external,
    })
    evidence("mentioned", {
      files: mentions.files.map(({ what }) => what),
      hostPaths: mentions.hostPaths.map(({ what }) => what),
      programs: mentions.programs.map(({ what }) => what),
      units: mentions.units.map(({ what }) => what),
      attributes,
      keys: keys.map(({ what }) => what),
    })
    evidence("run on the operator's machine, which nobody looked at", shown(mentions.elsewhere))
    evidence("need not exist", used)

    expect(missing, "documents that are not there").toEqual([])
    expect(links.followed, "links followed").toBeGreaterThan(0)
    expect(mentions.programs.length, "programs that commands run").toBeGreaterThan(0)
    expect(links.dead, "dead links").toEqual([])
    expect(shown(gone.filter(({ what }) => left.includes(what))), "mentioned, and not there").toEqual([])
  })

  test("C7.5 the install.md the clean room ran is the one at HEAD (digest)", async ({ evidence }) => {
    const { said } = saidOf(["C4.4"], inject("earlier"))
    const [ran] = said.map(({ observations }) => observations["install.md"] as { path: string; sha256: string })
    const { base, baseRev } = await theBase(evidence)
    const bytes = await base.fileAt(baseRev, documents.install)
    const atHead = bytes && createHash("sha256").update(bytes).digest("hex")
    evidence("what the clean room ran", ran ?? null)
    evidence(`${documents.install} at ${baseRev}, SHA-256`, atHead ?? null)
    expect(atHead, `${documents.install} at HEAD`).toMatch(/^[0-9a-f]{64}$/)
    evidence.waitForAll(ran === undefined ? ["the evidence of C4.4"] : [])

    expect(ran, "what the clean room ran").toMatchObject({ path: documents.install, sha256: atHead })
  })

  test("C7.6 every open decision of §7 has its entry in DECISIONS.md", async ({ evidence }) => {
    const { documents: read, missing } = await theDocuments(evidence, [documents.plan, documents.decisions])
    const { base, baseRev } = await theBase(evidence)
    const markdown = (await base.fileAt(baseRev, documents.decisions))?.toString() ?? ""
    const points = read
      .filter(({ path }) => path === documents.plan)
      .flatMap((plan) => pointsOf(plan, "7", target.decisions))
    const entries = read
      .filter(({ path }) => path === documents.decisions)
      .flatMap((document) => entriesOf(document, markdown, target.decisions))
    const found = target.decisions.map(({ open }) => ({
      open,
      decided: entries.filter(({ is }) => is.includes(open)).map(({ decided }) => decided !== ""),
    }))
    evidence(`points of §7 of ${documents.plan}`, points)
    evidence(`entries of ${documents.decisions}`, entries)

    expect(missing, "documents that are not there").toEqual([])
    expect(points.length, "points of §7").toBeGreaterThan(0)
    expect(
      points.filter(({ is }) => is.length !== 1).map(({ line, says, is }) => `${line}: ${says}: ${is.join(", ")}`),
      "points that are not one of the decisions that the target file declares",
    ).toEqual([])
    expect(
      found.filter(({ decided }) => !decided.includes(true)).map(({ open }) => open),
      "decisions without an entry that decides",
    ).toEqual([])
  })
})
