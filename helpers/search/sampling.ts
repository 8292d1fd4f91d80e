// Which places of what is searched may be an occurrence of a needle? One word of four bytes at every eighth byte is asked
// for in a sieve (sampling.wat), what passes in a table of words, what is in that is compared. A loop in JavaScript over
// typed arrays takes three times as long.

import { code, hitsAt, load, resident, view } from "./sampling-memory.ts"
import type { SearchPlan } from "./search-plan.ts"

/** Fibonacci hashing: the high bits of the product are well mixed. sampling.wat does the same. */
export const multiplier = 0x9e3779b1 | 0

/** Where in the sieve a hash has its bit: which 32-bit word, and which bit of it. */
export const sieveWord = (hash: number) => hash >>> 16
export const sieveBit = (hash: number) => (hash >>> 11) & 31

type Visit = (needle: number, start: number) => void

let telling = false

/**
 * Looks at the words at `low`, `low` + 8, ... of the bytes, those that begin before `high`, and visits what may be an
 * occurrence of a needle: its number, and where in the bytes it would start. What lies behind `high`, or behind the bytes,
 * may be taken for part of a word: compare.
 */
export function sample(plan: SearchPlan, bytes: Buffer, low: number, high: number, visit: Visit): void {
  // There is one memory for what is found: whoever searches while he is told so would take it from under us.
  if (telling) throw new Error("a search in the midst of another one's findings")
  load(plan.sieve)
  const last = Math.min(high + 3, bytes.length)
  for (let from = low; from < high; ) {
    const { address, length } = resident(bytes, from, last)
    // Of a piece only whole words, and the next begins with an eighth byte.
    const until = from + length >= last ? high : from + ((length - 3) & ~7)
    const end = code.sample(address, address + until - from, hitsAt)
    telling = true
    try {
      for (let hit = hitsAt; hit < end; hit += 4) {
        const at = view.getUint32(hit, true)
        look(plan, view.getInt32(at, true), from + at - address, visit)
      }
    } finally {
      telling = false
    }
    from = until
  }
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

/** Is needle number `needle` at `start` of the first `length` bytes? */
export function matches(plan: SearchPlan, needle: number, bytes: Buffer, start: number, length: number): boolean {
  const first = plan.ends[needle] as number
  const end = start + (plan.ends[needle + 1] as number) - first
  if (start < 0 || end > length) return false
  for (let at = start, sought = first; at < end; at++, sought++) if (bytes[at] !== plan.bytes[sought]) return false
  if (plan.bounded[needle] === 0) return true
  return !(start > 0 && isWord(bytes[start - 1] as number)) && !(end < length && isWord(bytes[end] as number))
}

/** ASCII letters, digits and the underscore, as in a regular expression's `\w`. */
function isWord(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95
}
