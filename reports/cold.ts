// What makes a run cold, probed before it starts and decided by the probes alone.

/** One thing looked at: what it should be, and what it was. */
export interface Probe {
  what: string
  want: string
  got: string
}

export interface Cold {
  cold: boolean
  because: string
  /** Runs from before they were taken have none. */
  probes?: Probe[]
}

/** Every probe there is, by name; a run that lacks one is not cold. */
export const probeNames = [
  "the suite's tree",
  "the suite's clone",
  "the suite's dependencies",
  "what earlier runs searched",
  "leftovers of other runs",
  "environment",
  "boot",
  "user and machine",
] as const
export type ProbeName = (typeof probeNames)[number]

/** Why a run was not cold, as its probes tell it; what it says of itself does not count. */
export function warmth({ probes = [] }: Cold): string[] {
  const missing = probeNames.filter((name) => !probes.some(({ what }) => what === name))
  return [
    ...(missing.length === 0 ? [] : [`not probed: ${missing.join(", ")}`]),
    ...probes.filter(({ want, got }) => want !== got).map(({ what, want, got }) => `${what}: ${got} (wanted: ${want})`),
  ]
}

const allowance = "the same, as the target file allows: "

/** What a probe says that is not as it should be, and for which the target file gives a reason. */
export const allowedSame = (reason: string): string => `${allowance}${reason}`

/** The reason, for whoever reads a verdict. */
export const onSharedMachine = (reason: string): string =>
  `on the Builder's machine, as the target file allows: ${reason}`

/** The reasons of the target file for what was the same as the Builder's, and counts as cold all the same. */
export function allowancesOf({ probes = [] }: Cold): string[] {
  const given = probes.filter(({ got }) => got.startsWith(allowance))
  return [...new Set(given.map(({ got }) => got.slice(allowance.length)))]
}
