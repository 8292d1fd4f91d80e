// Compressed data in base64 or hex: whatever is in it could be read by unpacking, so that nothing of it is shown.

import { constants, inflateSync } from "node:zlib"
import type { Passage, Pattern } from "./patterns.ts"

/** gzip, zstd, xz, bzip2, zip: what base64 and hex of their first bytes begin with. zlib's header is two bytes short. */
const base64 =
  /(?<![A-Za-z0-9+/_-])(?:H4sI|KLUv\/|\/Td6WFo|Qlpo[1-9]|UEsDB|eJ[w-z]|eN[o-r]|eF[4-7]|eA[E-H])(?:[A-Za-z0-9+/_-]|\s{1,8}(?=[A-Za-z0-9+/_-]{16})|\\+[rn]){36,}={0,2}/y
const hex =
  /(?<![A-Za-z0-9])(?:1f8b08|28b52ffd|fd377a585a|425a68|504b0304|78(?:01|5e|9c|da))(?:[0-9a-f]|\s{1,8}(?=[0-9a-f]{16})|\\+[rn]){34,}/iy

const encodings = [
  [base64, "base64", "e"],
  [hex, "hex", "78"],
] as const

const written = (text: string) => text.replace(/\\+[rn]|\s/g, "")

/** Only a checksum of five bits is in zlib's header: whether it is zlib shows in what follows. */
function inflates(bytes: Buffer): boolean {
  try {
    return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 24 }).length > 0
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
  }
}

function at(text: string, index: number): Passage[] {
  for (const [pattern, encoding, zlib] of encodings) {
    pattern.lastIndex = index
    const [run] = pattern.exec(text) ?? []
    if (run === undefined) continue
    const characters = written(run)
    if (characters.startsWith(zlib) && !inflates(Buffer.from(characters, encoding))) continue
    return [{ from: index, to: index + run.length, shown: `packed data, ${characters.length} characters` }]
  }
  return []
}

const base64Digits = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
const hexMagic = ["1f8b", "28b5", "fd37", "425a", "504b", "7801", "785e", "789c", "78da"]

export const packed: Pattern = {
  anchors: [
    ...["H4sI", "KLUv", "/Td6", "Qlpo", "UEsD", ...hexMagic, ...hexMagic.map((word) => word.toUpperCase())],
    ..."eJw eJx eJy eJz eNo eNp eNq eNr eF4 eF5 eF6 eF7 eAE eAF eAG eAH"
      .split(" ")
      .flatMap((word) => base64Digits.map((digit) => word + digit)),
  ],
  at,
}
