// Text turned round, and letters moved by thirteen.

/** From its last character to its first; the bytes of one stay in order. */
export function reversed(text: Buffer): Buffer[] {
  const out = Buffer.allocUnsafe(text.length)
  let end = text.length
  for (let at = 0; at < text.length; ) {
    const size = Math.min(sizeOf(text[at] as number), text.length - at)
    end -= size
    for (let next = 0; next < size; next++) out[end + next] = text[at + next] as number
    at += size
  }
  return [out]
}

const sizeOf = (first: number) => (first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1)

const moved = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = (byte | 32) - 97
  if (byte < 65 || letter < 0 || letter > 25) return byte
  return byte - letter + ((letter + 13) % 26)
})

export function rot13(text: Buffer): Buffer[] {
  const out = Buffer.allocUnsafe(text.length)
  for (let at = 0; at < text.length; at++) out[at] = moved[text[at] as number] as number
  return [out]
}
