import type { Terminal } from "./terminal.ts"

export interface Progress {
  begin(id: string): void
  end(): void
}

// A log gets a line now and then, so that a long look is not taken for a dead one.
const plainEverySeconds = [2, 10, 30]

/** Says which check is being looked at, once it takes more than two seconds. */
export function progress({ rewrites, status, print }: Terminal): Progress {
  let timer: NodeJS.Timeout | undefined
  return {
    begin: (id) => {
      clearInterval(timer)
      let seconds = 0
      timer = setInterval(() => {
        seconds += 1
        const line = `  ${id} still looking after ${seconds} s`
        if (rewrites && seconds >= 2) status(line)
        else if (!rewrites && (plainEverySeconds.includes(seconds) || seconds % 60 === 0)) print(line)
      }, 1000)
      timer.unref()
    },
    end: () => clearInterval(timer),
  }
}
