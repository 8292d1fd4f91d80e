// C5. The evidence of D8 says what was seen, both halves of it, and nothing calls the rebuild infeasible any more.

import { describe, expect, inject } from "vitest"
import { d8EvidenceIn } from "../helpers/d8-evidence.ts"
import { saidIn, told } from "../helpers/docs-statements.ts"
import { saidOf } from "../helpers/earlier.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { limitationClaims, ruledOutIn } from "../helpers/limitation-claims.ts"
import { orchestratorRepo } from "../helpers/orchestrator-repo.ts"
import { pinnedBase } from "../helpers/pinned.ts"
import { documentsAt, documentsNamed } from "../helpers/repo-documents.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { documents, statements } = target

async function theBase(evidence: Evidence) {
  const pinned = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev: pinned.baseRev })
  return pinned
}

/** Where the evidence of D8 stands: in the base, or in the repo of the loops. */
async function theEvidence(evidence: Evidence) {
  const places = {
    base: () => theBase(evidence).then(({ base, baseRev }) => ({ repo: base, rev: baseRev })),
    orchestrator: () => evidence.shared("the orchestrator's repo", () => orchestratorRepo(target)),
  }
  const { repo, rev } = await places[documents.d8.repo]()
  const { documents: found, missing } = await documentsNamed(repo, rev, [documents.d8.path])
  return { rev, missing, says: found.map((document) => d8EvidenceIn(document, documents.d8.heading)) }
}

async function everyDocument(evidence: Evidence) {
  const { base, baseRev } = await theBase(evidence)
  const every = await evidence.shared("every document of the base", () =>
    documentsAt(base, baseRev, documents.unsearched),
  )
  evidence(
    "documents searched",
    every.documents.map(({ path }) => path),
  )
  evidence("documents left out, and why", every.left)
  evidence("not read as documents", every.unread)
  return every.documents
}

describe("C5: honest D8", { tags: ["W5"] }, () => {
  test("C5.1 the D8 evidence names both halves, and both match the ledger's", async ({ evidence }) => {
    const { rev, missing, says } = await theEvidence(evidence)
    const half = {
      static: saidOf(["C1.9", "C1.10"], inject("earlier")),
      dynamic: saidOf(["C4.2", "C4.8"], inject("earlier")),
    }
    const [runs] = half.static.said.map(({ observations }) => observations["what runs"])
    const [instance, same] = ["C4.2", "C4.8"].map((id) => half.dynamic.said.find((one) => one.id === id)?.observations)
    const uuid = (instance?.instance as { uuid?: string } | undefined)?.uuid
    evidence(`section "${documents.d8.heading}" of ${documents.d8.path} at ${rev}`, says)
    evidence("what the ledger has run, and what a clean room became", {
      runs: runs ?? null,
      uuid: uuid ?? null,
      became: same?.["system path"] ?? null,
    })

    expect(missing, "documents that are not there").toEqual([])
    expect(says, "the section").toEqual([
      expect.objectContaining({ sections: expect.toSatisfy((lines) => lines.length === 1, "one section") }),
    ])
    const [{ static: ofStatic = [], dynamic: ofDynamic = [], systems = [], uuids = [] } = {}] = says
    expect({ static: ofStatic.length > 0, dynamic: ofDynamic.length > 0 }, "halves that it names").toEqual({
      static: true,
      dynamic: true,
    })
    evidence.waitForAll(half.static.unknown.map((id) => `the evidence of ${id}`))
    expect(systems, "systems that it names, and the one that runs").toEqual([runs])
    expect(
      half.static.said.filter(({ verdict }) => verdict !== "pass").map(({ id, verdict }) => `${id}: ${verdict}`),
      "of the static half, not passed",
    ).toEqual([])
    evidence.waitForAll(half.dynamic.unknown.map((id) => `the evidence of ${id}`))
    // Nobody can have written of a machine that did not exist when this run began.
    const fresh = half.dynamic.said.filter(({ when }) => when === "this run")
    evidence.waitForAll(fresh.slice(0, 1).map(() => `the D8 evidence to name the machine of this run's clean room`))
    expect(uuids, "machines that it names, and the clean room's").toEqual([uuid])
    expect(same?.["system path"], "what the clean room became").toBe(runs)
    expect(
      half.dynamic.said.filter(({ verdict }) => verdict !== "pass").map(({ id, verdict }) => `${id}: ${verdict}`),
      "of the dynamic half, not passed",
    ).toEqual([])
  })

  test('C5.2 "infeasible by design" and its relatives are gone from every document at HEAD', async ({ evidence }) => {
    const searched = (await everyDocument(evidence)).map((document) => saidIn(document, statements.infeasible))
    evidence(
      "looked for",
      statements.infeasible.map(({ says }) => says),
    )
    evidence(
      "said of the past, or denied",
      searched.flatMap(({ excused }) => excused.map((one) => `${told(one)} (${one.because})`)),
    )

    expect(searched.length, "documents searched").toBeGreaterThan(0)
    expect(
      searched.flatMap(({ said }) => said.map(told)),
      "sentences that call it infeasible",
    ).toEqual([])
  })

  test("C5.3 every limitation is narrow (one check, one subject), says what is still claimed and tested, is signed by the Adversary, unexpired, used, and gives neither the host key nor DNS/certificate as its reason", async ({
    evidence,
  }) => {
    const every = await everyDocument(evidence)
    const { claimed, blaming } = limitationClaims(every)
    const earlier = Object.entries(inject("earlier"))
    const limited = earlier.filter(([, { verdict }]) => verdict === "limited").map(([id]) => id)
    const standing = inject("limitations")
    evidence("limitations that documents claim", claimed)
    evidence("limitations that stand in the Adversary's ledger", standing)
    evidence("verdicts of earlier runs, and those of them that a limitation made", { known: earlier.length, limited })

    expect(every.length, "documents searched").toBeGreaterThan(0)
    expect(blaming, "limitations with a reason that is none").toEqual([])
    expect(
      standing.filter(({ signed }) => !signed).map(({ id }) => id),
      "limitations that the Adversary did not sign",
    ).toEqual([])
    expect(
      standing.flatMap(({ id, flaws }) => flaws.map((flaw) => `${id}: ${flaw}`)),
      "limitations that are not narrow, say too little or last too long",
    ).toEqual([])
    expect(
      standing.filter(({ used }) => !used).map(({ id, check, reads }) => `${id}: without it ${check} reads ${reads}`),
      "limitations that nothing needs",
    ).toEqual([])
    expect(
      standing.flatMap(({ id, reason }) => ruledOutIn(reason).map((what) => `${id}: ${what}`)),
      "limitations with a reason that the plan rules out",
    ).toEqual([])
    expect(
      limited.filter((id) => !standing.some(({ check }) => check === id)),
      "verdicts that rest on a limitation which does not stand any more",
    ).toEqual([])
    expect(standing.length > 0 ? [] : claimed, "limitations that documents claim and nobody granted").toEqual([])
  })
})
