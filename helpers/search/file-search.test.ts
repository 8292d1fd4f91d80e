// Against packed files that the real programs make: gzip, xz, zstd, bzip2, tar, cpio, ar, and python3's zipfile.

import { describe, expect, test } from "vitest"
import { run } from "../run.ts"
import { archive, archives, compress, compressors, places, sample, search, secret } from "./packed-samples.ts"

const chunkings = [1, 7, 512 * 1024]
const whole = { notScanned: [], lookalikes: {} }

test("the programs that these tests need are installed", async () => {
  const needed = ["gzip", "xz", "zstd", "bzip2", "tar", "cpio", "ar", "python3", "base64", "setfattr"]
  const asked = await Promise.all(
    needed.map((name) => run("sh", ["-c", `command -v ${name}`], { answers: [0, 1, 127] })),
  )
  expect(needed.filter((_, at) => asked[at]?.exitCode !== 0)).toEqual([])
})

describe("as it is", () => {
  test.each(chunkings)("in pieces of %i bytes", (length) => {
    const report = search(sample(10_000), length)
    expect(places(report)).toEqual(["/f 5000 raw 2x"])
    expect(report).toMatchObject({ files: 1, bytes: 10_000, unpacked: {}, ...whole })
  })

  test("an empty file, and one of zeros", () => {
    expect(search(Buffer.alloc(0))).toMatchObject({ files: 1, bytes: 0, unpacked: {}, ...whole })
    expect(search(Buffer.alloc(3_000_000), 512 * 1024)).toMatchObject({ bytes: 3_000_000, unpacked: {}, ...whole })
  })
})

describe("compressed", () => {
  const plain = sample(70_000)
  test.each(Object.keys(compressors))("%s", async (name) => {
    const packed = await compress(name, plain)
    for (const length of chunkings) {
      const report = search(packed, length)
      expect(places(report)).toContain("/f! 35000 raw 2x")
      expect(report).toMatchObject({
        unpacked: { [name.split(" ")[0] ?? ""]: { members: 1, bytes: 70_000 } },
        ...whole,
      })
    }
  })

  test.each(["gzip", "xz", "zstd", "bzip2"])(
    "%s: more than one block, of data that hardly compresses",
    async (name) => {
      const bytes = Buffer.alloc(3_000_000)
      for (let at = 0, word = 1; at < bytes.length; at += 4) {
        word = Math.imul(word, 1664525) + 1013904223
        bytes.writeInt32LE(word ^ (word >>> 13), at)
      }
      secret.copy(bytes, 2_999_900)
      const report = search(await compress(name, bytes), 512 * 1024)
      expect(places(report)).toContain("/f! 2999900 raw 1x")
      expect(report).toMatchObject({ unpacked: { [name]: { bytes: 3_000_000 } }, ...whole })
    },
  )

  // Where a piece of input ends, zlib may still have output to give.
  test("gzip: much more comes out than went in, in every chunking", async () => {
    const plain = Buffer.concat([Buffer.alloc(3 * 65_536), secret, Buffer.alloc(65_536 - secret.length), secret])
    const packed = await compress("gzip", plain)
    for (let length = 1; length <= packed.length; length++) {
      const report = search(packed, length)
      expect(places(report)).toEqual(["/f! 196608 raw 2x"])
      expect(report).toMatchObject(whole)
    }
  })

  test.each(["gzip", "xz", "zstd", "bzip2"])("%s: nothing, and one byte", async (name) => {
    expect(search(await compress(name, Buffer.alloc(0)))).toMatchObject(whole)
    expect(search(await compress(name, Buffer.from("x"))).unpacked).toEqual({ [name]: { members: 1, bytes: 1 } })
  })

  // A secret that lies in two streams is whole only if they are one.
  test.each(["gzip", "xz", "zstd", "bzip2"])("%s: streams that follow each other are one", async (name) => {
    const [one, two] = [await compress(name, secret.subarray(0, 9)), await compress(name, secret.subarray(9))]
    for (const length of chunkings) {
      expect(places(search(Buffer.concat([one, two]), length))).toEqual(["/f! 0 raw 1x"])
    }
  })

  test("xz: padding between streams, and behind them", async () => {
    const [one, two] = [await compress("xz", secret.subarray(0, 9)), await compress("xz", secret.subarray(9))]
    const report = search(Buffer.concat([one, Buffer.alloc(8), two, Buffer.alloc(4)]), 7)
    expect(places(report)).toEqual(["/f! 0 raw 1x"])
    expect(report).toMatchObject(whole)
  })

  test("zstd: frames to skip", async () => {
    const skip = Buffer.from("502a4d180500000068656c6c6f", "hex")
    const packed = await compress("zstd", sample(70_000))
    const report = search(Buffer.concat([skip, packed, skip, packed]), 7)
    expect(places(report)).toContain("/f! 35000 raw 4x")
    expect(report).toMatchObject(whole)
  })

  test.each(["gzip", "xz", "zstd", "bzip2"])("%s: rubbish behind it is searched as it is", async (name) => {
    const packed = await compress(name, sample(70_000))
    const report = search(Buffer.concat([packed, Buffer.from("rubbish "), secret]), 7)
    expect(places(report)).toContain("/f! 35000 raw 2x")
    expect(places(report)).toContain(`/f ${packed.length + 8} raw 1x`)
    expect(report).toMatchObject(whole)
  })
})

