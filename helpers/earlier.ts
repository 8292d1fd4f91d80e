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

export interface Answers<T extends Said = Said> {
  said: T[]
  /** Of which nothing is known. */
  unknown: string[]
}

/** What is known of these checks. Throws when one could not be looked at: nothing follows from it. */
export function saidOf(ids: string[], earlier: Record<string, Earlier>, now = new Date()): Answers {
  return answers(ids, (id) => saidHere(id) ?? saidBefore(earlier[id], id, now))
}

/** As reports/ hands in what the Adversary's ledger says. */
export interface Verified extends Earlier {
  /** Why it does not count as the Adversary's. */
  unsigned: string[]
}

/** As {@link saidOf}, but only what the Adversary said: before, or in this run if it is the Adversary's and signed. */
export function saidByAdversary(
  ids: string[],
  verified: Record<string, Verified>,
  isThisRun: boolean,
  now = new Date(),
): Answers<Said & { unsigned: string[] }> {
  return answers(ids, (id) => {
    const here = isThisRun ? saidHere(id) : undefined
    if (here !== undefined) return { ...here, unsigned: [] }
    const before = saidBefore(verified[id], id, now)
    return before && { ...before, unsigned: verified[id]?.unsigned ?? [] }
  })
}

function answers<T extends Said>(ids: string[], answer: (id: string) => T | undefined): Answers<T> {
  const said = ids.flatMap((id) => answer(id) ?? [])
  const blind = said.filter(({ verdict }) => verdict === "error")
  if (blind.length > 0)
    throw new Error(`could not be looked at: ${blind.map(({ id, when }) => `${id} (${when})`).join(", ")}`)
  return { said, unknown: ids.filter((id) => !said.some((one) => one.id === id)) }
}

function saidHere(id: string): Said | undefined {
  const here = settled.get(id)
  return here && { id, ...here, when: "this run", hours: 0, subject: {} }
}

function saidBefore(before: Earlier | undefined, id: string, now: Date): Said | undefined {
  if (before === undefined || before.verdict === "not run") return undefined
  const { verdict, started, subject, observations } = before
  const hours = Math.round((now.getTime() - Date.parse(started)) / 360_000) / 10
  return { id, verdict, when: started, hours, subject, observations }
}

/** Which of them are about something else than what is looked at now: `C1.9: systemPath /nix/store/…`. */
export function aboutAnother(said: Said[], live: Record<string, string>): string[] {
  return said
    .filter(({ when }) => when !== "this run")
    .flatMap(({ id, subject }) =>
      Object.keys(live)
        .filter((field) => subject[field] !== live[field])
        .map((field) => `${id}: ${field} ${subject[field] ?? "not learned"}, now ${live[field]}`),
    )
}

/** What a check saw, whatever its verdict; nothing of one that is unknown. */
export const observedBy = (id: string, earlier: Record<string, Earlier>): Record<string, unknown> =>
  (settled.get(id) ?? earlier[id])?.observations ?? {}
