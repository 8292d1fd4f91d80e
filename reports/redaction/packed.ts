// Compressed data in base64 or hex: whatever is in it could be read by unpacking, so that nothing of it is shown.

import { constants, inflateSync } from "node:zlib"
import type { Passage } from "./patterns.ts"

/** gzip, zstd, xz, bzip2, zip: what base64 and hex of their first bytes begin with. zlib's header is two bytes short. */
const base64 =
  /(?<![A-Za-z0-9+/_-])(?:H4sI|KLUv\/|\/Td6WFo|Qlpo[1-9]|UEsDB|eJ|eN|eA|eF)(?:[A-Za-z0-9+/_-]|\s{1,8}(?=[A-Za-z0-9+/_-]{16})|(?:\\+[rn]){1,2}){36,}={0,2}/g
const hex =
  /(?<![A-Za-z0-9])(?:1f8b08|28b52ffd|fd377a585a|425a68|504b0304|78(?:01|5e|9c|da))(?:[0-9a-f]|\s{1,8}(?=[0-9a-f]{16})|(?:\\+[rn]){1,2}){34,}/gi

const written = (text: string) => text.replace(/\\+[rn]|\s/g, "")

/** Only a checksum of five bits is in zlib's header: whether it is zlib shows in what follows. */
function inflates(bytes: Buffer): boolean {
  try {
    return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 24 }).length > 0
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
  }
}

export function packed(text: string): Passage[] {
  return [base64, hex].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ 0: run, index }) => {
      const characters = written(run)
      const zlib = pattern === base64 ? characters.startsWith("e") : characters.startsWith("78")
      if (zlib && !inflates(Buffer.from(characters, pattern === base64 ? "base64" : "hex"))) return []
      return [{ from: index, to: index + run.length, shown: `packed data, ${characters.length} characters` }]
    }),
  )
}
