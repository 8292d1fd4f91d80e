// Against a naive search, Buffer.indexOf, for any needles in any haystack in any chunks.

import { randomBytes } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Hit, planDigest, Scan, searchPlan } from "./engine.ts"
import type { Needle } from "./needles.ts"
import { readingRoom } from "./sampling-memory.ts"

const named = (all: Uint8Array[], bounded?: true): Needle[] =>
  all.map((bytes, index) => ({
    secret: `s${index}`,
    form: "raw",
    bytes: Buffer.from(bytes),
    ...(bounded && { bounded }),
  }))

const shown = ({ needle, offset }: Hit) => `${needle.secret} at ${offset}`

function naive(needles: Needle[], haystack: Buffer): string[] {
  const hits: Hit[] = []
  for (const needle of needles)
    for (let at = haystack.indexOf(needle.bytes); at >= 0; at = haystack.indexOf(needle.bytes, at + 1)) {
      const around = [haystack[at - 1], haystack[at + needle.bytes.length]]
      const word = around.some((byte) => byte !== undefined && /\w/.test(String.fromCharCode(byte)) && byte < 128)
      if (!needle.bounded || !word) hits.push({ needle, offset: at })
    }
  return hits.map(shown).sort()
}

const anywhere = (size: number) => Buffer.from(new ArrayBuffer(size))
/** Where chunks are searched in place. */
const inPlace = (size: number) => readingRoom.subarray(0, size)

/** Every chunk is handed over in memory that is overwritten at once, at an offset of its own. */
function scanned(scan: Scan, hits: Hit[], haystack: Buffer, chunks: number[], skew = 0, memoryOf = anywhere): string[] {
  hits.length = 0
  let at = 0
  for (let turn = 0; at < haystack.length; turn++) {
    const size = Math.min(chunks[turn % chunks.length] ?? 1, haystack.length - at)
    const memory = memoryOf(size + skew).subarray(skew)
    haystack.copy(memory, 0, at, at + size)
    scan.push(memory)
    memory.fill(0)
    at += size
  }
  scan.end()
  return hits.map(shown).sort()
}

function search(
  needles: Needle[],
  haystack: Buffer,
  chunks = [haystack.length || 1],
  skew = 0,
  memoryOf = anywhere,
): string[] {
  const hits: Hit[] = []
  return scanned(new Scan(searchPlan(needles), (hit) => hits.push(hit)), hits, haystack, chunks, skew, memoryOf)
}

// Two letters and a space make repetitions, overlaps and word boundaries likely.
const dense = fc
  .uint8Array({ min: 0, max: 2, maxLength: 600 })
  .map((bytes) => Buffer.from(bytes.map((byte) => 97 + byte)))
const denseNeedle = fc
  .uint8Array({ min: 0, max: 2, minLength: 4, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes.map((byte) => 97 + byte)))

