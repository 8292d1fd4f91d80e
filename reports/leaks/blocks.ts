// A large file is read a block at a time. A break inside something encoded would make two halves of it that mean
// nothing, so that a block ends where a line ends, and before a line that does not look like more of the same.

const usual = 1024 * 1024
const most = 24 * 1024 * 1024
// What escapes and wrapped values may need of what comes before.
const overlap = 32 * 1024

export function* blocksOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; ; ) {
    const to = endOf(bytes, from + usual, from + most)
    yield bytes.subarray(from, to)
    if (to >= bytes.length) return
    from = to - overlap
  }
}

function endOf(bytes: Buffer, least: number, most: number): number {
  if (least >= bytes.length) return bytes.length
  for (let line = bytes.indexOf(10, least); line >= 0 && line < most; line = bytes.indexOf(10, line + 1))
    if (/[^\w+/=\r-]/.test(bytes.toString("latin1", line + 1, line + 1 + 120).split("\n")[0] ?? "")) return line + 1
  return Math.min(most, bytes.length)
}
