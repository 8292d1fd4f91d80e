// For benches: contenders in turn, several rounds. What else the machine does is then the same for all of one round,
// more or less: ratios of one round each are compared.

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** How many times as fast as theirs ours is: the median of the ratios of one round each. In any unit of time. */
export const timesAsFast = (ours: number[], theirs: number[]): number =>
  median(theirs.map((time, round) => time / (ours[round] ?? Number.NaN)))

/** What each contender took, in milliseconds, round by round. */
export type Times<Name extends string> = Record<Name, number[]>

/** The first `warmUp` rounds are run, and not counted. */
export async function race<Name extends string>(
  rounds: number,
  contenders: Record<Name, () => unknown>,
  warmUp = 0,
): Promise<Times<Name>> {
  const names = Object.keys(contenders) as Name[]
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Times<Name>
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const started = performance.now()
      await contenders[name]()
      if (round >= 0) times[name].push(performance.now() - started)
    }
  }
  return times
}
