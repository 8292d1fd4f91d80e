// What nobody should have packed that way: cut off, damaged, far too much, or random behind a format's first bytes.
// Nothing of it throws or hangs, and whatever was not read to its end is said.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { runBytes } from "../run.ts"
import { archive, archives, compress, compressors, places, sample, search, secret } from "./packed-samples.ts"

describe("cut off after any byte: said, and searched so far", () => {
  const atLeast: Record<string, number> = { gzip: 3, xz: 6, zstd: 5, bzip2: 10 }

  test.each(Object.entries(atLeast))("%s", async (format, magic) => {
    const packed = await compress(format, sample(2_000))
    for (let length = 0; length < packed.length; length++) {
      const report = search(packed.subarray(0, length), 512)
      const expected = length < magic ? [] : [{ where: "/f", reason: `${format}: it ends too early`, kind: "damaged" }]
      expect(report.notScanned, `${length} of ${packed.length}`).toEqual(expected)
    }
  })

  test.each(archives)("%s", async (format) => {
    const packed = await archive(format, [
      { name: "a", bytes: sample(300) },
      { name: "b", bytes: await compress("gzip", sample(300)) },
    ])
    const end = search(packed).unpacked[format.split(" ")[0] ?? ""]?.bytes ?? 0
    for (let length = 0; length < packed.length; length += 3) {
      const report = search(packed.subarray(0, length), 64)
      const { bytes = 0 } = report.unpacked[format.split(" ")[0] ?? ""] ?? {}
      // ar's end is where the file ends: between two members nothing is missing.
      if (bytes > 0 && bytes < end && format !== "ar")
        expect(report.notScanned, `${length} of ${packed.length}`).not.toEqual([])
      for (const { kind } of report.notScanned) expect(kind).toBe("damaged")
    }
  })

  test("what came before the damage is searched", async () => {
    const bytes = sample(200_000)
    secret.copy(bytes, 10)
    for (const format of ["gzip", "xz", "zstd", "bzip2"]) {
      const packed = await compress(format === "bzip2" ? "bzip2 -1" : format, bytes)
      const report = search(packed.subarray(0, packed.length - 9), 777)
      expect(places(report).join(), format).toContain("/f! 10 raw")
      expect(report.notScanned).toEqual([{ where: "/f", reason: `${format}: it ends too early`, kind: "damaged" }])
    }
  })
})

describe("a wrong byte anywhere: never taken for whole", () => {
  const checked = Object.keys(compressors).filter((name) => !/none|no-check/.test(name))
  test.each(checked)("%s", async (name) => {
    const packed = await compress(name, sample(3_000))
    const good = search(packed)
    for (let at = 12; at < packed.length; at += 5) {
      const bad = Buffer.from(packed)
      bad[at] = (bad[at] ?? 0) ^ 0x10
      const { notScanned, findings, lookalikes } = search(bad, 1_000)
      const same = JSON.stringify(findings) === JSON.stringify(good.findings)
      expect(notScanned.length > 0 || Object.keys(lookalikes).length > 0 || same, `byte ${at}`).toBe(true)
    }
  })

  test("zip: a damaged member is said, and the next one is read", async () => {
    const members = ["a", "b"].map((name) => ({ name, bytes: sample(2_000) }))
    const packed = await archive("zip (deflated)", members)
    packed[200] = (packed[200] ?? 0) ^ 0xff
    const report = search(packed, 100)
    expect(report.notScanned).toMatchObject([{ where: "/f!/a", kind: "damaged" }])
    expect(places(report)).toContain("/f!/b 1000 raw 2x")
  })
})

