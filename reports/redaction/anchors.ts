import type { Squeezed } from "./squeezed.ts"

const width = 4
const bits = 16

const bitOf = (word: number) => Math.imul(word, 0x9e3779b1) >>> (32 - bits)

/** Finds in one pass where words of some groups begin, so that patterns need not be tried anywhere else. */
export class Anchors {
  readonly #bits = new Uint32Array(2 ** bits / 32)
  /** By the first four bytes of a word the groups that have it, one bit each. */
  readonly #groups = new Map<number, number>()

  /** At most 31 groups, of words of four characters at least: of each only the first four count. */
  constructor(groups: string[][]) {
    for (const [group, words] of groups.entries()) {
      for (const word of words) {
        if (word.length < width) throw new Error(`${word} is too short for an anchor`)
        const key = Buffer.from(word).readInt32BE(0)
        const bit = bitOf(key)
        this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
        this.#groups.set(key, (this.#groups.get(key) ?? 0) | (1 << group))
      }
    }
  }

  /** Where a word begins, and the groups that it is of. */
  find({ units, count }: Squeezed): { at: number; groups: number }[] {
    const found: { at: number; groups: number }[] = []
    const table = this.#bits
    let last = 0
    for (let at = 0; at < count; at++) {
      last = (last << 8) | ((units[at] ?? 0) & 0xff)
      const bit = bitOf(last)
      if (((table[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) continue
      const groups = this.#groups.get(last) ?? 0
      if (groups !== 0 && at >= width - 1) found.push({ at: at - width + 1, groups })
    }
    return found
  }
}
