// CRC-64 as xz uses it (ECMA-182, reflected): in two halves, since JavaScript's fast numbers have 32 bits.

const low = new Uint32Array(256)
const high = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ ((value & 1n) === 1n ? 0xc96c5795d7870f42n : 0n)
  low[byte] = Number(value & 0xffffffffn)
  high[byte] = Number(value >> 32n)
}

export class Crc64 {
  #low = -1
  #high = -1

  add(bytes: Buffer): void {
    let lo = this.#low
    let hi = this.#high
    for (let at = 0; at < bytes.length; at++) {
      const index = (lo ^ (bytes[at] ?? 0)) & 255
      lo = (lo >>> 8) ^ (hi << 24) ^ (low[index] ?? 0)
      hi = (hi >>> 8) ^ (high[index] ?? 0)
    }
    this.#low = lo
    this.#high = hi
  }

  /** Little-endian, as it stands in the file. */
  get value(): Buffer {
    const value = Buffer.alloc(8)
    value.writeInt32LE(~this.#low, 0)
    value.writeInt32LE(~this.#high, 4)
    return value
  }
}
