// Many short strings looked for at once. Whatever is eight bytes long holds four in a row that begin at one of every
// five places: only those are looked up.

export const width = 8

const gram = 4
const stride = width - gram + 1

export interface Sought<T> {
  /** At least `width` of them. */
  bytes: Uint8Array
  value: T
}

const hashed = (word: number) => {
  const mixed = Math.imul(word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

export class Windows<T> {
  readonly #bits: Int32Array
  readonly #mask: number
  /** By four bytes: what has them in its first eight, and the place it has them at. */
  readonly #holders = new Map<number, { sought: Sought<T>; at: number }[]>()

  constructor(all: Sought<T>[]) {
    const size = 2 ** Math.min(24, Math.max(14, Math.ceil(Math.log2(all.length * 32 + 1))))
    this.#mask = size - 1
    this.#bits = new Int32Array(size / 32)
    for (const sought of all) for (let at = 0; at < stride; at++) this.#add(sought, at)
  }

  #add(sought: Sought<T>, at: number): void {
    const { bytes } = sought
    const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
    const word = a | (b << 8) | (c << 16) | (d << 24)
    const holders = this.#holders.get(word)
    if (holders) holders.push({ sought, at })
    else this.#holders.set(word, [{ sought, at }])
    const slot = hashed(word) & this.#mask
    this.#bits[slot >>> 5] = (this.#bits[slot >>> 5] as number) | (1 << (slot & 31))
  }

  /** Calls for each occurrence of each of them. */
  search(text: Buffer, found: (value: T) => void): void {
    const bits = this.#bits
    const mask = this.#mask
    const last = text.length - gram
    for (let at = 0; at <= last; at += stride) {
      const word =
        (text[at] as number) |
        ((text[at + 1] as number) << 8) |
        ((text[at + 2] as number) << 16) |
        ((text[at + 3] as number) << 24)
      const slot = hashed(word) & mask
      if (((bits[slot >>> 5] as number) >>> (slot & 31)) & 1) this.#compare(text, at, word, found)
    }
  }

  #compare(text: Buffer, place: number, word: number, found: (value: T) => void): void {
    for (const { sought, at } of this.#holders.get(word) ?? [])
      if (standsAt(text, place - at, sought.bytes)) found(sought.value)
  }
}

function standsAt(text: Buffer, start: number, bytes: Uint8Array): boolean {
  if (start < 0 || start + bytes.length > text.length) return false
  for (let at = 0; at < bytes.length; at++) if (text[start + at] !== bytes[at]) return false
  return true
}
