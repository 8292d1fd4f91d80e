import { createHmac } from "node:crypto"
import type { Needle } from "./needles.ts"
import { ordinaryWords } from "./ordinary-words.ts"
import { multiplier, sieveBit, sieveWord, slotOf } from "./sampling.ts"

/** Part of what a warm run rests on: raise it whenever a search could find something else than before. */
export const engineVersion = "2"

/** In bytes. Needles from here on are found by sampling; of the shorter ones, see `brief`. */
export const shortest = 9
/** In bytes. What is shorter is in every file. */
export const briefest = 4

/** Tables compiled from needles. Holds the secrets: for this process and its threads, never for a file. */
export interface SearchPlan {
  needles: Needle[]
  /** Length of the longest needle, in bytes. */
  longest: number
  /** The needles' bytes, one after the other; needle n is from `ends[n]` to `ends[n + 1]`. */
  bytes: Uint8Array
  ends: Int32Array
  /** 1 where a needle counts only between word boundaries. */
  bounded: Uint8Array
  /** Needles too short to be sampled, sought one by one. */
  brief: number[]
  /** 2^16 words of 32 bits, by the hash of a word: zero means that no needle has it. */
  sieve: Uint32Array
  /** Words that needles have, open addressing by the same hash; `heads` gives a word's first link, 0 none. */
  keys: Int32Array
  heads: Int32Array
  /** Three numbers a link: the needle, where in it the word is (-1: one byte before it), and the next link. */
  links: Int32Array
}

/**
 * Every needle is found by reading one word of four bytes at every eighth byte: whatever its alignment, one such word
 * lies inside it. For each of the eight alignments the plan holds one word, the rarest in ordinary data that the needle
 * offers there. Needles of 9 and 10 bytes lack a byte for one or two alignments: all 256 values of it are put in.
 */
export function searchPlan(needles: Needle[]): SearchPlan {
  if (needles.length === 0) throw new Error("nothing to search for: the list of needles is empty")
  const ends = new Int32Array(needles.length + 1)
  for (const [index, { bytes, secret, form }] of needles.entries()) {
    if (bytes.length < briefest)
      throw new Error(`cannot search for ${bytes.length} bytes (${form} of ${secret}): at least ${briefest} are needed`)
    ends[index + 1] = (ends[index] ?? 0) + bytes.length
  }
  const links = new Links()
  for (const [index, { bytes }] of needles.entries()) if (bytes.length >= shortest) links.addNeedle(index, bytes)
  return {
    needles,
    longest: Math.max(...needles.map(({ bytes }) => bytes.length)),
    bytes: Buffer.concat(needles.map(({ bytes }) => bytes)),
    ends,
    bounded: Uint8Array.from(needles, ({ bounded }) => (bounded ? 1 : 0)),
    brief: [...needles.keys()].filter((index) => (needles[index]?.bytes.length ?? 0) < shortest),
    ...links.tables(),
  }
}

/**
 * What was searched for and how, as one keyed digest (HMAC-SHA-256, hex): equal for the same set of needles in any
 * order, and saying nothing about them without the key.
 */
export function planDigest(plan: SearchPlan, key: Uint8Array): string {
  const hmac = createHmac("sha256", key).update(`search engine ${engineVersion}\n`)
  const set = new Set(
    plan.needles.map(({ bytes, bounded }) => `${bounded ?? false} ${Buffer.from(bytes).toString("hex")}`),
  )
  for (const needle of [...set].sort()) hmac.update(`${needle}\n`)
  return hmac.digest("hex")
}

/** The word that four bytes are, the first one lowest, as WebAssembly reads it on every machine. */
function wordOf(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

class Links {
  readonly #first = new Map<number, number>()
  readonly #used = new Map<number, number>()
  readonly #links = [0, 0, 0]
  readonly #ordinary = ordinaryWords()

  addNeedle(needle: number, bytes: Uint8Array): void {
    for (let alignment = 0; alignment < 8; alignment++) {
      if (alignment + 4 <= bytes.length) this.#add(needle, ...this.#rarest(bytes, alignment))
      else if (alignment + 3 <= bytes.length) this.#addOpen(needle, bytes.subarray(alignment), 3, alignment)
      else this.#addOpen(needle, Buffer.concat([Buffer.alloc(1), bytes.subarray(0, 3)]), 0, -1)
    }
  }

  #rarest(bytes: Uint8Array, alignment: number): [word: number, at: number] {
    let rarest: [number, number] = [0, -1]
    let least = Number.POSITIVE_INFINITY
    for (let at = alignment; at + 4 <= bytes.length; at += 8) {
      const word = wordOf(bytes, at)
      // A word that many needles share is as bad as a common one.
      const cost = 8 * this.#ordinary(word) + (this.#used.get(word) ?? 0)
      if (cost >= least) continue
      least = cost
      rarest = [word, at]
    }
    return rarest
  }

  #addOpen(needle: number, bytes: Uint8Array, open: number, at: number): void {
    const four = Uint8Array.from({ length: 4 }, (_, byte) => bytes[byte] ?? 0)
    for (let value = 0; value < 256; value++) {
      four[open] = value
      this.#add(needle, wordOf(four, 0), at)
    }
  }

  #add(needle: number, word: number, at: number): void {
    this.#links.push(needle, at, this.#first.get(word) ?? 0)
    this.#first.set(word, this.#links.length / 3 - 1)
    this.#used.set(word, (this.#used.get(word) ?? 0) + 1)
  }

  tables(): Pick<SearchPlan, "sieve" | "keys" | "heads" | "links"> {
    const size = 2 ** Math.max(4, Math.ceil(Math.log2(this.#first.size * 2 + 1)))
    const keys = new Int32Array(size)
    const heads = new Int32Array(size)
    const sieve = new Uint32Array(2 ** 16)
    for (const [word, head] of this.#first) {
      const hash = Math.imul(word, multiplier)
      const place = sieveWord(hash)
      sieve[place] = (sieve[place] ?? 0) | (1 << sieveBit(hash))
      let slot = slotOf(hash, size)
      while (heads[slot] !== 0) slot = (slot + 1) & (size - 1)
      keys[slot] = word
      heads[slot] = head
    }
    return { sieve, keys, heads, links: Int32Array.from(this.#links) }
  }
}
