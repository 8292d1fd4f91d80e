// What a setup of cc-ci leaves on a machine, by the target file and by what the live host runs: what a blank one lacks.

import { hostIdentity } from "../identity.ts"
import { liveManifests } from "../sops-manifest.ts"
import { connect } from "../ssh.ts"
import type { Sought } from "./blank.ts"
import type { Living } from "./life.ts"

export async function soughtOn({
  target,
  sharing,
  room,
}: Pick<Living, "target" | "sharing" | "room">): Promise<Sought> {
  const { certificate, host, repos, secrets } = target
  const ssh = await connect(host)
  const { systemPath } = await sharing.shared("the host's identity", () => hostIdentity(ssh, target))
  const manifests = await liveManifests(ssh, host.programs)
  return {
    paths: [
      ...[secrets.bootstrapKey, certificate.live.certificate, certificate.live.privateKey],
      ...new Set(manifests.flatMap(({ secretsMountPoint, symlinkPath }) => [secretsMountPoint, symlinkPath])),
    ],
    storePaths: [systemPath, ...manifests.map(({ file }) => file)],
    units: room.oneshots.map(({ unit }) => unit),
    repositories: [repos.base.url, repos.secrets.url].map((url) => new URL(url).pathname.replace(/\.git$/, "")),
  }
}
