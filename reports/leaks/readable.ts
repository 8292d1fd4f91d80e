// What in decoded bytes is text: by far most of what is decoded never was encoded, and is noise.

const shortest = 8
const gap = 0xff
const printable = new Uint8Array(256)
for (let byte = 0; byte < 127; byte++) printable[byte] = byte >= 32 || (byte >= 9 && byte <= 13) || byte === 27 ? 1 : 0

/** The stretches of text in some bytes, one after another with something between them. */
export function readable(bytes: Buffer): Buffer {
  let out: Buffer | undefined
  let length = 0
  let done = 0
  // A stretch that is long enough covers one of these places.
  for (let at = shortest - 1; at < bytes.length; at += shortest) {
    if (alone(bytes, at)) continue
    let from = at
    for (let size = before(bytes, from); size > 0 && from - size >= done; size = before(bytes, from)) from -= size
    let to = from
    for (let size = character(bytes, to); size > 0; size = character(bytes, to)) to += size
    if (to - from < shortest || to <= at) continue
    // Stretches and what is between them are never longer than the bytes, but for the last gap.
    out ??= Buffer.allocUnsafe(bytes.length + 1)
    for (let next = from; next < to; next++) out[length++] = bytes[next] as number
    out[length++] = gap
    done = to + 1
    at = Math.max(at, to - (to % shortest) - 1)
  }
  return out?.subarray(0, length) ?? Buffer.alloc(0)
}

/** Are there but few printable bytes around this one? Most of the noise ends here. */
function alone(bytes: Buffer, at: number): boolean {
  if ((bytes[at] as number) >= 128)
    return at < 3 || (printable[bytes[at - 2] as number] === 0 && printable[bytes[at - 3] as number] === 0)
  let from = at
  while (from >= 0 && printable[bytes[from] as number] === 1) from--
  let to = at
  while (to < bytes.length && printable[bytes[to] as number] === 1) to++
  return to - from < 4
}

const follows = (byte: number) => byte >= 0x80 && byte < 0xc0

/** How long the character of UTF-8 is that ends here; 0 if none does. */
function before(bytes: Buffer, end: number): number {
  if (end === 0) return 0
  const last = bytes[end - 1] as number
  if (last < 128) return printable[last] as number
  if (!follows(last)) return 0
  for (let size = 2; size <= Math.min(4, end); size++) {
    if (!follows(bytes[end - size] as number)) return character(bytes, end - size) === size ? size : 0
  }
  return 0
}

/** How long the character of UTF-8 is that begins here; 0 if none does. */
function character(bytes: Buffer, at: number): number {
  if (at >= bytes.length) return 0
  const first = bytes[at] as number
  if (first < 128) return printable[first] as number
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (at + size > bytes.length) return 0
  for (let next = 1; next < size; next++) if (!follows(bytes[at + next] as number)) return 0
  return size
}
