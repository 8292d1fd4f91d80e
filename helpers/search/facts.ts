// The grounds of C3, each searched once a run, with the canaries beside it through the same code.

import { realpathSync } from "node:fs"
import type { Sharing } from "../evidence.ts"
import type { Mirror } from "../git.ts"
import { historyOf } from "../git-history.ts"
import { identitiesOn } from "../host-keys.ts"
import { here, programsHere } from "../machine.ts"
import type { Grounds } from "../mounts.ts"
import { pinnedBase, recoveryIdentity, secretsMirror } from "../pinned.ts"
import { lockedDocuments } from "../sealed-documents.ts"
import { SecretPlaces } from "../secret-places.ts"
import { liveManifests } from "../sops-manifest.ts"
import { connect } from "../ssh.ts"
import { readStore, type StoreReading } from "../store-reading.ts"
import { readTar } from "../tar.ts"
import type { Target } from "../target.ts"
import { attributeStream, plantAnswers, plantRepository, plantTree } from "./canaries.ts"
import { type Ground, ground } from "./ground.ts"
import { machineGrounds, searchDisks } from "./host-disks.ts"
import { searchHostRepositories } from "./host-repositories.ts"
import { searchState } from "./host-state.ts"
import { knownSecrets } from "./known-secrets.ts"
import { linkTo } from "./link.ts"
import { newMark, searchMarked } from "./marked.ts"
import { searchRepository } from "./repository.ts"
import { inScratch } from "./scratch.ts"
import { type Searching, searching } from "./searching.ts"
import { TarSearch } from "./tar-search.ts"
import { searchTree } from "./tree.ts"
import { type Warm, warmStore } from "./warm.ts"

const theBase = (evidence: Sharing, target: Target) => evidence.shared("the base repo", () => pinnedBase(target))
const theSecrets = (evidence: Sharing, target: Target) =>
  evidence.shared("the secrets repo", () => secretsMirror(target))
const theVersions = (evidence: Sharing, secrets: Mirror) =>
  evidence.shared("every version in the secrets repo", () => historyOf(secrets))

/** Every secret there is, in every form. */
export async function theNeedles(evidence: Sharing, target: Target): Promise<Searching> {
  const base = await theBase(evidence, target)
  const mirror = await theSecrets(evidence, target)
  const history = await theVersions(evidence, mirror)
  return evidence.shared("what is searched for", async () => {
    const recovery = await recoveryIdentity(target)
    const documents = await lockedDocuments(target, base, mirror, recovery)
    const { host, secrets } = target
    const bootstrap = await identitiesOn(await connect(host), host.programs, secrets.bootstrapKey)
    return searching(await knownSecrets(target, documents, mirror, history, recovery, bootstrap))
  })
}

/** The base repo, or the secrets repo: every object of it. */
export async function theRepository(evidence: Sharing, target: Target, which: "base" | "secrets"): Promise<Ground> {
  const searched = await theNeedles(evidence, target)
  const mirror = which === "base" ? (await theBase(evidence, target)).base : await theSecrets(evidence, target)
  return evidence.shared(`every object of the ${which} repo`, async () => {
    const { versions } = await (which === "base" ? historyOf(mirror) : theVersions(evidence, mirror))
    const paths = new Map(versions.map(({ blob, path }) => [blob, path]))
    return ground(`the ${which} repo`, searched, {
      search: (plan, report) => {
        // What such a version sealed is not searched for anywhere.
        for (const { where, why } of which === "secrets" ? searched.unopened : []) {
          report.addNotScanned({ where: `secrets/${where}`, reason: why, kind: "unreadable" })
        }
        return searchRepository(mirror.directory, which, plan, report, (oid) => paths.get(oid))
      },
      control: (plan, report) =>
        inScratch(async (scratch) => {
          const planted = await plantRepository(scratch, searched.canaries, searched.needles)
          await searchRepository(scratch, "canaries", plan, report)
          return planted
        }),
    })
  })
}

