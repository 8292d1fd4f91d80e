// What other checks said: in this run, or, where they are not part of it, in the newest run that had them.

/** As reports/ hands it in: by the id of the check. */
export interface Earlier {
  verdict: string
  /** UTC, ISO 8601: when the run began. */
  started: string
  role: string
  subject: Record<string, string>
  observations: Record<string, unknown>
}

export interface Settled {
  verdict: "pass" | "fail" | "error"
  observations: Record<string, unknown>
}

const settled = new Map<string, Settled>()

/** Keeps how a check of this run ended; called once it has. */
export const settle = (id: string, how: Settled): void => void settled.set(id, how)

export interface Said {
  id: string
  verdict: string
  /** When: the start of an earlier run, or `this run`. */
  when: string
  /** Hours since; 0 for this run. */
  hours: number
  subject: Record<string, string>
  observations: Record<string, unknown>
}

/** What is known of these checks, and of which nothing is. Throws when one could not be looked at: nothing follows from it. */
export function saidOf(
  ids: string[],
  earlier: Record<string, Earlier>,
  now = new Date(),
): { said: Said[]; unknown: string[] } {
  const said = ids.flatMap((id): Said[] => {
    const here = settled.get(id)
    if (here !== undefined) {
      return [{ id, verdict: here.verdict, when: "this run", hours: 0, subject: {}, observations: here.observations }]
    }
    const before = earlier[id]
    if (before === undefined || before.verdict === "not run") return []
    const { verdict, started, subject, observations } = before
    const hours = Math.round((now.getTime() - Date.parse(started)) / 360_000) / 10
    return [{ id, verdict, when: started, hours, subject, observations }]
  })
  const blind = said.filter(({ verdict }) => verdict === "error")
  if (blind.length > 0)
    throw new Error(`could not be looked at: ${blind.map(({ id, when }) => `${id} (${when})`).join(", ")}`)
  return { said, unknown: ids.filter((id) => !said.some((one) => one.id === id)) }
}

/** What a check saw, whatever its verdict; nothing of one that is unknown. */
export const observedBy = (id: string, earlier: Record<string, Earlier>): Record<string, unknown> =>
  (settled.get(id) ?? earlier[id])?.observations ?? {}
