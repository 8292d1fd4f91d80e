// xxHash 64 with seed 0 (Yann Collet, "xxHash fast digest algorithm"), for the checksums of Zstandard: in halves of 32
// bits, which are much faster here than BigInt. Each number is two places of `#acc`: low, high.

const p1 = [0x85ebca87, 0x9e3779b1] as const
const p2 = [0x27d4eb4f, 0xc2b2ae3d] as const
const mask = (1n << 64n) - 1n
const [prime1, prime2, prime3, prime4, prime5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
]

export class Xxh64 {
  /** Four accumulators, low and high word each. */
  readonly #acc = new Int32Array(8)
  readonly #rest = Buffer.alloc(32)
  #held = 0
  #length = 0

  constructor() {
    for (const [lane, value] of [prime1 + prime2, prime2, 0n, -prime1].entries()) {
      this.#acc[2 * lane] = Number(BigInt.asIntN(32, value))
      this.#acc[2 * lane + 1] = Number(BigInt.asIntN(32, value >> 32n))
    }
  }

  add(bytes: Buffer): void {
    this.#length += bytes.length
    let at = 0
    if (this.#held > 0) {
      at = Math.min(bytes.length, 32 - this.#held)
      bytes.copy(this.#rest, this.#held, 0, at)
      this.#held += at
      if (this.#held < 32) return
      this.#rounds(this.#rest, 0, 32)
      this.#held = 0
    }
    const whole = at + ((bytes.length - at) & ~31)
    if (whole > at) this.#rounds(bytes, at, whole)
    bytes.copy(this.#rest, 0, whole)
    this.#held = bytes.length - whole
  }

  #rounds(bytes: Buffer, from: number, to: number): void {
    const acc = this.#acc
    const [low1, high1] = p1
    const [low2, high2] = p2
    for (let at = from; at < to; at += 32) {
      for (let lane = 0; lane < 8; lane += 2) {
        const place = at + 4 * lane
        const lo = word(bytes, place)
        const hi = word(bytes, place + 4)
        // acc += word * prime2
        let high = (mulHigh(lo, low2) + Math.imul(lo, high2) + Math.imul(hi, low2)) | 0
        const before = acc[lane] ?? 0
        let low = (before + Math.imul(lo, low2)) | 0
        high = (high + (acc[lane + 1] ?? 0) + (low >>> 0 < before >>> 0 ? 1 : 0)) | 0
        // rotated left by 31
        const rotated = (low << 31) | (high >>> 1)
        high = (high << 31) | (low >>> 1)
        low = rotated
        // times prime1
        acc[lane + 1] = (mulHigh(low, low1) + Math.imul(low, high1) + Math.imul(high, low1)) | 0
        acc[lane] = Math.imul(low, low1)
      }
    }
  }

  /** The lower half of the hash, as it stands in a frame. */
  low(): number {
    let hash = prime5
    if (this.#length >= 32) {
      const [a, b, c, d] = [this.#lane(0), this.#lane(1), this.#lane(2), this.#lane(3)]
      hash = rotated(a, 1n) + rotated(b, 7n) + rotated(c, 12n) + rotated(d, 18n)
      for (const lane of [a, b, c, d]) hash = ((hash ^ round(0n, lane)) * prime1 + prime4) & mask
    }
    hash = (hash + BigInt(this.#length)) & mask
    let at = 0
    for (; at + 8 <= this.#held; at += 8) {
      hash = (rotated(hash ^ round(0n, this.#rest.readBigUInt64LE(at)), 27n) * prime1 + prime4) & mask
    }
    if (at + 4 <= this.#held) {
      hash = (rotated(hash ^ ((BigInt(this.#rest.readUInt32LE(at)) * prime1) & mask), 23n) * prime2 + prime3) & mask
      at += 4
    }
    for (; at < this.#held; at++)
      hash = (rotated(hash ^ ((BigInt(this.#rest[at] ?? 0) * prime5) & mask), 11n) * prime1) & mask
    hash = ((hash ^ (hash >> 33n)) * prime2) & mask
    hash = ((hash ^ (hash >> 29n)) * prime3) & mask
    return Number((hash ^ (hash >> 32n)) & 0xffffffffn)
  }

  #lane(lane: number): bigint {
    const [low = 0, high = 0] = this.#acc.subarray(2 * lane)
    return BigInt.asUintN(32, BigInt(low)) | (BigInt.asUintN(32, BigInt(high)) << 32n)
  }
}

function word(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

/** The upper half of the product of two unsigned words. */
function mulHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const middle = Math.imul(aHigh, bLow) >>> 0
  const other = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff) + (Math.imul(aLow, bLow) >>> 16)
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + Math.floor(other / 65536)) | 0
}

const rotated = (value: bigint, by: bigint) => ((value << by) | ((value & mask) >> (64n - by))) & mask
const round = (acc: bigint, value: bigint) => (rotated((acc + value * prime2) & mask, 31n) * prime1) & mask
