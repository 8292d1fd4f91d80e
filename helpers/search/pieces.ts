import type { Wrapped } from "./forms.ts"
import type { Part } from "./parts.ts"
import { worth } from "./worth.ts"

/**
 * What to look for of a part in an encoding whose lines are broken anywhere: two pieces beside each other, of which one
 * break leaves one whole, each secret by itself; of a part in a row one of them, for its neighbour brings the other. Or,
 * where there is no room for two, the whole, which a break hides (`broken` is false). Nothing if it is too short even for that.
 */
export function piecesOf(
  part: Part,
  { bytes: least, line, bits, overlap }: Wrapped,
): { pieces: Buffer[]; broken: boolean } {
  const { bytes, what } = part
  if (bytes.length < least) return { pieces: [], broken: false }
  const counts = (piece: Buffer) => what === "der" || worth(piece) >= bits
  const grown = (from: number, most: number) => {
    for (let to = from + least; to <= Math.min(bytes.length, from + most); to++)
      if (counts(bytes.subarray(from, to))) return bytes.subarray(from, to)
    return undefined
  }
  for (let from = 0; from + 2 * least - (overlap ?? 0) <= bytes.length; from++) {
    // Overlapping pieces only work if they are as short as can be.
    const head = grown(from, overlap ? least : line)
    const tail = head && grown(from + head.length - (overlap ?? 0), overlap ? least : line + 1 - head.length)
    if (!head || !tail) continue
    if (part.pieces === "both") return { pieces: [head, tail], broken: true }
    return { pieces: [part.pieces === "first" ? head : tail], broken: true }
  }
  return { pieces: [bytes], broken: false }
}
