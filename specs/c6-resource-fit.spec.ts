// C6. Everything fits into the memory there is, the sizing is decided and applied, and nothing is left over.

import { describe, expect, inject } from "vitest"
import { bytesOf } from "../helpers/bytes.ts"
import { decisionsIn } from "../helpers/decisions.ts"
import { saidOf } from "../helpers/earlier.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { incusFacts } from "../helpers/incus.ts"
import { baselineOf, compareBaseline, readBaseline } from "../helpers/incus-baseline.ts"
import { leftoversIn } from "../helpers/leftovers.ts"
import { usableMemory } from "../helpers/memory.ts"
import { pinnedBase } from "../helpers/pinned.ts"
import { connect } from "../helpers/ssh.ts"
import { loadTarget } from "../helpers/target.ts"

const target = await loadTarget(inject("target"))
const { documents, host, incus, sizing } = target
const declared = incus.instances.find((instance) => instance.host)
// The kernel keeps some of a machine's memory for itself before it counts.
const kernelShare = 0.1

async function theIncus(evidence: Evidence) {
  const facts = await evidence.shared("everything Incus shows", () => incusFacts(incus))
  const project = facts.projects.find(({ name }) => name === incus.project)
  const instance = project?.instances.find(({ name }) => name === declared?.name)
  evidence.subject(instance?.uuid ? { instanceUuid: instance.uuid } : {})
  return { facts, instances: project?.instances ?? [], configured: instance?.memoryLimit ?? null }
}

async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(ssh, target)))
  return ssh
}

async function theDecision(evidence: Evidence) {
  const { base, baseRev } = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev })
  const document = await base.fileAt(baseRev, documents.decisions)
  const decisions = decisionsIn(document?.toString() ?? "", sizing.heading)
  evidence(
    `entries "${sizing.heading}" of ${documents.decisions} at ${baseRev}`,
    document === undefined ? "no such file" : decisions,
  )
  return decisions
}

/** As the clean room's evidence has it, of this run or the newest that had one. */
function theThrowaway(evidence: Evidence) {
  const { said, unknown } = saidOf(["C4.2"], inject("earlier"))
  evidence.waitForAll(unknown.map(() => "a clean room's evidence (C4)"))
  return said.map(({ when, hours, observations }) => ({
    when,
    hours,
    instance: observations.instance as { uuid: string | null; memoryLimit: string | null },
  }))
}

describe("C6: resource fit and cleanup", () => {
  test("C6.1 cc-nix-test has the memory that DECISIONS.md records (4 GiB unless decided otherwise), in configuration and in fact", async ({
    evidence,
  }) => {
    const decided = (await theDecision(evidence)).flatMap(({ sizes }) => sizes)[0] ?? bytesOf("4GiB")
    const { configured } = await theIncus(evidence)
    const ssh = await theHost(evidence)
    const usable = await usableMemory(ssh, host.programs)
    evidence("decided, bytes", decided)
    evidence("limits.memory", configured)
    evidence("usable on the host, bytes", usable)

    expect(configured, `limits.memory of ${declared?.name}`).not.toBeNull()
    expect(bytesOf(configured ?? "0B"), `limits.memory of ${declared?.name}, bytes`).toBe(decided)
    expect(usable, "usable on the host, bytes").toBeLessThanOrEqual(decided)
    expect(usable, "usable on the host, bytes").toBeGreaterThanOrEqual(decided * (1 - kernelShare))
  })

  test("C6.2 the throwaway was created at 4 GiB (C4's evidence)", ({ evidence }) => {
    const [created] = theThrowaway(evidence)
    evidence("when", created?.when)
    evidence("the throwaway", created?.instance)

    expect(bytesOf(created?.instance.memoryLimit ?? "0B"), "limits.memory it was created with, bytes").toBe(
      incus.throwaway.memory,
    )
    expect(created?.hours, "hours since").toBeLessThanOrEqual(24)
  })

  test("C6.3 running memory in the project fits the guideline (12 GiB of 16)", async ({ evidence }) => {
    const { instances } = await theIncus(evidence)
    const stopped = 102
    const running = instances.filter(({ statusCode }) => statusCode !== stopped)
    const limits = running.map(({ name, status, memoryLimit }) => ({ name, status, memoryLimit }))
    evidence("instances that hold memory", limits)
    evidence("guideline, bytes", incus.guideline)

    expect(
      running.map(({ name }) => name),
      "running instances",
    ).toContain(declared?.name)
    expect(
      limits.filter(({ memoryLimit }) => memoryLimit === null),
      "running instances without a limit",
    ).toEqual([])
    const sum = limits.reduce((bytes, { memoryLimit }) => bytes + bytesOf(memoryLimit ?? "0B"), 0)
    evidence("sum of their limits, bytes", sum)
    expect(sum, "sum of the limits, bytes").toBeLessThanOrEqual(incus.guideline)
  })

  test("C6.4 no throwaway is left in any state, nor volumes, snapshots, images or backups of one", async ({
    evidence,
  }) => {
    const { facts, instances } = await theIncus(evidence)
    const { searched, found } = leftoversIn(facts, target)
    const uuids = saidOf(["C4.2"], inject("earlier")).said.map(({ observations }) => Object(observations.instance).uuid)
    evidence("searched", searched)
    evidence("uuid of the latest throwaway", uuids)

    expect(
      incus.instances.map(({ name }) => name).filter((name) => !instances.some((instance) => instance.name === name)),
      "declared instances that the search did not see",
    ).toEqual([])
    expect(found, "left over").toEqual([])
    expect(
      facts.projects.flatMap((one) => one.instances).filter(({ uuid }) => uuids.includes(uuid)),
      "the latest throwaway, under any name",
    ).toEqual([])
  })

  test("C6.5 the final sizing decision is in DECISIONS.md and is what is applied", async ({ evidence }) => {
    const decisions = await theDecision(evidence)
    const { configured } = await theIncus(evidence)
    evidence("limits.memory", configured)

    expect(decisions.length, `entries "${sizing.heading}" in ${documents.decisions}`).toBe(1)
    expect(
      decisions.map(({ sizes }) => sizes),
      "sizes decided, and the one that is applied",
    ).toEqual([[bytesOf(configured ?? "0B")]])
  })

  test("C6.6 no other instance or project changed since the recorded baseline", async ({ evidence }) => {
    const { facts } = await theIncus(evidence)
    const before = await readBaseline(incus.baseline.file)
    const except = [declared?.name ?? "", incus.throwaway.name]
    const recorded = Object.entries(before.projects).map(([name, { instances, volumes, images }]) => ({
      project: name,
      instances: Object.keys(instances),
      volumes: Object.keys(volumes),
      images: Object.keys(images),
    }))
    evidence("baseline", incus.baseline.file)
    evidence("compared", recorded)
    evidence("not compared, for other checks judge them", except)

    expect(
      recorded.map(({ project }) => project),
      "projects in the baseline",
    ).toContain(incus.project)
    const changes = compareBaseline(before, baselineOf(facts), { project: incus.project, instances: except })
    expect(changes, "changed since the baseline").toEqual([])
  })
})
