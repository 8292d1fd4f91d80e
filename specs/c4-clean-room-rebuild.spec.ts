// C4. A brand-new machine becomes cc-ci by the install document and nothing else: made, watched, looked at and destroyed
// by this run. It changes the throwaway and nothing else; what it does stands in helpers/clean-room/.

import { describe, expect, inject } from "vitest"
import { bytesOf } from "../helpers/bytes.ts"
import { cleanRoom } from "../helpers/clean-room/clean-room.ts"
import { type Convergence, isWhole } from "../helpers/clean-room/convergence.ts"
import { type Evidence, patient, test } from "../helpers/evidence.ts"
import { declined, theChain } from "../helpers/greetings.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { findingsIn, shownGround, wholly } from "../helpers/search/ground.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { incus, search, secrets } = target

/** What an instance that shares its host's kernel cannot show, which is therefore not said to hold. */
const notShown = incus.type === "container" ? ["kernel", "initrd", "boot loader"] : []

async function theCleanRoom(evidence: Evidence, signal: AbortSignal) {
  evidence.waitForAll(inject("cleanRoom") ? [] : ["a run with --clean-room"])
  const progress = (step: string) => console.log(`clean room: ${step}`)
  return evidence.shared("the clean room", () => cleanRoom(target, evidence, { cleanRoom: true, signal, progress }))
}

const notRunning = ({ services }: Convergence) =>
  services.filter(({ running }) => !isWhole(running)).map(({ service, running }) => `${service}: ${running}`)

/** Units that are not up, or not by their first start alone, or not in time. */
const notConverged = ({ units }: Convergence) =>
  units
    .filter(
      ({ state, result, starts, failures, restarts, milliseconds, budgetSeconds }) =>
        !/^active\/(exited|running)$/.test(state) ||
        result !== "success" ||
        starts !== 1 ||
        failures + restarts > 0 ||
        milliseconds === null ||
        milliseconds > budgetSeconds * 1000,
    )
    .map(
      ({ unit, state, result, starts, failures, restarts, milliseconds, budgetSeconds }) =>
        `${unit}: ${state}, ${result}, started ${starts} times, failed ${failures}, restarted ${restarts}, up after ${milliseconds ?? "-"} ms of ${budgetSeconds} s`,
    )

