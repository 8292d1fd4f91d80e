/** How far one file is unpacked. What lies beyond is not searched, and listed. */
export interface Bounds {
  /** Layers of archives and compressions inside each other. */
  depth: number
  /** Bytes that come out of all compressed streams of one file, at most: this, or `share` times what was read of it. */
  output: number
  share: number
  /** One compressed stream that gave more than `free` bytes and more than `ratio` times what it took is a bomb. */
  free: number
  ratio: number
  /** Members of all archives in one file. */
  members: number
}

// What is in real trees is packed to a hundredth at best; zeros to a 229th (gzip -1), a 1030th (gzip -6) or a millionth.
export const defaultBounds: Bounds = {
  depth: 8,
  output: 4 * 2 ** 30,
  share: 20,
  free: 64 * 2 ** 20,
  ratio: 200,
  members: 2_000_000,
}

/** A bound was reached. */
export class Beyond extends Error {}

/** What one file has used up so far, in all its layers. */
export class Budget {
  readonly bounds: Bounds
  /** Bytes read of the file itself. */
  read = 0
  #output = 0
  #members = 0

  constructor(bounds: Bounds) {
    this.bounds = bounds
  }

  /** Throws Beyond if that many more bytes are too many for one file. */
  unpack(bytes: number): void {
    this.#output += bytes
    const { output, share } = this.bounds
    if (this.#output > output && this.#output > share * this.read) {
      throw new Beyond(`more than ${Math.max(output, share * this.read)} bytes came out of this file`)
    }
  }

  member(): void {
    this.#members++
    if (this.#members > this.bounds.members) throw new Beyond(`more than ${this.bounds.members} members in this file`)
  }
}
