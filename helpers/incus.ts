// The Incus server that the host and the clean room run on, only ever read.

import { z } from "zod"
import {
  clientFacts,
  type IncusClient,
  type IncusImage,
  type IncusInstance,
  type IncusOperation,
  type IncusProject,
  type IncusServer,
  type IncusVolume,
  imageFacts,
  instanceFacts,
  projectFacts,
  serverFacts,
} from "./incus-facts.ts"
import { operationsIn, waited } from "./incus-operation.ts"
import { asked, connectIncus, type IncusConnection, IncusError, inProject } from "./incus-request.ts"
import { byName, order, volumesOf } from "./incus-volumes.ts"
import type { Target } from "./target.ts"

/** The whole server, as far as this client certificate may see it. */
export interface IncusFacts {
  projects: (IncusProject & { instances: IncusInstance[]; volumes: IncusVolume[]; images: IncusImage[] })[]
}

/** Everything is asked anew each time. Without a project, the target's is meant. Lists are in the order of their names. */
export interface Incus {
  /** As it stands in evidence: `incus https://10.0.0.3:8443`. */
  where: string
  /** SHA-256 (hex) of the pinned certificate that the server has. */
  serverSha256: string
  /** Throws when Incus does not trust the client certificate. */
  server(): Promise<IncusServer>
  /** What Incus holds the client certificate for: whether it is restricted, and to which projects. */
  client(): Promise<IncusClient>
  /** Those this client certificate may see. */
  projects(): Promise<IncusProject[]>
  instances(project?: string): Promise<IncusInstance[]>
  /** Volumes of every type in every pool that the project uses. */
  volumes(project?: string): Promise<IncusVolume[]>
  images(project?: string): Promise<IncusImage[]>
  /** Those under way, and for some seconds those that have ended. */
  operations(project?: string): Promise<IncusOperation[]>
  /** Everything of every project it may see. */
  facts(): Promise<IncusFacts>
  /** Waits for an operation, by id or API path; throws when it fails, is cancelled or has not ended after `seconds`. */
  wait(operation: string, seconds?: number): Promise<IncusOperation>
  close(): Promise<void>
}

/**
 * Connects, and makes sure that the server is the pinned one and trusts us. Throws {@link ServerCertificateMismatch} before
 * anything is asked of another server, and {@link IncusError} when it does not answer or trust.
 */
export async function openIncus(incus: Target["incus"]): Promise<Incus> {
  const connection = await connectIncus(incus)
  const { where, serverSha256, clientSha256, close } = connection
  const ask = <T extends z.ZodType>(path: string, shape: T) => asked(connection, path, shape)
  const projects = async () => byName(await ask("/1.0/projects?recursion=1", z.array(projectFacts)))
  const instances = async (project = incus.project) =>
    byName(await ask(`/1.0/instances?recursion=2&${inProject(project)}`, z.array(instanceFacts)))
  const images = async (project = incus.project) => {
    const found = await ask(`/1.0/images?recursion=1&${inProject(project)}`, z.array(imageFacts))
    return found.toSorted((a, b) => order(a.fingerprint, b.fingerprint))
  }
  const volumes = (project = incus.project) => volumesOf(connection, project)
  const opened: Incus = {
    where,
    serverSha256,
    server: () => trusted(connection, incus),
    client: () => ask(`/1.0/certificates/${clientSha256}`, clientFacts),
    projects,
    instances,
    volumes,
    images,
    operations: async (project = incus.project) =>
      (await operationsIn(connection, project)).toSorted((a, b) => order(a.id, b.id)),
    facts: async () => ({
      projects: await Promise.all(
        (await projects()).map(async (project) => ({
          ...project,
          instances: await instances(project.name),
          volumes: await volumes(project.name),
          images: await images(project.name),
        })),
      ),
    }),
    wait: (operation, seconds = 60) => waited(connection, operation, seconds),
    close,
  }
  try {
    await opened.server()
  } catch (error) {
    await close()
    throw error
  }
  return opened
}

async function trusted(connection: IncusConnection, { certificate }: Target["incus"]): Promise<IncusServer> {
  const { where, clientSha256 } = connection
  const server = await asked(connection, "/1.0", serverFacts)
  if (server.auth === "trusted") return server
  throw new IncusError(
    `${where}: Incus does not trust this client certificate (${server.auth}): ${certificate.file}, SHA256 ${clientSha256}; ` +
      "on the server: incus config trust add-certificate --restricted --projects PROJECT FILE",
  )
}

/** Everything the server shows, over a connection of its own. */
export async function incusFacts(incus: Target["incus"]): Promise<IncusFacts> {
  const opened = await openIncus(incus)
  return opened.facts().finally(() => opened.close())
}