describe("archives", () => {
  const long = `${"n".repeat(99)}/${"o".repeat(120)}`
  const flat = (format: string) => format === "ar"
  const short = (format: string) => /v7|ustar/.test(format)

  test.each(archives)("%s", async (format) => {
    const deep = flat(format) ? "b" : short(format) ? "sub/b" : `${long}/b`
    const own = format === "zip (bzip2)" ? "!" : ""
    const inner = await compress("gzip", sample(30_000))
    const packed = await archive(format, [
      { name: "a", bytes: sample(1_001) },
      { name: deep, bytes: inner },
      { name: "c", bytes: Buffer.alloc(0) },
      { name: "d.gz", bytes: inner },
    ])
    for (const length of chunkings) {
      const report = search(packed, length)
      const found = places(report)
      expect(found).toContain(`/f!/a${own} 500 raw 2x`)
      expect(found).toContain(`/f!/${deep}${own}! 15000 raw 2x`)
      expect(found).toContain(`/f!/d.gz${own}! 15000 raw 2x`)
      expect(report).toMatchObject(whole)
    }
  })

  test.each(archives)("%s: a secret in a name is found, and not shown", async (format) => {
    const name = flat(format) ? `${secret}` : `sub/x-${secret}/y`
    const report = search(await archive(format, [{ name, bytes: sample(100) }]), 7)
    const where = flat(format) ? "/f!/[a name that holds TOKEN]" : "/f!/sub/[a name that holds TOKEN]/y"
    expect(places(report).join()).toContain(`${where}${format === "zip (bzip2)" ? "!" : ""} 50 raw 2x`)
    expect(report.findings.map(({ where, form }) => [where, form])).toContainEqual([where, "raw in a name"])
    expect(JSON.stringify(report)).not.toContain(secret.toString())
  })

  test.each(archives.filter((format) => /tar|cpio/.test(format)))("%s: a link's target", async (format) => {
    const report = search(await archive(format, [{ name: "link", target: `/x/${secret}` }]), 7)
    expect(places(report)).toContain("/f!/link 3 raw in a link target 1x")
    expect(JSON.stringify(report)).not.toContain(secret.toString())
  })

  test("ustar: a name that is split over two fields", async () => {
    const name = `${"d".repeat(90)}/${"f".repeat(60)}`
    const report = search(await archive("tar (ustar)", [{ name, bytes: sample(100) }]))
    expect(places(report)).toContain(`/f!/${name} 50 raw 2x`)
  })

  test("pax: an extended attribute", async () => {
    const { stdout } = await run("sh", ["-c", attributeScript], { input: secret })
    const report = search(Buffer.from(stdout, "base64"), 7)
    expect(places(report).filter((place) => place.includes("/f!/a "))).toEqual(["/f!/a 23 raw in an attribute 1x"])
  })

  test.each(["tar (gnu)", "cpio (newc)", "zip (deflated)"])("%s: one behind the other", async (format) => {
    const one = await archive(format, [{ name: "a", bytes: sample(1_000) }])
    const two = await archive(format, [{ name: "b", bytes: sample(1_000) }])
    const found = places(search(Buffer.concat([one, two]), 7))
    expect(found).toContain("/f!/a 500 raw 2x")
    expect(found).toContain("/f!/b 500 raw 2x")
  })
})

