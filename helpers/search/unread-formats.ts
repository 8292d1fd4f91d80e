// Formats that are recognised and not unpacked: whoever reads a report must know that their content was not searched.

import { magic } from "./magic.ts"

const [squashfs, lz4, lz4Legacy, lrzip, odc, compress] = [
  magic("68737173"),
  magic("04224d18"),
  magic("02214c18"),
  magic("4c525a49"),
  magic("303730373037"),
  magic("1f9d"),
]

/** Their names by what they begin with. Sources: the formats' own descriptions, and file(1)'s magic. */
const beginnings: [name: string, begins: (head: Buffer) => boolean][] = [
  ["7z", magic("377abcaf271c")],
  ["rar", magic("526172211a07")],
  // A superblock of version 4.
  ["squashfs", (head) => squashfs(head) && head.length >= 32 && head.readUInt16LE(28) === 4],
  ["lz4", (head) => lz4(head) && ((head[4] ?? 0) & 0xc2) === 0x40],
  ["lz4 (legacy)", (head) => lz4Legacy(head) && head.length >= 9 && head.readUInt32LE(4) < 2 ** 24],
  ["lzip", magic("4c5a495001")],
  ["lzop", magic("894c5a4f000d0a1a0a")],
  ["cab", magic("4d53434600000000")],
  ["lrzip", (head) => lrzip(head) && head[4] === 0],
  ["cpio (odc)", (head) => odc(head) && /^[0-7]{76}$/.test(head.toString("latin1", 0, 76))],
  ["lzma", isLzma],
  ["compress", (head) => compress(head) && head.length > 3 && ((head[2] ?? 0) & 0xe0) === 0x80 && isWide(head)],
]

/** Usual properties, a dictionary of a usual size, a possible length or none, and the first byte of every range coder. */
function isLzma(head: Buffer): boolean {
  if (head.length < 18 || head[0] !== 0x5d || head[13] !== 0) return false
  const dictionary = head.readUInt32LE(1)
  if (dictionary < 4096 || (dictionary & (dictionary - 1)) !== 0) return false
  const length = head.readBigUInt64LE(5)
  return length === 0xffffffffffffffffn || length < 2n ** 38n
}

/** compress writes codes of 9 to 16 bits, and the first one is a byte: its ninth bit is not set. */
function isWide(head: Buffer): boolean {
  const bits = (head[2] ?? 0) & 0x1f
  return bits >= 12 && bits <= 16 && ((head[4] ?? 0) & 1) === 0
}

export function unreadFormatOf(head: Buffer): string | undefined {
  return beginnings.find(([, begins]) => begins(head))?.[0]
}
