// D8. Reproducible, in both halves: what runs is what git builds, and a new machine becomes the same from git alone.

import { describe, expect, inject } from "vitest"
import { aboutAnother, type Said, saidByAdversary, saidOf } from "../helpers/earlier.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const staticHalf = ["C1.9", "C1.10", "C1.11", "C1.12"]
const dynamicHalf = Array.from({ length: 10 }, (_, index) => `C4.${index + 1}`)
const halves = [
  { name: "C1.9-C1.12", checks: staticHalf },
  { name: "C4", checks: dynamicHalf },
]

/** What the host is now: what an earlier run says of another is not about this one. */
async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(target.host)))
  const ssh = await connect(target.host)
  const live = await evidence.shared("the host's identity", () => hostIdentity(ssh, target))
  evidence.subject(live)
  return { ...live }
}

const told = (said: Said[]) => said.map(({ id, verdict, when, hours }) => `${id}: ${verdict}, ${when}, ${hours} h ago`)
const notPassed = (said: Said[]) =>
  said.filter(({ verdict }) => verdict !== "pass").map(({ id, verdict }) => `${id}: ${verdict}`)
const tooOld = (said: Said[]) => said.filter(({ hours }) => hours > 24).map(({ id, hours }) => `${id}: ${hours} h ago`)
const subjectsOf = (said: Said[]) => new Set(said.map(({ subject }) => JSON.stringify(subject)))

describe("D8: genuine reproducibility", { tags: ["W5"] }, () => {
  test("D8.1 static half: C1.9-C1.12 pass, cold, within 24 h, for this subject", async ({ evidence }) => {
    const { said, unknown } = saidOf(staticHalf, inject("earlier"))
    const cold = said.find(({ id }) => id === "C1.9")?.observations.cold
    evidence("what they said", told(said))
    evidence("the cold build of C1.9", cold ?? null)
    evidence.waitForAll(unknown.map((id) => `the evidence of ${id}`))
    const live = await theHost(evidence)

    expect(notPassed(said), "of the static half, not passed").toEqual([])
    expect(tooOld(said), "older than 24 h").toEqual([])
    expect(aboutAnother(said, live), "about another host, boot or system than this one").toEqual([])
    expect(subjectsOf(said).size, "subjects").toBe(1)
    expect(cold, "what made the build cold").toMatchObject({ storeWasEmpty: true, freshClone: true })
  })

  test("D8.2 dynamic half: C4 passes, cold, within 24 h, for this subject", async ({ evidence }) => {
    const { said, unknown } = saidOf(dynamicHalf, inject("earlier"))
    const machine = said.find(({ id }) => id === "C4.2")?.observations.instance
    evidence("what they said", told(said))
    evidence("the machine that was made", machine ?? null)
    evidence.waitForAll(unknown.slice(0, 1).map(() => "a clean room's evidence (C4)"))
    const live = await theHost(evidence)

    expect(notPassed(said), "of the dynamic half, not passed").toEqual([])
    expect(tooOld(said), "older than 24 h").toEqual([])
    expect(aboutAnother(said, live), "about another host, boot or system than this one").toEqual([])
    // Of two clean rooms, each may have lacked what the other shows.
    expect(new Set(said.map(({ when }) => when)).size, "runs that they are from").toBe(1)
    expect(subjectsOf(said).size, "subjects").toBe(1)
    expect(machine, "what made it cold: a machine of its own").toMatchObject({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test("D8.3 both were verified by the Adversary", { tags: ["W6"] }, async ({ evidence }) => {
    const ids = halves.flatMap(({ checks }) => checks)
    const { said, unknown } = saidByAdversary(ids, inject("verified"), inject("asAdversary"))
    evidence("what the Adversary said", told(said))
    const missing = halves.filter(({ checks }) => checks.some((id) => unknown.includes(id)))
    evidence.waitForAll(missing.map(({ name }) => `the Adversary's verdict on ${name}`))
    const live = await theHost(evidence)

    const unsigned = said.flatMap(({ id, unsigned }) => unsigned.map((why) => `${id}: ${why}`))
    expect(unsigned, "in the Adversary's ledger without its signature").toEqual([])
    expect(notPassed(said), "not passed").toEqual([])
    expect(tooOld(said), "older than 24 h").toEqual([])
    expect(aboutAnother(said, live), "about another host, boot or system than this one").toEqual([])
  })
})
