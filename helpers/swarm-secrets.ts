// Every secret of the swarm, held against git where it is mounted: the swarm itself never tells what one holds.

import { liveFiles } from "./live-files.ts"
import type { Secret } from "./secret.ts"
import type { Ssh } from "./ssh.ts"
import { docker, type RunningService } from "./swarm.ts"
import type { Target } from "./target.ts"

export interface SwarmSecrets {
  /** `NAME (ID)` of every secret in the swarm. */
  secrets: string[]
  /** `SERVICE/FILE in CONTAINER` of every secret compared, and what it holds. */
  mounted: { where: string; holds: "the bytes in git" | "other bytes" | "nothing" | "what is no leaf" }[]
  /** Secrets that no running task of this host has mounted, so that nobody can say what they hold. */
  unseen: string[]
  /** `SERVICE/FILE` that the target file declares and no service asks for. */
  notGiven: string[]
  /** `SERVICE/FILE` that a service asks for and the target file does not declare. */
  notDeclared: string[]
}

interface Mount {
  service: string
  file: string
  id: string
  container: string
  pid: number
}

/** `leafOf` gives the value in git of a leaf of the host's sops document. */
export async function swarmSecrets(
  ssh: Ssh,
  { host: { programs }, swarm }: Pick<Target, "host" | "swarm">,
  nonce: Uint8Array,
  leafOf: (leaf: string) => Secret | undefined,
): Promise<SwarmSecrets> {
  const client = docker(ssh, programs)
  const secrets = await client.secrets()
  const services = await client.runningServices()

  const declared = new Map(
    swarm.flatMap(({ service, secrets }) =>
      Object.entries(secrets).map(([file, leaf]) => [`${service}/${file}` as string, leaf] as const),
    ),
  )
  const asked = services.flatMap(({ service: { Spec } }) =>
    (Spec.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ File }) => `${Spec.Name}/${File.Name}`),
  )
  const mounts = services.flatMap(mountsOf)
  const compared = mounts.filter(({ service, file }) => declared.has(`${service}/${file}`))
  const files = await liveFiles(ssh, programs, nonce, compared.map(pathOf))
  const mounted = compared.map(({ service, file, container }, index) => {
    const inGit = leafOf(declared.get(`${service}/${file}`) ?? "")?.hmac(nonce)
    const { type, hmac } = files[index] ?? { type: null, hmac: "" }
    const where = `${service}/${file} in ${container.slice(0, 12)}`
    if (inGit === undefined) return { where, holds: "what is no leaf" } as const
    if (type !== null && hmac === "unreadable") throw new Error(`${ssh.where}: ${where} cannot be read`)
    const holds = type === null ? "nothing" : hmac === inGit ? "the bytes in git" : "other bytes"
    return { where, holds } as const
  })
  const seen = new Set(mounts.map(({ id }) => id))
  return {
    secrets: secrets.map(({ ID, Spec }) => `${Spec.Name} (${ID})`).sort(),
    mounted,
    unseen: secrets.filter(({ ID }) => !seen.has(ID)).map(({ ID, Spec }) => `${Spec.Name} (${ID})`),
    notGiven: [...declared.keys()].filter((name) => !asked.includes(name)).sort(),
    // Also what only a task of an older specification still has.
    notDeclared: [...new Set([...asked, ...mounts.map(({ service, file }) => `${service}/${file}`)])]
      .filter((name) => !declared.has(name))
      .sort(),
  }
}

/** By what each task was started with, not by what its service asks for now. */
const mountsOf = ({ service, running }: RunningService): Mount[] =>
  running.flatMap(({ task, container }) =>
    (task.Spec.ContainerSpec.Secrets ?? []).map(({ File, SecretID }) => ({
      service: service.Spec.Name,
      file: File.Name,
      id: SecretID,
      container: container.Id,
      pid: container.State.Pid,
    })),
  )

const pathOf = ({ pid, file }: Mount) => `/proc/${pid}/root${file.startsWith("/") ? file : `/run/secrets/${file}`}`