describe("a bomb is cut off, and what is beside it is searched", () => {
  const size = 10 ** 10
  const makers: Record<string, string> = {
    gzip: "gzip -1c",
    xz: "xz -T2 -0c",
    zstd: "zstd -qc",
    bzip2: "bzip2 -1c",
  }
  // As a whole these would take minutes to make: compressing a part, and repeating it, gives the same stream of zeros.
  test.each(Object.entries(makers))("%s: ten thousand million zeros", async (format, command) => {
    const part = size / 100
    const { stdout } = await runBytes("sh", ["-c", `head -c ${part} /dev/zero | ${command}`])
    const bomb = Buffer.concat(Array.from({ length: 100 }, () => stdout))
    const report = search(Buffer.concat([bomb, secret]), 512 * 1024)
    expect(report.notScanned).toMatchObject([{ where: "/f", kind: "bound" }])
    expect(report.notScanned[0]?.reason).toMatch(new RegExp(`^${format}: decompression bomb: `))
    expect(report.unpacked[format]?.bytes).toBeLessThan(300 * 2 ** 20)
    expect(places(report)).toEqual([`/f ${bomb.length} raw 1x`])
  })

  test("in a zip, beside other members", async () => {
    const packed = await archive("zip (deflated)", [
      { name: "bomb", bytes: Buffer.alloc(150_000_000) },
      { name: "key", bytes: sample(1_000) },
    ])
    const report = search(packed)
    expect(report.notScanned).toMatchObject([{ where: "/f!/bomb", kind: "bound" }])
    expect(places(report)).toContain("/f!/key 500 raw 2x")
  })

  test("many small ones: the whole file has a bound", async () => {
    const packed = await compress("gzip", Buffer.alloc(1_000_000))
    const bytes = Buffer.concat(Array.from({ length: 50 }, () => Buffer.concat([packed, Buffer.alloc(1)])))
    const bounds = { depth: 8, output: 10_000_000, share: 20, free: 64 * 2 ** 20, ratio: 400, members: 100 }
    const report = search(bytes, 4096, bounds)
    expect(report.notScanned).toMatchObject([{ where: "/f", kind: "bound" }])
    expect(report.unpacked.gzip?.bytes).toBeLessThanOrEqual(10_000_000)
  })

  test("more members than allowed", async () => {
    const members = Array.from({ length: 12 }, (_, at) => ({ name: `m${at}`, bytes: Buffer.from("x") }))
    const bounds = { depth: 8, output: 10_000_000, share: 20, free: 64 * 2 ** 20, ratio: 400, members: 10 }
    const report = search(await archive("tar (gnu)", members), 512, bounds)
    expect(report.notScanned).toEqual([
      { where: "/f", reason: "tar: more than 10 members in this file", kind: "bound" },
    ])
  })
})

describe("random bytes behind a format's first ones", () => {
  const beginnings: Record<string, Buffer> = {
    gzip: Buffer.from("1f8b0800000000000003", "hex"),
    "gzip with all fields": Buffer.from("1f8b081f000000000003", "hex"),
    xz: Buffer.from("fd377a585a000004e6d6b446", "hex"),
    "xz with a block": Buffer.from("fd377a585a000004e6d6b4460200210116000000742fe5a3e0", "hex"),
    zstd: Buffer.from("28b52ffd0458", "hex"),
    "zstd with a compressed block": Buffer.from("28b52ffd0058850200", "hex"),
    "zstd with a window": Buffer.from("28b52ffd0078", "hex"),
    bzip2: Buffer.from("425a6839314159265359", "hex"),
    zip: Buffer.from("504b030414000000080000000000", "hex"),
    "zip, streamed": Buffer.from("504b030414000800000000000000000000000000000000000000010000006a", "hex"),
    ar: Buffer.from("!<arch>\n"),
    cpio: Buffer.from(`070701${"0".repeat(88)}0000000200000000`),
    "base64 of gzip": Buffer.from("H4sIAAAAAAAAA"),
  }
  test.each(Object.entries(beginnings))("%s", (_, beginning) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000, size: "max" }),
        fc.integer({ min: 1, max: 3_000 }),
        (random, length) => {
          const report = search(Buffer.concat([beginning, random]), length)
          expect(report.bytes).toBe(beginning.length + random.length)
        },
      ),
      { numRuns: 60 },
    )
  })

  // More of a real file stays whole than of a random one, so that damage reaches further into the decoders.
  test.each([...Object.keys(compressors), ...archives])("%s, with some bytes changed", async (format) => {
    const members = [{ name: "a", bytes: sample(900) }, { name: "b" }]
    const packed = archives.includes(format) ? await archive(format, members) : await compress(format, sample(900))
    const change = fc.tuple(fc.nat(packed.length - 1), fc.nat(255))
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3_000 }),
        (changes, n) => {
          const bad = Buffer.from(packed)
          for (const [at, byte] of changes) bad[at] = byte
          expect(search(bad, n).bytes).toBe(bad.length)
        },
      ),
      { numRuns: 60 },
    )
  })
})
