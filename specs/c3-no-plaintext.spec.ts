// C3, second half. No secret lies anywhere in the clear: every value that git ever sealed is searched for, in every form,
// in the repositories, in the host's store, on its disks and in what it says of itself.

import { describe, expect, inject } from "vitest"
import { type Evidence, patient, test } from "../helpers/evidence.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { theDisks, theNeedles, theRepository, theState, theStore, thisMachine } from "../helpers/search/facts.ts"
import { findingsIn, type Ground, shownGround, unscannedIn, wholly } from "../helpers/search/ground.ts"
import { bootstrapKeyName } from "../helpers/search/known-secrets.ts"
import type { Finding } from "../helpers/search/report.ts"
import type { SecretPlaces } from "../helpers/secret-places.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { host, search, secrets } = target
const warm = inject("warm")

async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
}

async function searchedFor(evidence: Evidence) {
  const { needles, names, notSearched } = await theNeedles(evidence, target)
  evidence("searched for", { secrets: names.known.length, nowhere: names.nowhere, needles: needles.length })
  evidence("forms too short or too common to be searched for", notSearched)
  return names
}

const everyGround = async (evidence: Evidence): Promise<Ground[]> => [
  await theRepository(evidence, target, "base"),
  await theRepository(evidence, target, "secrets"),
  await theStore(evidence, target, warm),
  await theDisks(evidence, target),
  await theState(evidence, target),
  await thisMachine(evidence, target),
]

function keep(evidence: Evidence, grounds: Ground[]) {
  evidence("searched", grounds.map(shownGround))
  const { left, used } = unscannedIn(grounds, search.unscanned)
  evidence("not scanned", left)
  evidence("allowed to stay unsearched", used)
}

/** The store and what surrounds it. */
const ofNix = ({ where }: { where: string }) => /^\/(nix|boot)\/|\/\.cache\/nix\/|\/var\/log\/nix\//.test(where)
/** Files that are said to hold what git seals: by the target file, or since systemd copies it there. */
const derivedPlaces = ({ places: { places } }: { places: SecretPlaces }) =>
  places.filter((place) => place.class === "derived from git" && !place.link).map(({ path }) => path)
/** The one key may lie in the one place, and a value that git seals where it is said to be. */
const accounted = (disks: { places: SecretPlaces }) => {
  const derived = new Set(derivedPlaces(disks))
  return ({ where, secret }: Finding) =>
    secret === bootstrapKeyName ? where === secrets.bootstrapKey : derived.has(where)
}

describe("C3: no secret in the clear", { tags: ["W2"] }, () => {
  test(
    "C3.7 no other secret lies on the host out of band: an inventory of the places secrets live, each entry classified as the bootstrap key, derived from git, regenerable identity, or violation",
    patient,
    async ({ evidence }) => {
      await theHost(evidence)
      const disks = await theDisks(evidence, target)
      const { places, looked } = disks.places
      const { known } = await searchedFor(evidence)
      const violations = places.filter((place) => place.class === "violation")
      const inFact = new Set(
        disks.report.findings.filter(({ secret }) => known.includes(secret)).map(({ where }) => where),
      )
      evidence("files and links looked at", looked)
      evidence(
        "the inventory",
        places.map(({ path, class: kind, why }) => `${path}: ${kind} (${why})`),
      )
      keep(evidence, [disks])

      expect(looked, "files and links looked at").toBeGreaterThan(0)
      expect(
        violations.map(({ path, why }) => `${path}: ${why}`),
        "secrets that nobody accounts for",
      ).toEqual([])
      expect(
        derivedPlaces(disks).filter((path) => !path.startsWith("/run/credentials/") && !inFact.has(path)),
        "said to be derived from git, and holding nothing that git seals",
      ).toEqual([])
      expect(
        places.filter((place) => place.class === "the bootstrap key").map(({ path }) => path),
        "where the bootstrap key lies",
      ).toEqual([secrets.bootstrapKey])
      wholly([disks], search.unscanned, ({ kind }) => kind === "unreadable")
    },
  )

  test("C3.9 no plaintext secret in any object of the base repo (blobs, names, messages, tags, notes, stash, unreachable), over every encoding", {
    ...patient,
    tags: ["W6"],
  }, async ({ evidence }) => {
    const { known } = await searchedFor(evidence)
    const base = await theRepository(evidence, target, "base")
    keep(evidence, [base])

    expect(findingsIn([base], known), "secrets in the base repo").toEqual([])
    wholly([base], search.unscanned)
  })

  test("C3.10 none in any object of the secrets repo", { ...patient, tags: ["W6"] }, async ({ evidence }) => {
    const { known } = await searchedFor(evidence)
    const sealed = await theRepository(evidence, target, "secrets")
    keep(evidence, [sealed])

    expect(findingsIn([sealed], known), "secrets in the clear in the secrets repo").toEqual([])
    wholly([sealed], search.unscanned)
  })

  test("C3.11 none in the host's Nix store (all paths, .drv, logs, initrd, inside compressed files and archives)", {
    ...patient,
    tags: ["W6"],
  }, async ({ evidence }) => {
    await theHost(evidence)
    const { known } = await searchedFor(evidence)
    const store = await theStore(evidence, target, warm)
    const disks = await theDisks(evidence, target)
    keep(evidence, [store, disks])

    expect(
      [...findingsIn([store], known), ...findingsIn([disks], known, ofNix)],
      "secrets in the store and around it",
    ).toEqual([])
    wholly([store], search.unscanned)
    wholly([disks], search.unscanned, ofNix)
  })

  test("C3.12 none in units, environments, command lines, journal, service specs, images' configuration", {
    ...patient,
    tags: ["W6"],
  }, async ({ evidence }) => {
    await theHost(evidence)
    const { known } = await searchedFor(evidence)
    const state = await theState(evidence, target)
    const disks = await theDisks(evidence, target)
    keep(evidence, [state, disks])

    expect(
      [
        ...findingsIn([state], known),
        ...findingsIn([disks], known, (finding) => !ofNix(finding) && !accounted(disks)(finding)),
      ],
      "secrets on the running host",
    ).toEqual([])
    wholly([state], search.unscanned)
    wholly([disks], search.unscanned, (entry) => !ofNix(entry))
  })

  test("C3.13 the Gandi token is nowhere: repos, store, host, this machine", { ...patient, tags: ["W6"] }, async ({
    evidence,
  }) => {
    await theHost(evidence)
    const { sealed } = await theNeedles(evidence, target)
    const { nowhere } = await searchedFor(evidence)
    const grounds = await everyGround(evidence)
    keep(evidence, grounds)

    expect(nowhere.length, "secrets that must be nowhere").toBeGreaterThan(0)
    expect(sealed, "sealed in git").toEqual([])
    expect(findingsIn(grounds, nowhere), "where it is").toEqual([])
    wholly(grounds, search.unscanned)
  })

  test("C3.14 the search found every canary planted for it where it looked (positive control), and says what it could not scan", {
    ...patient,
    tags: ["W6"],
  }, async ({ evidence }) => {
    await theHost(evidence)
    const grounds = await everyGround(evidence)
    evidence(
      "canaries planted and found, by ground",
      grounds.map(({ name, canaries: { planted, missed } }) => `${name}: ${planted - missed.length} of ${planted}`),
    )
    keep(evidence, grounds)

    expect(
      grounds.filter(({ canaries }) => canaries.planted === 0).map(({ name }) => name),
      "grounds without a canary",
    ).toEqual([])
    wholly(grounds, search.unscanned)
  })
})
