import { closeSync, fstatSync, openSync, readSync } from "node:fs"

const pieces = 64
const pieceSize = 128 * 1024
const buckets = 20

let counts: Uint8Array | undefined

/**
 * How often a word of four bytes occurs in ordinary data, from 0 to 255: by a sample of node's own executable, which is
 * machine code, tables, texts of many languages and much JavaScript, and always at hand. It is for speed alone: what
 * is found does not depend on it.
 */
export function ordinaryWords(): (word: number) => number {
  counts ??= countWords(process.execPath)
  const table = counts
  return (word) => table[bucketOf(word)] ?? 0
}

const bucketOf = (word: number) => Math.imul(word, 0x85ebca6b) >>> (32 - buckets)

function countWords(path: string): Uint8Array {
  const table = new Uint8Array(2 ** buckets)
  const words = new Int32Array(pieceSize / 4)
  const file = openSync(path, "r")
  try {
    const { size } = fstatSync(file)
    for (let piece = 0; piece < pieces; piece++) {
      const read = readSync(file, words, 0, pieceSize, Math.floor((piece / pieces) * size))
      for (let at = 0; at < read >> 2; at++) {
        const bucket = bucketOf(words[at] ?? 0)
        const count = table[bucket] ?? 0
        if (count < 255) table[bucket] = count + 1
      }
    }
  } finally {
    closeSync(file)
  }
  return table
}
