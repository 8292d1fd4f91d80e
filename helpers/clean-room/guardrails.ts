// What must hold before anything is touched. This only looks; clean-room.ts begins nothing where one that refuses does
// not hold.

import { bytesOf } from "../bytes.ts"
import type { Incus, IncusFacts } from "../incus.ts"
import type { Target } from "../target.ts"
import type { Earlier } from "./throwaway.ts"

export interface Rule {
  rule: string
  holds: boolean
  seen: unknown
  /** Whether nothing is begun where it does not hold. */
  refuses: boolean
}

export interface Guarded {
  rules: Rule[]
  /** The image the throwaway is made from; undefined where the alias does not name exactly one. */
  image: { alias: string; fingerprint: string; type: string | null } | undefined
}

/** Looks at what Incus shows, at the certificate, and at what has the throwaway's name already. */
export async function guardrails(
  { cleanRoom, incus }: Pick<Target, "cleanRoom" | "incus">,
  asked: boolean,
  opened: Pick<Incus, "client">,
  facts: IncusFacts,
  earlier: Earlier | undefined,
): Promise<Guarded> {
  const { project, throwaway, guideline, instances } = incus
  const ours = facts.projects.find(({ name }) => name === project)
  const { restricted, projects } = await opened.client()
  const images = (ours?.images ?? []).filter(({ aliases }) => aliases.includes(incus.image))
  const [image] = images
  const stopped = 102
  const running = (ours?.instances ?? []).filter(
    ({ name, statusCode }) => statusCode !== stopped && name !== throwaway.name,
  )
  const limits = Object.fromEntries(running.map(({ name, memoryLimit }) => [name, memoryLimit]))
  const sum = running.reduce((bytes, { memoryLimit }) => bytes + bytesOf(memoryLimit ?? "0B"), throwaway.memory)
  const others = facts.projects.flatMap(({ name, instances: all }) => all.map((one) => `${name}/${one.name}`))
  const rule = (text: string, holds: boolean, seen: unknown, refuses = true) => ({ rule: text, holds, seen, refuses })
  return {
    image:
      image && images.length === 1
        ? { alias: incus.image, fingerprint: image.fingerprint, type: image.type }
        : undefined,
    rules: [
      rule("the target file and the run both allow a clean room", cleanRoom.allowed && asked, {
        target: cleanRoom.allowed,
        run: asked,
      }),
      rule("the project is there", ours !== undefined, project),
      rule(
        "the client certificate is restricted to the project alone",
        restricted && projects.join() === project,
        {
          restricted,
          projects,
        },
        false,
      ),
      rule(
        "the throwaway is none of the target's own instances",
        instances.every(({ name }) => name !== throwaway.name),
        throwaway.name,
      ),
      rule(
        "nobody else has a clean room there",
        earlier?.holder === undefined || earlier.holder === null || earlier.holder.state === "dead",
        earlier?.holder ?? "nobody",
      ),
      rule(
        "every running instance has a memory limit",
        running.every(({ memoryLimit }) => memoryLimit !== null),
        limits,
      ),
      rule("with the throwaway, the project's running memory fits the guideline", sum <= guideline, {
        bytes: sum,
        guideline,
      }),
      rule(
        "the alias names one image of the declared type",
        images.length === 1 && (image?.type ?? incus.type) === incus.type,
        images.map(({ fingerprint, type }) => ({ fingerprint, type })),
      ),
      rule(
        "the other instances were recorded",
        others.some((name) => name !== `${project}/${throwaway.name}`),
        others,
      ),
    ],
  }
}
