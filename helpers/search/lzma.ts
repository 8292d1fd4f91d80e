// The LZMA decoder under xz: a range coder, 11-bit probabilities and a ring of the last bytes.
// Source: "LZMA specification" in the LZMA SDK (public domain), names as there.

const isRep = 192
const isRepG0 = 204
const isRepG1 = 216
const isRepG2 = 228
const isRep0Long = 240
const posSlot = 432
const posSpecial = 688
const align = 803
const lenCoder = 819
const repLenCoder = 1333
const literal = 1847
const probabilities = literal + 0x300 * 16

export class Lzma {
  /** Where the ring's bytes go before they are overwritten. */
  #out: (bytes: Buffer) => void = () => {}
  #ring = Buffer.alloc(0)
  #size = 0
  #pos = 0
  #given = 0
  /** Bytes since the dictionary was reset: no match reaches beyond them. */
  #known = 0
  #probs = new Uint16Array(probabilities)
  #state = 0
  #rep0 = 0
  #rep1 = 0
  #rep2 = 0
  #rep3 = 0
  #lc = 0
  #lpMask = 0
  #pbMask = 0
  #src: Buffer = this.#ring
  #at = 0
  #range = 0
  #code = 0

  begin(size: number, out: (bytes: Buffer) => void): void {
    if (this.#ring.length < size) this.#ring = Buffer.allocUnsafe(size)
    this.#size = size
    this.#out = out
    this.#pos = this.#given = this.#known = 0
  }

  get ringLength(): number {
    return this.#ring.length
  }

  resetDictionary(): void {
    this.#known = 0
  }

  /** Throws on properties that LZMA2 does not have. */
  setProperties(byte: number): void {
    const lc = byte % 9
    const lp = Math.floor(byte / 9) % 5
    const pb = Math.floor(byte / 45)
    if (pb > 4 || lc + lp > 4) throw new Error("impossible LZMA properties")
    this.#lc = lc
    this.#lpMask = (1 << lp) - 1
    this.#pbMask = (1 << pb) - 1
  }

  resetState(): void {
    this.#state = this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0
    this.#probs.fill(1024)
  }

  /** Gives away what is in the ring and was not given yet. */
  flush(): void {
    if (this.#pos > this.#given) this.#out(this.#ring.subarray(this.#given, this.#pos))
    this.#given = this.#pos
  }

  #wrap(): void {
    this.flush()
    this.#pos = this.#given = 0
  }

  copy(bytes: Buffer): void {
    this.#known += bytes.length
    for (let from = 0; from < bytes.length; ) {
      const piece = Math.min(bytes.length - from, this.#size - this.#pos)
      bytes.copy(this.#ring, this.#pos, from, from + piece)
      this.#pos += piece
      from += piece
      if (this.#pos === this.#size) this.#wrap()
    }
  }

  /** One chunk: exactly `length` bytes out of exactly `src`. */
  decode(src: Buffer, length: number): void {
    this.#src = src
    this.#at = 5
    this.#range = -1
    this.#code = src.readInt32BE(1)
    if (src[0] !== 0) throw new Error("damaged LZMA data")
    const probs = this.#probs
    for (let left = length; left > 0; ) {
      const posState = this.#known & this.#pbMask
      const state = this.#state
      if (this.#bit(probs, (state << 4) + posState) === 0) {
        this.#literal()
        left--
      } else {
        const len = this.#match(posState)
        if (len > left) throw new Error("damaged LZMA data: a match goes on behind its chunk")
        if (this.#rep0 >= this.#known || this.#rep0 >= this.#size) {
          throw new Error("damaged LZMA data: a match from before the beginning")
        }
        this.#repeat(len)
        left -= len
      }
    }
    if (this.#at > src.length) throw new Error("damaged LZMA data")
    this.#normalize()
    if (this.#at !== src.length || this.#code !== 0) throw new Error("damaged LZMA data")
  }

  // Range and code are unsigned words held in signed ones: numbers beyond these would be allocated one by one.
  #normalize(): void {
    if ((this.#range & 0xff000000) === 0) {
      this.#range <<= 8
      this.#code = (this.#code << 8) | (this.#src[this.#at++] ?? 0)
    }
  }

  #bit(probs: Uint16Array, index: number): 0 | 1 {
    let range = this.#range
    let code = this.#code
    if ((range & 0xff000000) === 0) {
      range <<= 8
      code = (code << 8) | (this.#src[this.#at++] ?? 0)
    }
    const prob = probs[index] ?? 0
    const bound = Math.imul(range >>> 11, prob)
    if (code >>> 0 < bound >>> 0) {
      this.#range = bound
      this.#code = code
      probs[index] = prob + ((2048 - prob) >>> 5)
      return 0
    }
    this.#range = (range - bound) | 0
    this.#code = (code - bound) | 0
    probs[index] = prob - (prob >>> 5)
    return 1
  }

  #tree(from: number, bits: number): number {
    const probs = this.#probs
    let symbol = 1
    for (let at = 0; at < bits; at++) symbol = (symbol << 1) | this.#bit(probs, from + symbol)
    return symbol - (1 << bits)
  }

  #reverseTree(from: number, bits: number): number {
    const probs = this.#probs
    let [symbol, value] = [1, 0]
    for (let at = 0; at < bits; at++) {
      const bit = this.#bit(probs, from + symbol)
      symbol = (symbol << 1) | bit
      value |= bit << at
    }
    return value
  }

  #direct(bits: number): number {
    let value = 0
    for (let at = 0; at < bits; at++) {
      this.#normalize()
      const half = this.#range >>> 1
      this.#range = half
      value <<= 1
      if (this.#code >>> 0 >= half) {
        this.#code = (this.#code - half) | 0
        value |= 1
      }
    }
    return value
  }

  #literal(): void {
    const probs = this.#probs
    const ring = this.#ring
    const pos = this.#pos
    const before = this.#known === 0 ? 0 : (ring[pos === 0 ? this.#size - 1 : pos - 1] ?? 0)
    const from = literal + 0x300 * (((this.#known & this.#lpMask) << this.#lc) + (before >>> (8 - this.#lc)))
    let symbol = 1
    if (this.#state >= 7) {
      const back = pos - this.#rep0 - 1
      let match = ring[back < 0 ? back + this.#size : back] ?? 0
      while (symbol < 0x100) {
        const matchBit = (match >>> 7) & 1
        match <<= 1
        const bit = this.#bit(probs, from + ((1 + matchBit) << 8) + symbol)
        symbol = (symbol << 1) | bit
        if (matchBit !== bit) break
      }
    }
    // The same as #bit, in place: most of the time is spent here.
    const src = this.#src
    let range = this.#range
    let code = this.#code
    let at = this.#at
    while (symbol < 0x100) {
      if ((range & 0xff000000) === 0) {
        range <<= 8
        code = (code << 8) | (src[at++] ?? 0)
      }
      const prob = probs[from + symbol] ?? 0
      const bound = Math.imul(range >>> 11, prob)
      if (code >>> 0 < bound >>> 0) {
        range = bound
        probs[from + symbol] = prob + ((2048 - prob) >>> 5)
        symbol <<= 1
      } else {
        range = (range - bound) | 0
        code = (code - bound) | 0
        probs[from + symbol] = prob - (prob >>> 5)
        symbol = (symbol << 1) | 1
      }
    }
    this.#range = range
    this.#code = code
    this.#at = at
    const state = this.#state
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
    ring[pos] = symbol
    this.#known++
    this.#pos = pos + 1
    if (this.#pos === this.#size) this.#wrap()
  }

  /** The length of a match; its distance is in rep0 then. */
  #match(posState: number): number {
    const probs = this.#probs
    const state = this.#state
    if (this.#bit(probs, isRep + state) === 0) {
      this.#rep3 = this.#rep2
      this.#rep2 = this.#rep1
      this.#rep1 = this.#rep0
      this.#state = state < 7 ? 7 : 10
      const len = this.#length(lenCoder, posState)
      this.#rep0 = this.#distance(len)
      return len
    }
    if (this.#bit(probs, isRepG0 + state) === 0) {
      if (this.#bit(probs, isRep0Long + (state << 4) + posState) === 0) {
        this.#state = state < 7 ? 9 : 11
        return 1
      }
    } else {
      let distance = this.#rep1
      if (this.#bit(probs, isRepG1 + state) !== 0) {
        distance = this.#rep2
        if (this.#bit(probs, isRepG2 + state) !== 0) {
          distance = this.#rep3
          this.#rep3 = this.#rep2
        }
        this.#rep2 = this.#rep1
      }
      this.#rep1 = this.#rep0
      this.#rep0 = distance
    }
    this.#state = state < 7 ? 8 : 11
    return this.#length(repLenCoder, posState)
  }

  #length(coder: number, posState: number): number {
    const probs = this.#probs
    if (this.#bit(probs, coder) === 0) return 2 + this.#tree(coder + 2 + (posState << 3), 3)
    if (this.#bit(probs, coder + 1) === 0) return 10 + this.#tree(coder + 130 + (posState << 3), 3)
    return 18 + this.#tree(coder + 258, 8)
  }

  #distance(len: number): number {
    const slot = this.#tree(posSlot + (Math.min(len - 2, 3) << 6), 6)
    if (slot < 4) return slot
    const bits = (slot >>> 1) - 1
    const high = (2 | (slot & 1)) << bits
    if (slot < 14) return high + this.#reverseTree(posSpecial + high - slot - 1, bits)
    const distance = (high + (this.#direct(bits - 4) << 4) + this.#reverseTree(align, 4)) | 0
    if (distance < 0) throw new Error("damaged LZMA data: a match from before the beginning")
    return distance
  }

  #repeat(len: number): void {
    const ring = this.#ring
    const size = this.#size
    this.#known += len
    let to = this.#pos
    let from = to - this.#rep0 - 1
    if (from < 0) from += size
    if (to + len < size && from + len < size) {
      for (const end = to + len; to < end; ) ring[to++] = ring[from++] ?? 0
      this.#pos = to
      return
    }
    for (let left = len; left > 0; left--) {
      ring[this.#pos++] = ring[from++] ?? 0
      if (from === size) from = 0
      if (this.#pos === size) this.#wrap()
    }
  }
}