describe("finds what a naive search finds", () => {
  test("of dense needles in small chunks", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(denseNeedle, { minLength: 1, maxLength: 12, selector: String }),
        fc.array(fc.oneof(dense, denseNeedle), { maxLength: 12 }).map((all) => Buffer.concat(all)),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (all, haystack, chunks, bounded) => {
          const needles = named(all, bounded || undefined)
          expect(search(needles, haystack, chunks)).toEqual(naive(needles, haystack))
        },
      ),
      { numRuns: 500 },
    )
  })

  test("of random needles, planted anywhere, in small and large chunks at any offset in memory", () => {
    const place = fc.record({ needle: fc.nat(29), at: fc.nat(300_000 - 100), size: fc.integer({ min: 1, max: 80 }) })
    const sizes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 30_000, max: 200_000 }))
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 4, max: 90 }), { minLength: 30, maxLength: 30 }),
        fc.array(place, { maxLength: 60 }),
        fc.array(sizes, { minLength: 1, maxLength: 6 }),
        fc.nat(9),
        fc.boolean(),
        fc.constantFrom(anywhere, inPlace),
        (lengths, places, chunks, skew, bounded, memoryOf) => {
          const needles = named(
            lengths.map((length) => randomBytes(length).map((byte) => 32 + (byte % 90))),
            bounded || undefined,
          )
          const haystack = randomBytes(300_000)
          for (const { needle, at } of places) needles[needle]?.bytes.copy(haystack, at)
          expect(search(needles, haystack, chunks, skew, memoryOf)).toEqual(naive(needles, haystack))
        },
      ),
      { numRuns: 150 },
    )
  })

  test("at every alignment and every length, at the beginning and at the very end", () => {
    for (let length = 4; length <= 40; length++) {
      const needles = named([randomBytes(length)])
      const found = Array.from({ length: 17 }, (_, at) => {
        const haystack = Buffer.alloc(at + length)
        needles[0]?.bytes.copy(haystack, at)
        return search(needles, haystack)
      })
      expect(found).toEqual(Array.from({ length: 17 }, (_, at) => [`s0 at ${at}`]))
    }
  })

  test("across every border of large chunks", () => {
    const needles = named([randomBytes(9), randomBytes(10), randomBytes(11), randomBytes(64), randomBytes(6)])
    const size = 40_000
    for (const needle of needles)
      for (let back = 0; back <= needle.bytes.length + 9; back++) {
        const haystack = Buffer.alloc(3 * size)
        needle.bytes.copy(haystack, size - back)
        needle.bytes.copy(haystack, 2 * size - back + 80)
        for (const memoryOf of [anywhere, inPlace])
          expect(search(needles, haystack, [size], 0, memoryOf)).toEqual(naive(needles, haystack))
      }
  })

  test("of needles longer than a chunk, and longer than any buffer", () => {
    const needles = named([randomBytes(100_000), randomBytes(20)])
    const haystack = Buffer.concat([randomBytes(50_001), ...needles.map(({ bytes }) => bytes), randomBytes(200_000)])
    for (const chunk of [1000, 40_000, 199_999, 1_000_000])
      expect(search(needles, haystack, [chunk])).toEqual(["s0 at 50001", "s1 at 150001"])
  })

  test("of needles inside one another, and of the same bytes under two names", () => {
    const needles = named(
      ["abcdefghijklmnop", "defghijklm", "defghijklm", "hijklmnopq"].map((text) => Buffer.from(text)),
    )
    const haystack = Buffer.from("..abcdefghijklmnopq..")
    expect(search(needles, haystack)).toEqual(["s0 at 2", "s1 at 5", "s2 at 5", "s3 at 9"])
  })

  test("of ten thousand needles with one beginning, each once", () => {
    const needles = named(
      Array.from({ length: 10_000 }, (_, index) => Buffer.from(`common-beginning-${100_000 + index}`)),
    )
    const haystack = Buffer.concat(needles.map(({ bytes }) => Buffer.concat([bytes, Buffer.from("/")])))
    const length = (needles[0]?.bytes.length ?? 0) + 1
    expect(search(needles, haystack, [50_000])).toEqual(needles.map((n, at) => `${n.secret} at ${at * length}`).sort())
  })

  test("of zeros in zeros", () => {
    for (const memoryOf of [anywhere, inPlace])
      for (const chunk of [33_000, readingRoom.length])
        expect(search(named([Buffer.alloc(16)]), Buffer.alloc(600_000), [chunk], 0, memoryOf)).toHaveLength(
          600_000 - 15,
        )
  })
})

describe("one scan", () => {
  test("serves many streams, and nothing of one reaches into the next", () => {
    const needles = named([Buffer.from("0123456789abcdef")])
    const hits: Hit[] = []
    const scan = new Scan(searchPlan(needles), (hit) => hits.push(hit))
    expect(scanned(scan, hits, Buffer.from("…0123456789"), [3])).toEqual([])
    expect(scanned(scan, hits, Buffer.from("abcdef"), [3])).toEqual([])
    expect(scanned(scan, hits, Buffer.alloc(0), [1])).toEqual([])
    expect(scanned(scan, hits, Buffer.from("0123456789abcdef"), [5])).toEqual(["s0 at 0"])
  })

  test("does not mind others of the same plan at work between its chunks", () => {
    const needles = named([randomBytes(30)])
    const bytes = needles[0]?.bytes ?? Buffer.alloc(0)
    const plan = searchPlan(needles)
    const hits: string[] = []
    const scans = Array.from(
      { length: 40 },
      (_, index) => new Scan(plan, ({ offset }) => hits.push(`${index}: ${offset}`)),
    )
    for (let at = 0; at < 30; at++) for (const scan of scans) scan.push(bytes.subarray(at, at + 1))
    for (const scan of scans) scan.end()
    expect(hits).toEqual(scans.map((_, index) => `${index}: 0`))
  })
})

describe("a plan", () => {
  const needles = named([Buffer.from("0123456789abcdef"), Buffer.from("fedcba9876543210")])

  test("of nothing is refused", () => {
    expect(() => searchPlan([])).toThrow("nothing to search for")
  })

  test("of what is in every file is refused", () => {
    expect(() => searchPlan(named([Buffer.from("abc")]))).toThrow("cannot search for 3 bytes (raw of s0)")
  })

  test("survives the way into a worker thread", () => {
    const hits: Hit[] = []
    const scan = new Scan(structuredClone(searchPlan(needles)), (hit) => hits.push(hit))
    expect(scanned(scan, hits, Buffer.from("..0123456789abcdef"), [4])).toEqual(["s0 at 2"])
  })

  test("has a digest that tells needles, boundaries and keys apart, and nothing else", () => {
    const key = randomBytes(32)
    const digest = planDigest(searchPlan(needles), key)
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(planDigest(searchPlan([...needles, ...needles].reverse()), key)).toBe(digest)
    const others = [searchPlan(needles.slice(1)), searchPlan(needles.map((needle) => ({ ...needle, bounded: true })))]
    const digests = [planDigest(searchPlan(needles), randomBytes(32)), ...others.map((plan) => planDigest(plan, key))]
    expect(new Set([digest, ...digests]).size).toBe(4)
  })
})
