// C1, second half. What runs is what git says, to the byte: built cold, compared path by path, hashed off the host.

import { describe, expect, inject } from "vitest"
import { applied } from "../helpers/allowances.ts"
import { builderOf, coldBuildOf } from "../helpers/builder.ts"
import { closureBytes } from "../helpers/closure-bytes.ts"
import { type ColdBuild, domainExperiment } from "../helpers/cold-build.ts"
import { derivationDifference } from "../helpers/derivation-difference.ts"
import { etcDrift } from "../helpers/etc-drift.ts"
import { type AtEnd, type Evidence, patient, test } from "../helpers/evidence.ts"
import { newNonce } from "../helpers/hmac.ts"
import { hostClosure } from "../helpers/host-closure.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { liveFiles } from "../helpers/live-files.ts"
import { compareClosures } from "../helpers/nix-closure.ts"
import { tiersOf } from "../helpers/nix-tier.ts"
import { placesOf } from "../helpers/parameters.ts"
import { firstDifferences } from "../helpers/path-difference.ts"
import { pinnedBase } from "../helpers/pinned.ts"
import { processes } from "../helpers/processes.ts"
import { connect, type Ssh } from "../helpers/ssh.ts"
import { storeState } from "../helpers/store-state.ts"
import { systemPointers } from "../helpers/system-pointers.ts"
import { loadTarget } from "../helpers/target.ts"
import { units } from "../helpers/units.ts"

const target = await loadTarget(inject("target"))
const { allowed, domain, flake, host, parameters } = target
const nonce = newNonce()
const asked = { selected: inject("selected"), warm: inject("warm") }

async function theBase(evidence: Evidence) {
  const pinned = await evidence.shared("the base repo", () => pinnedBase(target))
  evidence.subject({ baseRev: pinned.baseRev })
  return pinned
}

async function theColdBuild(evidence: Evidence, atEnd: AtEnd) {
  const { baseRev } = await theBase(evidence)
  return evidence.shared("the cold build", async () => {
    const cold = await coldBuildOf(target, baseRev)
    atEnd(cold.dispose)
    return cold
  })
}

/** What differs inside the first few of these paths, between the cold store and the host. */
async function insideOf(cold: ColdBuild, ssh: Ssh, paths: string[]) {
  const git = { machine: await builderOf(target), programs: target.builder.programs, root: cold.root ?? "" }
  return firstDifferences(git, { machine: ssh, programs: host.programs, root: "" }, paths.slice(0, 5))
}

/** Where the recipe of what git builds and the recipe of what runs part, if they do. */
async function recipesOf(cold: ColdBuild, { ssh, systemPath, closure }: Awaited<ReturnType<typeof theHost>>) {
  const git = { machine: await builderOf(target), programs: target.builder.programs, root: cold.root ?? "" }
  return derivationDifference(
    { ...git, drvPath: cold.drvPath, outPath: cold.outPath },
    {
      ...{ machine: ssh, programs: host.programs, root: "" },
      ...{ drvPath: closure.get(systemPath)?.deriver, outPath: systemPath },
    },
  )
}

async function theHost(evidence: Evidence) {
  await evidence.shared("a login on the host", async () => void (await connect(host)))
  const ssh = await connect(host)
  const identity = await evidence.shared("the host's identity", () => hostIdentity(ssh, target))
  evidence.subject(identity)
  const closure = await evidence.shared("the host's closure", () => hostClosure(ssh, host.programs))
  return { ssh, systemPath: identity.systemPath, closure }
}

