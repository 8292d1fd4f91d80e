// What of an Incus project nobody declared: what a throwaway leaves behind when it is not destroyed whole.

import type { IncusFacts } from "./incus.ts"
import type { Target } from "./target.ts"

export interface Leftovers {
  /** How much was looked through, so that finding nothing means something. */
  searched: { project: string; instances: number; volumes: number; images: number }[]
  /** One line each: what it is, and why nobody declared it. */
  found: string[]
}

/**
 * Instances that are not declared, in any state; volumes of instances that are not there and volumes of nobody; images
 * without the declared alias; and in every other project that can be seen, whatever has a throwaway's name or image.
 */
export function leftoversIn({ projects }: IncusFacts, { incus }: Target): Leftovers {
  const found: string[] = []
  const declared = incus.instances.map(({ name }) => name)
  const ours = projects.find(({ name }) => name === incus.project)
  if (ours === undefined) throw new Error(`the project ${incus.project} is not among those Incus shows`)
  const blank = ours.images.filter(({ aliases }) => aliases.includes(incus.image)).map(({ fingerprint }) => fingerprint)

  for (const { name, status, createdAt, uuid, baseImage, snapshots, backups } of ours.instances) {
    if (declared.includes(name)) continue
    const image = baseImage !== null && blank.includes(baseImage) ? `made from ${incus.image}` : "not declared"
    const with_ = [...snapshots.map((one) => `snapshot ${one}`), ...backups.map((one) => `backup ${one}`)]
    found.push([`instance ${name} (${status}, ${uuid}, ${createdAt}): ${image}`, ...with_].join(", "))
  }
  for (const { name, type, pool, snapshots } of ours.volumes) {
    const owned =
      type === "image" ? ours.images.some(({ fingerprint }) => fingerprint === name) : declared.includes(name)
    if (type !== "custom" && owned) continue
    const with_ = snapshots.map((one) => `, snapshot ${one}`).join("")
    found.push(`volume ${name} of type ${type} in pool ${pool}: of nothing declared${with_}`)
  }
  for (const { fingerprint, aliases, uploadedAt } of ours.images) {
    if (aliases.includes(incus.image)) continue
    found.push(
      `image ${fingerprint.slice(0, 12)} (${aliases.join(", ") || "no alias"}, ${uploadedAt}): not ${incus.image}`,
    )
  }
  for (const { name: project, instances, volumes } of projects.filter(({ name }) => name !== incus.project)) {
    for (const { name, status, baseImage } of instances) {
      const marked = baseImage !== null && blank.includes(baseImage)
      if (name !== incus.throwaway.name && !marked) continue
      found.push(
        `instance ${name} (${status}) in project ${project}: ${marked ? `made from ${incus.image}` : "a throwaway's name"}`,
      )
    }
    for (const { name, type, pool } of volumes) {
      if (name === incus.throwaway.name)
        found.push(`volume ${name} of type ${type} in pool ${pool} in project ${project}: a throwaway's name`)
    }
  }
  return {
    searched: projects.map(({ name, instances, volumes, images }) => ({
      project: name,
      instances: instances.length,
      volumes: volumes.length,
      images: images.length,
    })),
    found: found.sort(),
  }
}
