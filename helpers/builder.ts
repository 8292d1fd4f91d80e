// The machine that builds cold, and what it builds: asked for once a run, whichever check comes first.

import { type ColdBuild, coldBuild, evaluated } from "./cold-build.ts"
import type { ColdBuildRequest } from "./cold-build-session.ts"
import { here, type Machine } from "./machine.ts"
import { connect } from "./ssh.ts"
import { readSecretSource, type Target } from "./target.ts"

/** Logs in to the builder. Throws when it is the live host itself. */
export async function builderOf({ builder, host }: Target): Promise<Machine> {
  if ("here" in builder) return here
  if (builder.address === host.address || builder.hostKey === host.hostKey) {
    throw new Error(`the builder (${builder.address}) is the live host: what it builds would prove nothing`)
  }
  return connect(builder)
}

/** Builds the base at a commit, cold, as the target file says. Its store stays on the builder until it is disposed of. */
export async function coldBuildOf(target: Target, baseRev: string): Promise<ColdBuild> {
  return coldBuild(await builderOf(target), await requestOf(target, baseRev))
}

/** Those of the flake's attributes, at a commit, that do not evaluate, and why. */
export async function unevaluated(target: Target, baseRev: string, attributes: string[]): Promise<Map<string, string>> {
  const answers = await evaluated(await builderOf(target), await requestOf(target, baseRev), attributes)
  return new Map([...answers].flatMap(([one, refusal]) => (refusal === undefined ? [] : [[one, refusal.reason]])))
}

async function requestOf({ builder, flake, repos, resolve }: Target, baseRev: string): Promise<ColdBuildRequest> {
  const { credential } = repos.secrets
  return {
    programs: builder.programs,
    baseUrl: repos.base.url,
    baseRev,
    attribute: flake.attribute,
    secretsOrigin: repos.secrets.url,
    resolve,
    substituters: flake.substituters,
    publicKeys: flake.publicKeys,
    ...(credential === undefined ? {} : { credential: await readSecretSource(credential) }),
  }
}
