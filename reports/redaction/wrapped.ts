// Lines that were wrapped, put together again. Where a line ends elsewhere nothing is to be done, for white space is not
// compared; but an escape that a line end cuts in two is none.

import type { Passage } from "./patterns.ts"

const torn =
  /(?:%[0-9a-f]?|\\u[0-9a-f]{0,3}|\\x[0-9a-f]?|\\(?=\s+[ux][0-9a-f])|&#?[0-9a-z]{0,7})[^\S\n]{0,8}\n\s*[0-9a-z;]/i

export interface Unwrapped {
  text: string
  /** Where in the wrapped text this passage of the other stands. */
  back(passage: Required<Passage>): Required<Passage>
}

/** Undefined if no escape is cut. */
export function unwrapped(text: string): Unwrapped | undefined {
  if (!torn.test(text)) return undefined
  const starts: number[] = []
  const shifts: number[] = []
  let whole = ""
  for (const { 0: line, index } of text.matchAll(/[^\s]+(?:[^\S\n]+[^\s]+)*/g)) {
    starts.push(whole.length)
    shifts.push(index - whole.length)
    whole += line
  }
  const back = (at: number) => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= at) low = middle
      else high = middle
    }
    return at + (shifts[low] ?? 0)
  }
  return { text: whole, back: ({ from, to, shown }) => ({ from: back(from), to: back(to - 1) + 1, shown }) }
}
