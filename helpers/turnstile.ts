/** Lets at most `places` tasks run at once; the others wait in order. */
export function turnstile(places: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  return async (task) => {
    if (places === 0) await new Promise<void>((go) => waiting.push(go))
    else places--
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) places++
      else next()
    }
  }
}
