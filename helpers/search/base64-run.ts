import type { Layer } from "./layer.ts"

/** The six bits of a character, in the standard or the url-safe alphabet; 64 for none. */
export const bitsOf = new Uint8Array(256).fill(64)
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
for (const [bits, char] of [...alphabet].entries()) bitsOf[char.charCodeAt(0)] = bits
bitsOf["-".charCodeAt(0)] = 62
bitsOf["_".charCodeAt(0)] = 63

const [tab, newline, carriage, space, backslash, n, r, t] = [9, 10, 13, 32, 92, 110, 114, 116]

/** One run: decoded as it comes, over line breaks with indentation, also where they are written as \n. */
export class Base64Run {
  readonly #layer: Layer
  readonly #output = Buffer.allocUnsafe(12 * 1024)
  #filled = 0
  #held = 0
  #bits = 0
  #broken = false
  #escaped = false

  constructor(layer: Layer) {
    this.#layer = layer
  }

  /** How many bytes from `from` on belong to the run. If these are all, more may follow. */
  push(bytes: Buffer, from: number): number {
    let at = from
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      const bits = bitsOf[byte] ?? 64
      if (this.#escaped) {
        if (byte !== n && byte !== r && byte !== t) break
        this.#escaped = false
        this.#broken = true
      } else if (bits < 64) this.#add(bits)
      else if (byte === newline || byte === carriage) this.#broken = true
      else if (byte === backslash) this.#escaped = true
      else if (!this.#broken || (byte !== space && byte !== tab)) break
    }
    return at - from
  }

  #add(bits: number): void {
    this.#broken = false
    this.#held = (this.#held << 6) | bits
    this.#bits += 6
    if (this.#bits < 8) return
    this.#bits -= 8
    this.#output[this.#filled++] = this.#held >>> this.#bits
    if (this.#filled === this.#output.length) this.#give()
  }

  #give(): void {
    this.#layer.push(this.#output.subarray(0, this.#filled))
    this.#filled = 0
  }

  end(): void {
    if (this.#filled > 0) this.#give()
    this.#layer.end()
  }
}