describe("C4: clean-room rebuild", () => {
  test("C4.1 the guardrails hold before anything is touched: project, name, RAM headroom, credentials restricted, other instances recorded", {
    ...patient,
    tags: ["W3", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const { rules } = room.seen("guarded")
    evidence("what dead runs had left", room.seen("recovered"))
    evidence("rules, and what was seen", rules)

    expect(rules.length, "rules").toBeGreaterThan(0)
    expect(
      rules.filter(({ holds }) => !holds).map(({ rule, seen }) => `not so: ${rule}: ${JSON.stringify(seen)}`),
      "guardrails that do not hold",
    ).toEqual([])
  })

  test("C4.2 any earlier throwaway was deleted, and the new one is brand-new and blank: created by this run, new uuid, declared image and size, nothing of a previous setup in it", {
    ...patient,
    tags: ["W3", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const { instance, image, uuidsBefore } = room.seen("born")
    const { residue, ...blank } = room.seen("blank")
    evidence("deleted before", room.seen("earlier"))
    evidence("instance", instance)
    evidence("image", image)
    evidence("looked through", blank)

    expect(
      { type: instance.type, memory: bytesOf(instance.memoryLimit ?? "0B"), image: instance.baseImage },
      "as it was created",
    ).toEqual({ type: incus.type, memory: incus.throwaway.memory, image: image.fingerprint })
    expect(instance.uuid, "uuid").not.toBeNull()
    expect(uuidsBefore, "uuids of the instances before").not.toContain(instance.uuid)
    expect(blank.files, "files looked through").toBeGreaterThan(0)
    expect(residue, "left by an earlier setup").toEqual([])
  })

  test("C4.3 only the bootstrap age key was put on it, by the documented mechanism", {
    ...patient,
    tags: ["W3", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const { put, key } = room.seen("installation")
    evidence("what each block of the operator put there", put)
    evidence("the bootstrap key after its block", key)
    const bringing = put.filter(({ bringsKey }) => bringsKey)
    const allowed = [secrets.bootstrapKey, secrets.bootstrapKey.slice(0, secrets.bootstrapKey.lastIndexOf("/"))]
    const repositories = [target.repos.base, target.repos.secrets].flatMap(({ url, alsoAt }) => [url, ...alsoAt])

    expect(bringing.length, "blocks that bring the key").toBe(1)
    expect(key, "the bootstrap key").toEqual({ path: secrets.bootstrapKey, owner: "root", mode: "0600", same: true })
    expect(
      put.flatMap(({ line, paths }) =>
        paths.filter((path) => !allowed.includes(path)).map((path) => `${path} by line ${line}`),
      ),
      "put there beside the key",
    ).toEqual([])
    expect(
      put.flatMap(({ clones }) =>
        clones.filter(
          ({ urls, uncommitted }) => uncommitted.length > 0 || urls.some((url) => !repositories.includes(url)),
        ),
      ),
      "clones that are not just what one of the two repositories holds",
    ).toEqual([])
    const disks = room.seen("disks")
    evidence("searched", shownGround(disks))
    evidence(
      "the inventory",
      disks.places.places.map(({ path, class: kind, why }) => `${path}: ${kind} (${why})`),
    )
    expect(
      disks.places.places.filter((place) => place.class === "violation").map(({ path, why }) => `${path}: ${why}`),
      "secrets that nobody accounts for",
    ).toEqual([])
    expect(
      findingsIn(
        [disks],
        [...new Set(disks.report.findings.map(({ secret }) => secret))],
        ({ where }) => where !== secrets.bootstrapKey,
      ),
      "secrets in the clear on its disks",
    ).toEqual([])
    wholly([disks], search.unscanned)
  })

  test("C4.4 the commands of docs/install.md, read from the document and run word for word in order, were the only ones run, and each succeeded", {
    ...patient,
    tags: ["W4", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const { path, commit, sha256, variables, defects, blocks } = room.seen("document")
    evidence("install.md", { path, commit, sha256 })
    evidence("variables that it declares", variables)
    evidence("blocks", blocks.length)

    expect(
      defects.map(({ line, what }) => `${path}:${line}: ${what}`),
      "what cannot be followed word for word",
    ).toEqual([])
    const { ran } = room.seen("installation")
    evidence("commands", ran)
    expect(
      ran
        .filter(({ exit }) => exit !== 0)
        .map(({ line, exit, said }) => `${path}:${line}: exit ${exit}: ${said?.join(" | ")}`),
      "blocks that failed",
    ).toEqual([])
    expect(
      ran.map(({ where, line, commands }) => ({ where, line, commands })),
      "blocks run, in order",
    ).toEqual(blocks)
  })

  test("C4.5 the oneshots (swarm, proxy, drone, bridge, dashboard) converged within budget, first time, and no unit failed", {
    ...patient,
    tags: ["W4", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const convergence = room.seen("convergence")
    evidence("timeline, milliseconds since the switch began", convergence.timeline)
    evidence("units", convergence.units)
    evidence("swarm services", convergence.services)
    evidence("times they were asked for", convergence.looks)

    expect(convergence.units.length, "units").toBeGreaterThan(0)
    expect(notConverged(convergence), "units that did not converge within budget, first time").toEqual([])
    expect(notRunning(convergence), "swarm services without all their tasks").toEqual([])
    expect(convergence.failed, "failed units").toEqual([])
  })

  test("C4.6 every secret decrypted and equals its git leaf", { ...patient, tags: ["W4", "W5"] }, async ({
    evidence,
    signal,
  }) => {
    const room = await theCleanRoom(evidence, signal)
    const { files, swarm } = room.seen("secrets")
    evidence("as they are", files.live)
    evidence("swarm secrets", swarm.mounted)

    expect(files.declared.length, "secrets and templates declared").toBeGreaterThan(0)
    expect(files.live, "secrets and templates as they are").toEqual(files.declared)
    expect(files.stray, "files of another generation, or that no manifest declares").toEqual([])
    expect(swarm.mounted.length, "swarm secrets compared").toBeGreaterThan(0)
    expect(
      swarm.mounted.filter(({ holds }) => holds !== "the bytes in git"),
      "swarm secrets that are not what is in git",
    ).toEqual([])
    expect([...swarm.notGiven, ...swarm.unseen, ...swarm.notDeclared], "swarm secrets not as declared").toEqual([])
  })

  test("C4.7 it serves TLS from the git certificate", { ...patient, tags: ["W4", "W5"] }, async ({
    evidence,
    signal,
  }) => {
    const room = await theCleanRoom(evidence, signal)
    const { chain, answers } = room.seen("served")
    evidence("the chain in git, SHA-256 of each DER", chain)
    evidence(
      `answers to ${answers.length} greetings`,
      answers.map(({ who, is }) => `${who}: ${is}`),
    )

    expect(answers.filter(({ is }) => is === theChain).length, "answers with the chain").toBeGreaterThan(0)
    expect(
      answers.filter(({ is }) => is !== theChain && is !== declined).map(({ who, is }) => `${who}: ${is}`),
      "answers that are not the chain in git",
    ).toEqual([])
  })

  test("C4.8 its system is byte-identical to the running one (same set of path, narHash)", {
    ...patient,
    tags: ["W4", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    evidence.subject(
      await evidence.shared("the host's identity", async () => hostIdentity(await connect(target.host), target)),
    )
    const { systemPath, paths, differences } = room.seen("closures")
    evidence("system path", systemPath.throwaway)
    evidence("running on the live host", systemPath.host)
    evidence("paths", paths)
    evidence(`not shown by a ${incus.type}`, notShown)

    expect(Math.min(paths.host, paths.throwaway), "paths").toBeGreaterThan(0)
    expect(systemPath.throwaway, "its system").toBe(systemPath.host)
    expect(differences, "paths that are not the same").toEqual([])
  })

  test("C4.9 switching again changes nothing, and after a restart it converges again", {
    ...patient,
    tags: ["W4", "W5"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const { ran, changed } = room.seen("again")
    evidence("the second switch", ran)
    evidence("changed by it", changed)

    expect({ exit: ran.exit, changed }, "the second switch").toEqual({ exit: 0, changed: [] })
    const { convergence, secrets: after, served, systemPath } = room.seen("survived")
    evidence("after a restart: units", convergence.units)
    evidence("after a restart: system", systemPath)
    evidence(`not shown by a ${incus.type}`, notShown)
    expect(notConverged(convergence), "units that did not converge after a restart").toEqual([])
    expect(notRunning(convergence), "swarm services without all their tasks after a restart").toEqual([])
    expect(convergence.failed, "failed units after a restart").toEqual([])
    expect(systemPath.after, "the system after a restart").toBe(systemPath.before)
    expect(after.files.live, "secrets after a restart").toEqual(after.files.declared)
    expect(
      served.answers.filter(({ is }) => is !== theChain && is !== declined),
      "answers after a restart that are not the chain in git",
    ).toEqual([])
  })

  test("C4.10 it was destroyed, nothing of it is left (instance, volume, snapshot, image, operation), and every other instance is as it was", {
    ...patient,
    tags: ["W5", "W6"],
  }, async ({ evidence, signal }) => {
    const room = await theCleanRoom(evidence, signal)
    const gone = room.seen("gone")
    const steps = room.seen("steps")
    evidence("left of it", gone.left)
    evidence("compared with how it was before", gone.compared)
    evidence("steps", steps)

    expect(gone.created, "there was one to destroy").toBe(true)
    expect(
      gone.compared.map(({ project }) => project),
      "projects compared",
    ).toContain(incus.project)
    expect([...gone.left, ...gone.operations], "left of it").toEqual([])
    expect(gone.changes, "what is not as it was").toEqual([])
  })
})