const attributeScript = `
directory=$(mktemp -d) && cd "$directory" && echo content >a && setfattr -n user.x -v "$(cat)" a
tar --xattrs --format=pax -c a | base64
rm -r "$directory"`

describe("an initrd", () => {
  test.each(["gzip", "xz", "zstd", "bzip2"])(
    "microcode first, then %s, zeros, and another cpio behind",
    async (name) => {
      const microcode = await archive("cpio (newc)", [{ name: "kernel/x86/microcode.bin", bytes: sample(5_000) }])
      const main = await archive("cpio (newc)", [{ name: "init", bytes: sample(20_000) }])
      const appended = await archive("cpio (crc)", [{ name: "etc/key", bytes: sample(100) }])
      const parts = [microcode, Buffer.alloc(77), await compress(name, main), Buffer.alloc(13), appended]
      for (const length of chunkings) {
        const report = search(Buffer.concat([...parts, await compress(name, appended)]), length)
        const found = places(report)
        expect(found).toContain("/f!/kernel/x86/microcode.bin 2500 raw 2x")
        expect(found).toContain("/f!/init 10000 raw 2x")
        expect(found).toContain("/f!/etc/key 50 raw 4x")
        expect(report).toMatchObject(whole)
      }
    },
  )
})

describe("base64 of something packed", () => {
  const kinds = [...["gzip", "xz", "zstd", "bzip2"], "tar (gnu)", "zip (deflated)", "cpio (newc)"]
  const shapes: Record<string, (text: string) => string> = {
    "on one line": (text) => `key = "${text}";`,
    "url-safe": (text) => `key:${text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}\n`,
    "wrapped at 76, indented": (text) => `key: |\n${text.replace(/.{1,76}/g, "    $&\n")}other: 1\n`,
    "wrapped at 64, with \\n": (text) => `{"key":"${text.replace(/.{1,64}/g, "$&\\n")}"}`,
    "wrapped at 64, with CRLF": (text) => text.replace(/.{1,64}/g, "$&\r\n"),
  }
  test.each(kinds)("%s", async (kind) => {
    const plain = kind.includes("(") ? await compress("gzip", sample(1_200)) : sample(1_200)
    const packed = kind.includes("(") ? await archive(kind, [{ name: "a", bytes: plain }]) : await compress(kind, plain)
    for (const [shape, written] of Object.entries(shapes)) {
      for (const before of [0, 31, 8_000]) {
        const text = Buffer.from(`${"word ".repeat(before).slice(0, before)}\n${written(packed.toString("base64"))}`)
        for (const length of chunkings) {
          const found = places(search(text, length)).filter((place) => / 600 raw 2x/.test(place))
          expect(found, `${shape}, ${before} bytes before`).toHaveLength(1)
        }
      }
    }
  })

  test("what only begins like it is none, and not listed", () => {
    const report = search(
      Buffer.from(`x = "H4sIAAAAAAAAA${"A".repeat(100)}"; KLUv${"x".repeat(90)} Qlpo${"y".repeat(90)}`),
    )
    expect(report.notScanned).toEqual([])
    expect(report.findings).toEqual([])
  })
})

describe("nested", () => {
  test("a secret in a zip in an xz in a tar in a gzip in base64", async () => {
    const zip = await archive("zip (deflated)", [{ name: "d", bytes: sample(5_000) }])
    const tar = await archive("tar (gnu)", [{ name: "c.xz", bytes: await compress("xz", zip) }])
    const text = Buffer.from((await compress("gzip", tar)).toString("base64"))
    for (const length of chunkings) {
      const report = search(text, length)
      expect(places(report)).toEqual(["/f!base64 at 0!/c.xz!/d 2500 raw 2x"])
      expect(report).toMatchObject(whole)
    }
  })

  test("deeper than the bound: said, and searched down to it", async () => {
    let packed = sample(1_000)
    for (let layer = 0; layer < 12; layer++) packed = await compress(layer % 2 === 0 ? "gzip" : "zstd", packed)
    const report = search(packed)
    expect(report.notScanned).toEqual([
      { where: `/f${"!".repeat(8)}`, reason: "zstd: deeper than 8 layers", kind: "bound" },
    ])
    expect(report.unpacked).toMatchObject({ gzip: { members: 4 }, zstd: { members: 4 } })
  })
})
