// D8. Reproducible, in both halves: what runs is what git builds, and a new machine becomes the same from git alone.

import { describe, expect, inject } from "vitest"
import { saidOf } from "../helpers/earlier.ts"
import { test } from "../helpers/evidence.ts"

const staticHalf = ["C1.9", "C1.10", "C1.11", "C1.12"]
const dynamicHalf = Array.from({ length: 10 }, (_, index) => `C4.${index + 1}`)

describe("D8: genuine reproducibility", { tags: ["W5"] }, () => {
  test("D8.1 static half: C1.9-C1.12 pass, cold, within 24 h, for this subject", ({ evidence }) => {
    const { said, unknown } = saidOf(staticHalf, inject("earlier"))
    const cold = said.find(({ id }) => id === "C1.9")?.observations.cold
    evidence(
      "what they said",
      said.map(({ id, verdict, when, hours }) => `${id}: ${verdict}, ${when}, ${hours} h ago`),
    )
    evidence("the cold build of C1.9", cold ?? null)
    evidence.waitForAll(unknown.map((id) => `the evidence of ${id}`))

    expect(
      said.filter(({ verdict }) => verdict !== "pass").map(({ id, verdict }) => `${id}: ${verdict}`),
      "of the static half, not passed",
    ).toEqual([])
    expect(
      said.filter(({ hours }) => hours > 24).map(({ id, hours }) => `${id}: ${hours} h ago`),
      "older than 24 h",
    ).toEqual([])
    expect(new Set(said.map(({ subject }) => JSON.stringify(subject))).size, "subjects").toBe(1)
    expect(cold, "what made the build cold").toMatchObject({ storeWasEmpty: true, freshClone: true })
  })

  test("D8.2 dynamic half: C4 passes, cold, within 24 h, for this subject", ({ evidence }) => {
    const { said, unknown } = saidOf(dynamicHalf, inject("earlier"))
    const machine = said.find(({ id }) => id === "C4.2")?.observations.instance
    evidence(
      "what they said",
      said.map(({ id, verdict, when, hours }) => `${id}: ${verdict}, ${when}, ${hours} h ago`),
    )
    evidence("the machine that was made", machine ?? null)
    evidence.waitForAll(unknown.map((id) => `the evidence of ${id}`))

    expect(
      said.filter(({ verdict }) => verdict !== "pass").map(({ id, verdict }) => `${id}: ${verdict}`),
      "of the dynamic half, not passed",
    ).toEqual([])
    expect(
      said.filter(({ hours }) => hours > 24).map(({ id, hours }) => `${id}: ${hours} h ago`),
      "older than 24 h",
    ).toEqual([])
    // Of two clean rooms, each may have lacked what the other shows.
    expect(new Set(said.map(({ when }) => when)).size, "runs that they are from").toBe(1)
    expect(new Set(said.map(({ subject }) => JSON.stringify(subject))).size, "subjects").toBe(1)
    expect(machine, "what made it cold: a machine of its own").toMatchObject({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test("D8.3 both were verified by the Adversary", { tags: ["W6"] }, ({ evidence }) => {
    evidence.waitFor("signatures")
  })
})
