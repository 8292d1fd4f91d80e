import type { SearchPlan } from "./search-plan.ts"

// All that the loops below use is in this file: what is imported is reached through a getter under some loaders, at a
// tenth of the speed.

/** Fibonacci hashing: the high bits of the product are well mixed. */
export const multiplier = 0x9e3779b1 | 0
export const sieveShift = 32 - 18

type Visit = (needle: number, start: number) => void

/**
 * Looks at the word at every eighth byte of the memory that `words` shows, from byte `low` on and before byte `high`,
 * and visits what may be an occurrence of a needle: its number, and where in the memory it would start.
 */
export function sample(plan: SearchPlan, words: Int32Array, low: number, high: number, visit: Visit): void {
  const { sieve } = plan
  const end = Math.min(words.length, (high + 3) >> 2)
  let at = ((low + 7) >> 3) << 1
  for (; at + 6 < end; at += 8) {
    const a = Math.imul(words[at] as number, multiplier)
    const b = Math.imul(words[at + 2] as number, multiplier)
    const c = Math.imul(words[at + 4] as number, multiplier)
    const d = Math.imul(words[at + 6] as number, multiplier)
    if (
      (((sieve[a >>> sieveShift] as number) >> ((a >>> (sieveShift - 3)) & 7)) & 1) |
      (((sieve[b >>> sieveShift] as number) >> ((b >>> (sieveShift - 3)) & 7)) & 1) |
      (((sieve[c >>> sieveShift] as number) >> ((c >>> (sieveShift - 3)) & 7)) & 1) |
      (((sieve[d >>> sieveShift] as number) >> ((d >>> (sieveShift - 3)) & 7)) & 1)
    ) {
      look(plan, words[at] as number, at * 4, visit)
      look(plan, words[at + 2] as number, at * 4 + 8, visit)
      look(plan, words[at + 4] as number, at * 4 + 16, visit)
      look(plan, words[at + 6] as number, at * 4 + 24, visit)
    }
  }
  for (; at < end; at += 2) look(plan, words[at] as number, at * 4, visit)
}

/** Where looking for a word begins in tables of `size` slots, a power of two. */
export function slotOf(hash: number, size: number): number {
  return (hash ^ (hash >>> 15)) & (size - 1)
}

function look(plan: SearchPlan, word: number, at: number, visit: Visit): void {
  const { keys, heads, links } = plan
  const size = keys.length
  let slot = slotOf(Math.imul(word, multiplier), size)
  for (;;) {
    const head = heads[slot] as number
    if (head === 0) return
    if (keys[slot] === word) {
      for (let link = head; link !== 0; link = links[link * 3 + 2] as number)
        visit(links[link * 3] as number, at - (links[link * 3 + 1] as number))
      return
    }
    slot = (slot + 1) & (size - 1)
  }
}

/** Is needle number `needle` at `start`, in what `bytes` holds from `from` to `to`? */
export function matches(
  plan: SearchPlan,
  needle: number,
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
): boolean {
  const first = plan.ends[needle] as number
  const length = (plan.ends[needle + 1] as number) - first
  if (start < from || start + length > to) return false
  for (let at = 0; at < length; at++) if (bytes[start + at] !== plan.bytes[first + at]) return false
  if (plan.bounded[needle] === 0) return true
  const end = start + length
  return !(start > from && isWord(bytes[start - 1] as number)) && !(end < to && isWord(bytes[end] as number))
}

/** ASCII letters, digits and the underscore, as in a regular expression's `\w`. */
function isWord(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95
}
