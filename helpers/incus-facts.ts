// What Incus says, as facts: only the fields that checks use, under the names they use.

import { createHash } from "node:crypto"
import { z } from "zod"

const settings = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found): Record<string, string> => found ?? {})
const named = z
  .array(z.object({ name: z.string() }))
  .nullish()
  .transform((found) => (found ?? []).map(({ name }) => name).sort())

/** What is free text may be a secret: a token in the environment, a password in cloud-init. It is known by its digest. */
const config = settings.transform((found) =>
  Object.fromEntries(Object.entries(found).map(([key, value]) => [key, freeText.test(key) ? digestOf(value) : value])),
)
const freeText = /^(environment|cloud-init|user|raw)\./

/** How a free text value (`environment.*`, `cloud-init.*`, `user.*`, `raw.*`) stands in facts: `sha256:…`. */
export const digestOf = (value: string): string => `sha256:${createHash("sha256").update(value).digest("hex")}`

export const serverFacts = z
  .object({
    auth: z.string(),
    auth_user_name: z.string().nullish(),
    environment: z
      .object({
        server: z.string(),
        server_name: z.string(),
        server_version: z.string(),
        certificate_fingerprint: z.string(),
        project: z.string(),
      })
      .partial()
      .nullish(),
  })
  .transform(({ auth, auth_user_name, environment }) => ({
    auth,
    user: auth_user_name ?? null,
    version: environment?.server_version ?? null,
    serverName: environment?.server_name ?? null,
    certificateSha256: environment?.certificate_fingerprint ?? null,
    /** The project that answers where none is named. */
    project: environment?.project ?? null,
  }))

export const clientFacts = z
  .object({ name: z.string(), restricted: z.boolean(), projects: z.array(z.string()).nullish(), type: z.string() })
  .transform(({ projects, ...rest }) => ({ ...rest, projects: (projects ?? []).sort() }))

export const projectFacts = z
  .object({ name: z.string(), config, used_by: z.array(z.string()).nullish() })
  .transform(({ name, config, used_by }) => ({ name, config, usedBy: (used_by ?? []).sort() }))

const memory = z.object({ usage: z.number(), total: z.number().nullish() })

export const instanceFacts = z
  .object({
    name: z.string(),
    project: z.string(),
    type: z.string(),
    status: z.string(),
    status_code: z.number(),
    created_at: z.string(),
    profiles: z.array(z.string()).nullish(),
    config,
    expanded_config: config,
    expanded_devices: z.record(z.string(), settings),
    state: z.object({ memory: memory.nullish() }).nullish(),
    snapshots: named,
    backups: named,
  })
  .transform(({ state, ...found }) => ({
    name: found.name,
    project: found.project,
    type: found.type,
    /** `Running`, `Stopped`, `Frozen`, `Error` … */
    status: found.status,
    /** 103 running, 102 stopped, 110 frozen. */
    statusCode: found.status_code,
    createdAt: found.created_at,
    /** Unique across servers and projects. */
    uuid: found.config["volatile.uuid"] ?? null,
    /** Changes when the instance goes back in time, by a restored snapshot. */
    uuidGeneration: found.config["volatile.uuid.generation"] ?? null,
    /** Fingerprint of the image it was made from. */
    baseImage: found.config["volatile.base_image"] ?? null,
    profiles: found.profiles ?? [],
    /** Its own; `expandedConfig` and `devices` include what its profiles add. */
    config: found.config,
    expandedConfig: found.expanded_config,
    devices: found.expanded_devices,
    /** `limits.memory` as written, `4GiB`; null without a limit. */
    memoryLimit: found.expanded_config["limits.memory"] ?? null,
    rootPool: Object.values(found.expanded_devices).find(isRoot)?.pool ?? null,
    /** Bytes; null unless it runs. `total` is null where Incus does not know it. */
    memory: state?.memory?.usage ? { usage: state.memory.usage, total: state.memory.total || null } : null,
    snapshots: found.snapshots,
    backups: found.backups,
  }))

const isRoot = ({ type, path }: Record<string, string>) => type === "disk" && path === "/"

export const profileFacts = z.object({ name: z.string(), devices: z.record(z.string(), settings).nullish() })

export const volumeFacts = z
  .object({
    name: z.string(),
    type: z.string(),
    project: z.string().nullish(),
    content_type: z.string().nullish(),
    created_at: z.string().nullish(),
  })
  .transform(({ name, type, project, content_type, created_at }) => ({
    name,
    /** `custom`, `container`, `virtual-machine` or `image`. */
    type,
    project: project ?? null,
    contentType: content_type ?? null,
    createdAt: created_at ?? null,
  }))

export const imageFacts = z
  .object({
    fingerprint: z.string(),
    aliases: named,
    uploaded_at: z.string(),
    type: z.string().nullish(),
    properties: settings,
  })
  .transform(({ uploaded_at, type, ...rest }) => ({ ...rest, type: type ?? null, uploadedAt: uploaded_at }))

export const operationFacts = z
  .object({
    id: z.string(),
    description: z.string().nullish(),
    class: z.string().nullish(),
    status: z.string(),
    status_code: z.number(),
    created_at: z.string().nullish(),
    resources: z.record(z.string(), z.array(z.string()).nullish()).nullish(),
    err: z.string().nullish(),
  })
  .transform(({ status_code, created_at, resources, err, ...rest }) => ({
    ...rest,
    description: rest.description ?? "",
    class: rest.class ?? null,
    /** 103 running, 200 success, 400 failure, 401 cancelled. */
    statusCode: status_code,
    createdAt: created_at ?? null,
    /** API paths of what it works on. */
    resources: Object.values(resources ?? {})
      .flatMap((paths) => paths ?? [])
      .sort(),
    error: err ?? "",
  }))

export type IncusServer = z.output<typeof serverFacts>
export type IncusClient = z.output<typeof clientFacts>
export type IncusProject = z.output<typeof projectFacts>
export type IncusInstance = z.output<typeof instanceFacts>
export type IncusImage = z.output<typeof imageFacts>
export type IncusOperation = z.output<typeof operationFacts>

/** A volume with its snapshots, in the pool it is in. */
export type IncusVolume = z.output<typeof volumeFacts> & { pool: string; snapshots: string[] }
