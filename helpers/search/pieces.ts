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
  { bytes: least, line, bits, second }: Wrapped,
): { pieces: Buffer[]; broken: boolean } {
  const { bytes } = part
  if (bytes.length < least) return { pieces: [], broken: false }
  const isBinary = part.what === "der"
  const grown = (from: number) => {
    for (let to = from + least; to <= bytes.length; to++)
      if (isBinary || worth(bytes.subarray(from, to)) >= bits) return bytes.subarray(from, to)
    return undefined
  }
  const head = grown(0)
  const tail = head && grown(second ?? head.length)
  if (!head || !tail || (second === undefined && head.length + tail.length > line + 1))
    return { pieces: [bytes], broken: false }
  if (part.pieces === "both") return { pieces: [head, tail], broken: true }
  return { pieces: [part.pieces === "first" ? head : tail], broken: true }
}