describe("C1: the running closure", { tags: ["W2"] }, () => {
  test(
    "C1.7 domain, gateway and recipients are each set in exactly one place of the base repo, and a one-line edit of the domain in a scratch clone evaluates to a system in which the old domain is gone",
    patient,
    async ({ evidence, atEnd }) => {
      const { base, baseRev } = await theBase(evidence)
      const { searched, places } = await placesOf(base, baseRev, parameters)
      evidence("files searched", searched)
      evidence("where each parameter stands", Object.fromEntries(places))

      expect(searched, "files searched").toBeGreaterThan(0)
      expect(
        [...places].filter(([, where]) => where.length !== 1),
        "parameters that do not stand in exactly one place",
      ).toEqual([])
      const named = parameters.find(({ value }) => value === domain)
      const [place = ""] = places.get(named?.name ?? "") ?? []
      const cold = await theColdBuild(evidence, atEnd)
      const edit = { file: place.replace(/:\d+$/, ""), from: domain, to: "moved.example.invalid" }
      const experiment = await domainExperiment(cold, edit)
      evidence("the domain edited in a scratch clone", { ...edit, ...experiment })

      expect(experiment.failed?.reason, "the edited flake does not evaluate").toBeUndefined()
      expect(experiment, "one line changed, and the old domain is gone").toMatchObject({
        changedLines: 1,
        stillThere: [],
      })
      expect(experiment, "store paths searched").toMatchObject({
        searched: expect.toSatisfy((paths: number) => paths > 1),
      })
    },
  )

  test(
    "C1.9 the running system is the store path that a cold build of a fresh clone yields",
    patient,
    async ({ evidence, atEnd }) => {
      const cold = await theColdBuild(evidence, atEnd)
      const { systemPath } = await theHost(evidence)
      const { failed, nixVersion, storeWasEmpty, substituters, swept } = cold
      evidence("cold", { freshClone: true, storeWasEmpty, nixVersion, substituters })
      evidence("cold stores of other runs on the builder", swept)
      evidence("what git builds", failed ?? cold.outPath)
      evidence("tiers of its closure", tiersOf(cold.closure?.values() ?? [], flake.publicKeys))
      evidence("what runs", systemPath)

      expect(failed?.reason, "git does not build").toBeUndefined()
      expect(systemPath, "the running system").toBe(cold.outPath)
    },
  )

  test(
    "C1.10 both closures are the same set of (path, narHash, narSize, references)",
    patient,
    async ({ evidence, atEnd }) => {
      const cold = await theColdBuild(evidence, atEnd)
      const live = await theHost(evidence)
      const { ssh, closure } = live
      const built = cold.closure ?? new Map()
      const differences = compareClosures(built, closure)
      evidence("paths", { git: built.size, host: closure.size })
      const bytes = differences.filter(({ why }) => why.includes("other bytes")).map(({ path }) => path)
      evidence("differences", differences.length)
      evidence("the first of them, inside", await insideOf(cold, ssh, bytes))
      evidence("where the derivations part", await recipesOf(cold, live))

      expect(cold.failed?.reason, "git does not build").toBeUndefined()
      expect(built.size, "paths of the cold build").toBeGreaterThan(0)
      expect(
        differences.map(({ line }) => line),
        "paths that are not the same",
      ).toEqual([])
    },
  )

  test(
    "C1.11 the bytes on the host's disk hash to those NAR hashes, computed off the host",
    patient,
    async ({ evidence, atEnd }) => {
      const cold = await theColdBuild(evidence, atEnd)
      const { ssh, closure } = await theHost(evidence)
      const { how, nars, bytes } = await closureBytes(evidence, target, ssh, closure, nonce, asked)
      const other = [...nars].filter(([path, { narHash }]) => narHash !== (cold.closure?.get(path)?.narHash ?? narHash))
      evidence(
        "the first differences inside",
        await insideOf(
          cold,
          ssh,
          other.map(([path]) => path),
        ),
      )
      evidence("read off the host", { how, paths: nars.size, of: closure.size, bytes })

      expect(nars.size, "paths hashed").toBeGreaterThan(0)
      expect(
        [...nars].filter(([path, { narHash }]) => narHash !== closure.get(path)?.narHash).map(([path]) => path),
        "paths whose bytes are not what the host's database says",
      ).toEqual([])
      expect(
        [...nars]
          .filter(([path, { narHash }]) => narHash !== (cold.closure?.get(path)?.narHash ?? narHash))
          .map(([path]) => path),
        "paths whose bytes are not what git builds",
      ).toEqual([])
    },
  )

  test("C1.12 current-system, the system profile, /etc/static and what booted agree, or differ only where a reboot cannot matter", {
    tags: ["W1"],
  }, async ({ evidence }) => {
    const { ssh } = await theHost(evidence)
    const {
      current,
      profile,
      booted,
      static: etc,
      boot,
      runNixos,
      container,
    } = await systemPointers(ssh, host.programs)
    const [etcOfCurrent] = await liveFiles(ssh, host.programs, nonce, [`${current.real}/etc`])
    const unfinished = (runNixos ?? []).filter(({ name, size }) => /-list$/.test(name) && size > 0)
    evidence("links", [current, profile, booted, etc])
    evidence("signs of a container, whose kernel and boot loader are another machine's", container)
    evidence("kernel, initrd and modules", boot)
    evidence("files of a switch", runNixos)

    expect(current.real, "/run/current-system").toMatch(/^\/nix\/store\//)
    expect(profile.real, "what the system profile says").toBe(current.real)
    expect(etc.real, "what /etc/static leads to").toBe(etcOfCurrent?.real)
    expect(booted.real === null && container.length === 0, "a machine that says nothing of what booted").toBe(false)
    // Another systemd needs no reboot: a switch starts it anew.
    const { systemd: _now, ...running } = boot.current
    expect(booted.real === null ? running : boot.booted, "what booted, beside what runs").toMatchObject(running)
    expect(unfinished, "left by a switch that did not end").toEqual([])
  })

  test("C1.13 what runs comes from the closure: executables, mapped libraries, unit files, drop-ins, /etc", async ({
    evidence,
  }) => {
    const { ssh, closure } = await theHost(evidence)
    const seen = await processes(ssh, host.programs)
    const known = await units(ssh, host.programs)
    const store = await storeState(
      ssh,
      host.programs,
      seen.containers.map(({ namespace }) => namespace),
    )
    const etc = await etcDrift(ssh, host.programs)
    const inClosure = (path: string) => closure.has(path.split("/").slice(0, 4).join("/"))
    const files = [...seen.executables, ...seen.mapped]
    const gone = files.filter(({ deleted, replaced }) => deleted || replaced).map(({ path }) => path)
    const programs = applied(
      [...new Set(files.map(({ path }) => path))].filter((path) => !inClosure(path)),
      allowed.programs,
    )
    const used = known.units.flatMap(({ fragment, dropIns }) => [...(fragment ? [fragment] : []), ...dropIns])
    const unitPaths = [...used, ...known.files].map(({ path, real }) => real ?? path)
    const unitFiles = applied([...new Set(unitPaths)].filter((path) => !inClosure(path)).sort(), allowed.units)
    const foreign = applied(
      etc.notFromClosure.map(({ path }) => path),
      allowed.etc,
    )
    evidence("processes of the host and of containers", seen.processes)
    evidence("containers, and the images they were made from", seen.containers)
    evidence(
      "processes that see other files, as a unit's sandbox makes them",
      seen.strayNamespaces.map(({ path, cgroup }) => `${path} in ${cgroup}`),
    )
    evidence("units, and files where systemd looks for them", { units: known.units.length, files: known.files.length })
    evidence("what each mount namespace sees as the store", store.namespaces)
    evidence("entries of the closure's /etc", etc.expected)
    evidence("allowed programs", programs.used)
    evidence("allowed unit files", unitFiles.used)
    evidence("allowed in /etc", foreign.used)

    expect(
      Math.min(seen.processes, known.units.length, etc.expected, store.looked),
      "processes, units and entries seen",
    ).toBeGreaterThan(0)
    expect(programs.left, "executables and libraries that are not from the closure").toEqual([])
    expect(gone, "executables and libraries that are no longer what lies at their path").toEqual([])
    expect(
      seen.strayNamespaces.filter(({ cgroup }) => !cgroup.startsWith("/system.slice/")),
      "processes of no container and no unit that see other files",
    ).toEqual([])
    expect(unitFiles.left, "unit files and drop-ins that are not from the closure").toEqual([])
    expect(
      known.units.filter(({ needsReload }) => needsReload).map(({ id }) => id),
      "units whose files changed since systemd read them",
    ).toEqual([])
    expect(store.mounts, "mounted over the store").toEqual([])
    expect(
      store.namespaces.filter(
        ({ directory, device }) =>
          directory !== store.namespaces[0]?.directory || device !== store.namespaces[0]?.device,
      ),
      "processes that see another store",
    ).toEqual([])
    expect(store.loose, "entries of the store that somebody can write to or that run as somebody else").toEqual([])
    expect(etc.mounts, "mounted over /etc").toEqual([])
    expect(
      [...etc.misplaced, ...etc.missing, ...etc.differing],
      "entries of /etc that are not as the closure has them",
    ).toEqual([])
    expect(foreign.left, "entries of /etc that are not from the closure").toEqual([])
  })
})
