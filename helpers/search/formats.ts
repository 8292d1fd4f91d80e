// Which format begins here? Told by the first bytes alone, never by a name.
//
// "Damaged" and "is none": a format is `sure` if its beginning cannot well be an accident (a checksum or at least eight
// fixed bytes hold). What is sure and cannot be read to its end is damaged, and listed. What begins like a format that
// is not sure, and fails before the first byte came out of it, is none: it is counted (`lookalikes`), not listed. What
// ends before its time is listed always. Either way its raw bytes were searched.

import { isAr, unar } from "./ar.ts"
import { bunzip2, isBzip2 } from "./bzip2.ts"
import type { Contents } from "./contents.ts"
import { isCpio, uncpio } from "./cpio.ts"
import { gunzip, isGzip } from "./gzip.ts"
import type { Input, Reading } from "./input.ts"
import { NotUnpacked } from "./not-unpacked.ts"
import { isTar, untar } from "./tar-members.ts"
import { unreadFormatOf } from "./unread-formats.ts"
import { isXz, unxz } from "./xz.ts"
import { isZip, unzip } from "./zip.ts"
import { isZstd, unzstd } from "./zstd.ts"

export interface Format {
  name: string
  /** The first bytes of what may be one: `headLength` of them, or all there are. */
  begins(head: Buffer): boolean
  sure: boolean
  /** Reads one to its end and nothing behind it. Throws what layer.ts tells apart. */
  unpack(input: Input, contents: Contents): Reading
}

/** A tar header, and its checksum with it. */
export const headLength = 512

const formats: Format[] = [
  { name: "gzip", begins: isGzip, sure: false, unpack: gunzip },
  { name: "xz", begins: isXz, sure: true, unpack: unxz },
  { name: "bzip2", begins: isBzip2, sure: true, unpack: bunzip2 },
  { name: "zstd", begins: isZstd, sure: false, unpack: unzstd },
  { name: "zip", begins: isZip, sure: false, unpack: unzip },
  { name: "ar", begins: isAr, sure: true, unpack: unar },
  { name: "cpio", begins: isCpio, sure: true, unpack: uncpio },
  { name: "tar", begins: isTar, sure: true, unpack: untar },
]

export function formatOf(head: Buffer): Format | undefined {
  const known = formats.find((format) => format.begins(head))
  if (known !== undefined) return known
  const name = unreadFormatOf(head)
  return name === undefined ? undefined : { name, begins: () => true, sure: true, unpack: refuse }
}

// biome-ignore lint/correctness/useYield: it stands where a decoder would
function* refuse(): Reading {
  throw new NotUnpacked("not unpacked")
}
