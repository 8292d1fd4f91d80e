// What Incus does in the background: asked about, and waited for.

import { z } from "zod"
import { type IncusOperation, operationFacts } from "./incus-facts.ts"
import { asked, type IncusConnection, IncusError, inProject } from "./incus-request.ts"

const groups = z.record(z.string(), z.array(operationFacts)).nullable()

/** Those under way, and for some seconds those that have ended. */
export async function operationsIn(connection: IncusConnection, project: string): Promise<IncusOperation[]> {
  return Object.values(
    (await asked(connection, `/1.0/operations?recursion=1&${inProject(project)}`, groups)) ?? {},
  ).flat()
}

/** Whether an operation is under way on the instance of a name. */
export const isUnderWayOn = ({ statusCode, resources }: IncusOperation, name: string): boolean =>
  statusCode < 200 && resources.some((path) => path.replace(/\?.*$/, "") === `/1.0/instances/${name}`)

/**
 * Waits for an operation, by id or API path. Incus answers with HTTP 200 also when the operation has failed or still runs:
 * only the operation's own status says. Throws when it fails, is cancelled or has not ended after `seconds`.
 */
export async function waited(connection: IncusConnection, operation: string, seconds: number): Promise<IncusOperation> {
  const { where } = connection
  const id = /^(?:\/1\.0\/operations\/)?([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(operation)?.[1]
  if (id === undefined) throw new IncusError(`${where}: no id or path of an operation: ${JSON.stringify(operation)}`)
  const path = `/1.0/operations/${id}/wait?timeout=${seconds}`
  const ended = await asked(connection, path, operationFacts, seconds * 1000 + 10_000)
  if (ended.statusCode === 200) return ended
  const what = `${where}: operation ${id} (${ended.description || "no description"})`
  if (ended.statusCode >= 400) {
    throw new IncusError(`${what}: ${ended.status}: ${ended.error.slice(0, 300) || "no reason"}`, ended.statusCode)
  }
  throw new IncusError(`${what}: still ${ended.status} after ${seconds} s`, ended.statusCode)
}
