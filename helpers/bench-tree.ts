// For benches: a tree of files that is the same every time.

import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

export const mebibyte = 1024 * 1024

/** A tree like a store's: a fifth of it in small files, two fifths in middling, two fifths in two large ones. */
export async function writeTree(path: string, mebibytes: number): Promise<void> {
  const noise = Buffer.alloc(mebibyte)
  let seed = 1
  for (let at = 0; at < mebibyte; at++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    noise[at] = seed >> 16
  }
  const files = async (folder: string, count: number, size: number) => {
    for (let file = 0; file < count; file++) {
      const directory = join(path, folder, `${file % 100}`)
      await mkdir(directory, { recursive: true })
      const pieces = Array.from({ length: Math.ceil(size) }, () => noise.subarray(0, Math.min(size, 1) * mebibyte))
      await writeFile(join(directory, `${file}`), pieces)
    }
  }
  await files("small", Math.round(mebibytes * 0.2 * 100), 0.01)
  await files("middling", Math.round(mebibytes * 0.4), 1)
  await files("large", 2, Math.round(mebibytes * 0.2))
}
