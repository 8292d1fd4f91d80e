// Docker Swarm as the host's own daemon tells it: services, what they ask for, and the containers that really run.

import { z } from "zod"
import type { Ssh } from "./ssh.ts"

const reference = z.object({ SecretID: z.string(), SecretName: z.string(), File: z.object({ Name: z.string() }) })
const configReference = z.object({ ConfigID: z.string(), ConfigName: z.string() })
const containerSpec = z.object({
  Image: z.string(),
  Args: z.array(z.string()).nullish(),
  Command: z.array(z.string()).nullish(),
  Env: z.array(z.string()).nullish(),
  Secrets: z.array(reference).nullish(),
  Configs: z.array(configReference).nullish(),
})
const service = z.object({
  ID: z.string(),
  /** Another number with each change of it. */
  Version: z.object({ Index: z.number() }),
  Spec: z.object({
    Name: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Mode: z.object({ Replicated: z.object({ Replicas: z.number() }).optional() }),
    TaskTemplate: z.object({ ContainerSpec: containerSpec }),
  }),
})
const task = z.object({
  ID: z.string(),
  Spec: z.object({ ContainerSpec: containerSpec }),
})
const container = z.object({
  Id: z.string(),
  Created: z.string(),
  State: z.object({ Pid: z.number().int().positive(), StartedAt: z.string() }),
  Config: z.object({
    Labels: z.record(z.string(), z.string()).nullish(),
    Env: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
    Entrypoint: z.array(z.string()).nullish(),
  }),
  Mounts: z.array(z.object({ Type: z.string(), Source: z.string().optional(), Destination: z.string() })),
})
const secret = z.object({ ID: z.string(), Spec: z.object({ Name: z.string() }) })
const config = z.object({ ID: z.string(), Spec: z.object({ Name: z.string(), Data: z.string() }) })

export type Service = z.output<typeof service>
export type Task = z.output<typeof task>
export type Container = z.output<typeof container>
export type SwarmSecret = z.output<typeof secret>
export type Config = z.output<typeof config>

export interface RunningTask {
  task: Task
  container: Container
}

export interface RunningService {
  service: Service
  running: RunningTask[]
  /** Replicas the service asks for; null for a global service. */
  replicas: number | null
}

/** The docker client on the host, read only. What it prints may hold secrets; nothing of it is kept but its digest. */
export function docker(ssh: Ssh, programs: string) {
  const ask = async (...args: string[]) => (await ssh.run([`${programs}/docker`, ...args])).stdout.toString()
  const words = async (...args: string[]) => (await ask(...args)).split("\n").filter((line) => line !== "")
  const inspect = async <T>(shape: z.ZodType<T>, type: string, ids: string[]): Promise<T[]> => {
    if (ids.length === 0) return []
    // `docker inspect --type` knows every type but these.
    const argv = type === "config" || type === "secret" ? [type, "inspect"] : ["inspect", "--type", type]
    const answer = z.array(shape).safeParse(JSON.parse(await ask(...argv, ...ids)))
    if (answer.error) throw new Error(`${ssh.where}: docker ${argv.join(" ")}: ${z.prettifyError(answer.error)}`)
    if (answer.data.length !== ids.length) throw new Error(`${ssh.where}: docker ${argv.join(" ")}: not every ${type}`)
    return answer.data
  }
  const labelled = async (name: string) =>
    inspect(
      container,
      "container",
      await words("ps", "-q", "--no-trunc", "--filter", `label=com.docker.swarm.service.name=${name}`),
    )

  return {
    /** Every service of the swarm. */
    services: async () => inspect(service, "service", await words("service", "ls", "-q")),
    /** Every running container of this host, of the swarm or not. */
    containers: async () => inspect(container, "container", await words("ps", "-q", "--no-trunc")),
    /** Every secret that the swarm keeps; their values are never told. */
    secrets: async () => inspect(secret, "secret", await words("secret", "ls", "-q")),
    configs: async (ids: string[]) => inspect(config, "config", ids),
    /** One service, with each of its containers that run on this host and the task it was started for. */
    service: async (name: string): Promise<RunningService> => {
      const [found, ...others] = await inspect(service, "service", [name])
      if (found === undefined || others.length > 0) throw new Error(`${ssh.where}: no single service ${name}`)
      const containers = await labelled(name)
      const ids = containers.map(({ Config }) => Config.Labels?.["com.docker.swarm.task.id"] ?? "")
      const tasks = await inspect(task, "task", ids)
      return {
        service: found,
        running: containers.map((container, index) => ({ container, task: tasks[index] as Task })),
        replicas: found.Spec.Mode.Replicated?.Replicas ?? null,
      }
    },
  }
}

export type Docker = ReturnType<typeof docker>

/** Which secret is mounted under which file name, by the secret's own id: what a task was started with. */
export function mounts(spec: z.output<typeof containerSpec>): string[] {
  return (spec.Secrets ?? [])
    .map(({ File, SecretID, SecretName }) => `${File.Name} = ${SecretName} (${SecretID})`)
    .sort()
}
