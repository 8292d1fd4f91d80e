import type { Squeezed } from "./squeezed.ts"

const width = 4
const bits = 17

const bitOf = (three: number) => Math.imul(three << 8, 0x9e3779b1) >>> (32 - bits)

/**
 * Finds in one pass where words of some groups begin, so that patterns need not be tried anywhere else. Three characters
 * of four are looked at, in every other place: one of the two ways in which a word can have them is seen.
 */
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
        for (const bit of [bitOf(key >>> 8), bitOf(key & 0xffffff)])
          this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
        this.#groups.set(key, (this.#groups.get(key) ?? 0) | (1 << group))
      }
    }
  }

  /** Where a word begins, and the groups that it is of. */
  find({ units, count }: Squeezed): { at: number; groups: number }[] {
    const found: { at: number; groups: number }[] = []
    const table = this.#bits
    let last = (units[0] ?? 0) & 0xff
    for (let at = 0; at + 2 < count; at += 2) {
      const next = (units[at + 2] ?? 0) & 0xff
      const three = (last << 16) | (((units[at + 1] ?? 0) & 0xff) << 8) | next
      last = next
      const bit = bitOf(three)
      if (((table[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) continue
      for (const start of [at - 1, at]) {
        if (start < 0 || start + width > count) continue
        const before =
          start < at ? (((units[start] ?? 0) & 0xff) << 24) | three : (three << 8) | ((units[at + 3] ?? 0) & 0xff)
        const groups = this.#groups.get(before) ?? 0
        if (groups !== 0) found.push({ at: start, groups })
      }
    }
    return found
  }
}