/** The host's Nix store, hashed in the same pass. */
export async function theStore(
  evidence: Sharing,
  target: Target,
  warm: Warm,
): Promise<Ground & { reading: StoreReading }> {
  const searched = await theNeedles(evidence, target)
  const { host } = target
  return evidence.shared("the store, read off the host", async () => {
    const ssh = await connect(host)
    const cache = await warmStore(target, searched, ssh, warm)
    let reading: StoreReading | undefined
    const found = await ground("the host's store", searched, {
      search: async (plan, report) => {
        reading = await readStore(ssh, host.programs, plan, report, cache.known)
        const { nars, bytes, hashedOnly, others } = reading
        const link = await linkTo(ssh, host.programs)
        return { paths: nars.size, bytes, hashedOnly, why: cache.why, others, link }
      },
      control: (plan, report) =>
        inScratch(async (scratch) => {
          const planted = await plantTree(`${scratch}/${"0".repeat(32)}-canary`, searched.canaries, searched.needles)
          await readStore(here, programsHere(), plan, report, () => undefined, scratch)
          return [...planted, ...(await attributes(searched, plan, report))]
        }),
    })
    const read = reading as unknown as StoreReading
    await cache.remember(found, read)
    return { ...found, reading: read, known: read.hashedOnly }
  })
}

async function attributes({ canaries }: Searching, plan: Searching["plan"], report: Ground["report"]) {
  const { bytes, planted } = attributeStream(canaries)
  const search = new TarSearch(plan, report, "/")
  const once = async function* () {
    yield bytes
  }
  for await (const event of readTar(once(), search)) search.event(event)
  search.end()
  return planted
}

/** Everything else on the host's file systems, and the inventory of the places where secrets lie. */
export async function theDisks(evidence: Sharing, target: Target): Promise<Ground & { places: SecretPlaces }> {
  const searched = await theNeedles(evidence, target)
  const { host } = target
  return evidence.shared("the file systems of the host", async () => {
    const ssh = await connect(host)
    const manifests = await liveManifests(ssh, host.programs)
    const mountPoints = manifests.map(({ secretsMountPoint }) => secretsMountPoint)
    const grounds = await machineGrounds(ssh, host.programs, mountPoints)
    const places = new SecretPlaces(target)
    const onlooker = places.look.bind(places)
    const found = await ground("the host's file systems", searched, {
      search: async (plan, report) => {
        const request = { machine: ssh, programs: host.programs, grounds, except: ["/nix/store"], onlooker }
        const members = await searchDisks(plan, report, request)
        const repositories = await searchHostRepositories(ssh, host.programs, grounds.read, plan, report)
        return { mountPoints: grounds.read, leftOut: leftOutOf(grounds), members, repositories }
      },
      control: (plan, report) =>
        inScratch(async (scratch) => {
          const planted = await plantTree(scratch, searched.canaries, searched.needles)
          const whole = { read: ["/"], leftOut: [], foreign: [] }
          const request = { machine: here, programs: programsHere(), grounds: whole, except: [], root: scratch }
          await searchDisks(plan, report, request)
          return [...planted, ...(await attributes(searched, plan, report))]
        }),
    })
    return { ...found, places }
  })
}

/** How many mount points were left out for each reason. */
function leftOutOf({ leftOut }: Grounds): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { why } of leftOut) counts[why] = (counts[why] ?? 0) + 1
  return counts
}

/** What the running host says of itself. */
export async function theState(evidence: Sharing, target: Target): Promise<Ground> {
  const searched = await theNeedles(evidence, target)
  const { host } = target
  return evidence.shared("the state of the host", async () => {
    const ssh = await connect(host)
    return ground("the host's state", searched, {
      search: async (plan, report) => Object.fromEntries(await searchState(ssh, host.programs, plan, report)),
      control: async (plan, report) => {
        const mark = newMark()
        const { bytes, planted } = plantAnswers(mark, searched.canaries, searched.needles)
        const inPieces = async function* () {
          for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
        }
        await searchMarked(plan, report, mark, inPieces())
        return planted
      },
    })
  })
}

/** The machine that verifies: the directories that the target file names. */
export async function thisMachine(evidence: Sharing, target: Target): Promise<Ground> {
  const searched = await theNeedles(evidence, target)
  return evidence.shared("this machine", async () => {
    const { here: roots, nowhere } = target.search
    const own = nowhere.flatMap(({ value }) => ("file" in value ? [realpathSync(value.file)] : []))
    return ground("this machine", searched, {
      search: async (plan, report) => {
        report.add(await searchTree(roots, plan, { exclude: (path) => own.includes(path) }))
        return { roots, leftOut: own }
      },
      control: (plan, report) =>
        inScratch(async (scratch) => {
          const planted = await plantTree(scratch, searched.canaries, searched.needles)
          report.add(await searchTree([scratch], plan))
          return planted
        }),
    })
  })
}
