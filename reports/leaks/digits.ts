// Bytes written as numbers undone: hex with and without separators, and decimal lists.

import { charactersOf, runsOf } from "./runs.ts"

const gap = Buffer.from([0xff, 0xff])

const shortestHex = 16
const hexDigits = charactersOf("0123456789abcdefABCDEFx:,-\\")
const separators = /0x|\\x|[:,\-\\]/g

// Two views read the same text one after the other.
const read = new WeakMap<Buffer, Buffer[]>()

/** What runs of hex digits stand for, from the first and from the second digit on. */
export function hex(text: Buffer): Buffer[] {
  const before = read.get(text) ?? decoded(text)
  read.set(text, before)
  return before
}

function decoded(text: Buffer): Buffer[] {
  const views: [Buffer[], Buffer[]] = [[], []]
  for (const run of runsOf(text, hexDigits, shortestHex)) {
    for (const digits of run.replace(separators, "").split("x")) {
      if (digits.length < shortestHex) continue
      views[0].push(Buffer.from(digits, "hex"), gap)
      views[1].push(Buffer.from(digits.slice(1), "hex"), gap)
    }
  }
  return views.filter((parts) => parts.length > 0).map((parts) => Buffer.concat(parts))
}

/** Hex of words of two bytes, the lower byte first, as `od -x` and `hexdump` write them. */
export function hexWords(text: Buffer): Buffer[] {
  return hex(text).flatMap((bytes) => [swapped(bytes), swapped(bytes.subarray(1))])
}

const swapped = (bytes: Buffer) => Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()

const shortestList = 15
const listCharacters = charactersOf("0123456789,; \t\r\n")
const list = /(?:\b\d{1,3}\b[\s,;]+){7,}\d{1,3}\b/g

/** Lists of bytes as decimal numbers, as a Buffer in JSON has them. */
export function decimals(text: Buffer): Buffer[] {
  const runs = [...runsOf(text, listCharacters, shortestList)]
  const lists = runs.flatMap((run) => run.match(list) ?? []).map((found) => found.split(/[\s,;]+/).map(Number))
  const bytes = lists.filter((numbers) => numbers.every((number) => number < 256))
  return bytes.length === 0 ? [] : [Buffer.concat(bytes.flatMap((numbers) => [Buffer.from(numbers), gap]))]
}
