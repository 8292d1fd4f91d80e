// Text without what is not seen: white space, control characters, terminal sequences, characters of no width.

const esc = 0x1b
// 0 stays, 1 goes, 2 is to be looked at.
const kinds = new Uint8Array(256)
for (let byte = 0; byte <= 32; byte++) kinds[byte] = byte === 0 ? 0 : 1
kinds[127] = 1
for (const byte of [esc, 0xc2, 0xcd, 0xe1, 0xe2, 0xe3, 0xef]) kinds[byte] = 2

export function squeezed(text: Buffer): Buffer {
  const out = Buffer.allocUnsafe(text.length)
  let length = 0
  const end = text.length
  for (let at = 0; at < end; at++) {
    const byte = text[at] as number
    const kind = kinds[byte] as number
    if (kind === 0) out[length++] = byte
    else if (kind === 2) {
      const unseen = byte === esc ? sequence(text, at) : invisible(text, at)
      if (unseen === 0) out[length++] = byte
      else at += unseen - 1
    }
  }
  return out.subarray(0, length)
}

/** How long the terminal sequence is that begins here: ECMA-48's CSI, and of others their first two bytes. */
function sequence(text: Buffer, from: number): number {
  if (text[from + 1] !== 0x5b) return 1
  let at = from + 2
  while ((text[at] ?? 0) >= 0x20 && (text[at] ?? 0) < 0x40 && at < from + 32) at++
  const last = text[at] ?? 0
  return last >= 0x40 && last < 0x7f ? at - from + 1 : 2
}

/** How many bytes the invisible character has that begins here, in UTF-8. */
function invisible(text: Buffer, at: number): number {
  const first = text[at] as number
  const second = text[at + 1] ?? 0
  const third = text[at + 2] ?? 0
  // U+00A0, U+00AD; U+034F.
  if (first === 0xc2) return second === 0xa0 || second === 0xad ? 2 : 0
  if (first === 0xcd) return second === 0x8f ? 2 : 0
  const point = ((first & 15) << 12) | ((second & 63) << 6) | (third & 63)
  const spaces = point >= 0x2000 && point <= 0x200f
  const marks = (point >= 0x2028 && point <= 0x202f) || (point >= 0x205f && point <= 0x206f)
  const others = point === 0xfeff || point === 0x180e || point === 0x3000 || (point >= 0xfe00 && point <= 0xfe0f)
  return spaces || marks || others ? 3 : 0
}
