// O1. The machine that verifies has moved: it reaches cc-ci directly, its documents say so, and its loops are its own.

import { describe, expect, inject } from "vitest"
import { ownWords, saidIn, told } from "../helpers/docs-statements.ts"
import { type Evidence, test } from "../helpers/evidence.ts"
import { hostIdentity } from "../helpers/identity.ts"
import { declaredOrchestrator, orchestratorRepo } from "../helpers/orchestrator-repo.ts"
import { proxyVariables, userspaceDaemons } from "../helpers/proxies.ts"
import { documentsAt, documentsNamed } from "../helpers/repo-documents.ts"
import { connect } from "../helpers/ssh.ts"
import { seenFrom, sshRoutes } from "../helpers/ssh-route.ts"
import { tailnetFacts } from "../helpers/tailnet.ts"
import { loadTarget } from "../helpers/target.ts"
import { installedFacts, proxyDependencies, unitFacts } from "../helpers/unit-file.ts"

const target = await loadTarget(inject("target"))
const { host } = target

/** What the target file declares; a check of what it says does not apply is `not run`, with the reason. */
function theOrchestrator(evidence: Evidence) {
  const { orchestrator, why } = declaredOrchestrator(target)
  evidence.waitForAll(why)
  return orchestrator
}

const theRepo = (evidence: Evidence) => evidence.shared("the orchestrator's repo", () => orchestratorRepo(target))

describe("O1: orchestrator", () => {
  test("O1.1 the verifying machine reaches cc-ci directly: tailnet peer, no proxy variables, no ProxyCommand, no userspace tailscaled", async ({
    evidence,
  }) => {
    const { tailnet, ssh } = theOrchestrator(evidence)
    const routes = await sshRoutes([host.address, ...ssh.names], ssh.config?.file)
    const daemons = await userspaceDaemons()
    const variables = proxyVariables(process.env)
    const member = await tailnetFacts(tailnet)
    await evidence.shared("a login on the host", async () => void (await connect(host)))
    const connection = await connect(host)
    evidence.subject(await evidence.shared("the host's identity", () => hostIdentity(connection, target)))
    const { seen, own } = await seenFrom(connection, host.programs)
    evidence("the tailnet", member)
    evidence("how ssh goes", routes)
    evidence("processes of this machine", daemons)
    evidence("proxy variables, by name", variables)
    evidence("the address that the host sees, and this machine's own", { seen, own })

    expect(member.problems, "of the tailnet").toEqual([])
    expect(variables, "proxy variables").toEqual([])
    expect(
      routes.flatMap(({ name, detours }) => detours.map((detour) => `${name}: ${detour}`)),
      "detours of ssh",
    ).toEqual([])
    expect(daemons.searched, "processes searched").toBeGreaterThan(0)
    expect(daemons.userspace, "tailscaled in userspace").toEqual([])
    expect(own, "addresses of this machine").toContain(seen)
  })

  test("O1.2 AGENTS.md, kickoff.md, plan.md, the prompts and the e2e test say so; the Pi is mentioned only as history", async ({
    evidence,
  }) => {
    const { documents, direct, forbidden } = theOrchestrator(evidence)
    const { repo, rev } = await theRepo(evidence)
    const { documents: read, missing } = await documentsNamed(repo, rev, documents)
    const says = "cc-ci is reached directly"
    const saying = read.map(({ path, passages }) => ({
      path,
      at: saidIn({ path, passages: ownWords(passages) }, [{ says, any: direct }]).said.map(({ line }) => line),
    }))
    const every = await documentsAt(repo, rev)
    const searched = every.documents.map((document) => saidIn(document, forbidden))
    evidence("commit", rev)
    evidence(
      "documents searched",
      every.documents.map(({ path }) => path),
    )
    evidence("not read as documents", every.unread)
    evidence("lines that say that cc-ci is reached directly", saying)
    evidence(
      "said of the past, or denied",
      searched.flatMap(({ excused }) => excused.map((one) => `${told(one)} (${one.because})`)),
    )

    expect(missing, "documents that are not there").toEqual([])
    expect(searched.length, "documents searched").toBeGreaterThanOrEqual(documents.length)
    expect(
      saying.filter(({ at }) => at.length === 0).map(({ path }) => path),
      "documents that do not say so",
    ).toEqual([])
    expect(
      searched.flatMap(({ said }) => said.map(told)),
      "sentences that describe the old way, or the Pi as current",
    ).toEqual([])
  })

  test("O1.3 the loops' unit runs as user and group loops and depends on no proxy service", async ({ evidence }) => {
    const { unit } = theOrchestrator(evidence)
    const { repo, rev } = await theRepo(evidence)
    const text = (await repo.fileAt(rev, unit.file))?.toString()
    const declared = unitFacts(text ?? "")
    const installed = await installedFacts(unit.installed)
    const both = [{ where: `${unit.file} at ${rev}`, ...declared }, ...installed.facts]
    evidence("the unit, as declared and as installed", both)
    evidence("not looked at", installed.notApplicable)

    expect(text, unit.file).toBeDefined()
    expect(installed.missing, "units that systemd of this machine does not know").toEqual([])
    expect(
      both.map(({ where, user, group }) => ({ where, user, group })),
      "whom it runs as",
    ).toEqual(both.map(({ where }) => ({ where, user: unit.user, group: unit.group })))
    expect(both.flatMap(proxyDependencies), "proxies that it depends on").toEqual([])
    expect(
      both.flatMap(({ proxies }) => proxies),
      "settings that name a proxy",
    ).toEqual([])
  })
})
