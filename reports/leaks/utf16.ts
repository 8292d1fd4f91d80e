// UTF-16 of either order, wherever it is: every second byte is zero, but for a few.

const shortest = 8
const gap = Buffer.from([0xff, 0xff])

export function utf16(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = bytes.indexOf(0); at >= 0; ) {
    let to = at
    while (
      bytes[to] === 0 &&
      (bytes[to + 2] === 0 || bytes[to + 2] === undefined) &&
      to < bytes.length &&
      bytes[to + 1] !== 0
    )
      to += 2
    if (bytes[to] === 0 && to > at) to += 1
    if (to - at >= 2 * shortest - 2) {
      // A byte more on either side: it is not known which of two belongs to which zero.
      const low = bytes.subarray(Math.max(0, at - 1), to + 1).filter((_, index) => (index & 1) === (at > 0 ? 0 : 1))
      parts.push(Buffer.from(Buffer.from(low).toString("latin1")), gap)
    }
    at = bytes.indexOf(0, Math.max(to, at + 1))
  }
  return parts.length === 0 ? [] : [Buffer.concat(parts)]
}
