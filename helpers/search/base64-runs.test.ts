// Where runs begin, against a regular expression, for any text in any chunks.

import fc from "fast-check"
import { expect, test } from "vitest"
import { Base64Runs } from "./base64-runs.ts"
import type { Layer } from "./layer.ts"
import { readingRoom } from "./sampling-memory.ts"

const beginnings = ["H4sI", "/Td6", "_Td6", "KLUv", "Qlpo", "UEsD", "MDcw", "N3q8"]

/** By what the run holds from its first letter on. None of the texts breaks a run and lets it go on. */
function naive(text: string): number[] {
  return [...text.matchAll(/[A-Za-z0-9+/_-]+/g)]
    .filter(({ index, 0: run }) => {
      if (run.length >= 40 && beginnings.includes(run.slice(0, 4))) return true
      return run.length >= 60 && text.slice(index + 343, index + 423 + 6).includes("1c3Rhc")
    })
    .map(({ index }) => index)
}

function found(text: string, chunks: number[], inPlace: boolean): number[] {
  const offsets: number[] = []
  const runs = new Base64Runs((offset) => {
    offsets.push(offset)
    return { push() {}, end() {} } as unknown as Layer
  })
  const bytes = Buffer.from(text, "latin1")
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = bytes.subarray(at, at + (chunks[turn % chunks.length] ?? 1))
    // Whatever lies before it, and will lie there later, is no part of it.
    const room = (inPlace ? readingRoom : Buffer.alloc(chunk.length + 100)).fill("H4sI")
    const memory = room.subarray(100, 100 + chunk.length)
    chunk.copy(memory)
    runs.push(memory)
    memory.fill("H4sI")
    at += chunk.length
  }
  runs.end()
  return offsets
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
const others = [...Array(256).keys()]
  .map((byte) => String.fromCharCode(byte))
  .filter((char) => !letters.includes(char) && !"\n\r\\\t ".includes(char))
const run = (lengths: { min: number; max: number }) =>
  fc.record({
    begins: fc.constantFrom("", ...beginnings, "H4s", "h4sI", "1c3Rhc"),
    rest: fc.string({ unit: fc.constantFrom(...letters), minLength: lengths.min, maxLength: lengths.max }),
  })
const runText = fc
  .oneof(run({ min: 30, max: 64 }), run({ min: 0, max: 20 }), run({ min: 300, max: 460 }))
  .map(({ begins, rest }) => begins + rest)
const tar = fc
  .tuple(fc.integer({ min: 338, max: 428 }), fc.integer({ min: 0, max: 40 }))
  .map(([before, after]) => `${"Q".repeat(before)}1c3Rhc${"A".repeat(after)}`)
const between = fc.string({ unit: fc.constantFrom(...others), minLength: 1, maxLength: 40 })
const text = fc
  .array(fc.tuple(fc.oneof({ arbitrary: runText, weight: 4 }, tar), between), { maxLength: 40 })
  .map((pieces) => pieces.flat().join(""))

test("every run that counts, and no other", () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 8_000, max: 70_000 })), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(
      text,
      fc.nat(50),
      fc.integer({ min: 1, max: 30 }),
      sizes,
      fc.boolean(),
      (some, at, times, chunks, here) => {
        const whole = "!".repeat(at) + some.repeat(times)
        expect(found(whole, chunks, here)).toEqual(naive(whole))
      },
    ),
    { numRuns: 400 },
  )
})

test("what may be a tar: sixty letters, and its mark where it can be", () => {
  for (const length of [59, 60, 61, 83, 84])
    for (const mark of [342, 343, 344, 422, 423, 424])
      for (let at = 0; at < 24; at++) {
        const whole = `${"!".repeat(at + 48)}${"b".repeat(length)}!${"?".repeat(mark - length - 1)}1c3Rhc${"?".repeat(at)}`
        for (const inPlace of [false, true])
          expect(found(whole, [1_000], inPlace), `${length} letters, the mark at ${mark}`).toEqual(naive(whole))
      }
})

test("what lay in memory before a stream is no part of its first run", () => {
  for (let at = 0; at < 30; at++) {
    const whole = `${"!".repeat(at)}H4sI${"a".repeat(40)}${"!".repeat(50_000)}`
    expect(found(whole, [whole.length], true)).toEqual([at])
  }
})

test("every character alone: a letter goes on with a run, and nothing else does", () => {
  for (let byte = 0; byte < 256; byte++) {
    const char = String.fromCharCode(byte)
    for (let at = 0; at < 40; at++) {
      const run = `H4sI${"a".repeat(36)}`
      const whole = `${"!".repeat(25)}${run.slice(0, at)}${char}${run.slice(at + 1)}!`
      expect(found(whole, [100], false), `${byte} as letter ${at}`).toEqual(naive(whole))
    }
  }
})
