import { expect, test } from "vitest"
import { run, runBytes } from "../run.ts"
import { sample, search } from "./packed-samples.ts"

const beginnings: [string, string][] = [
  ["7z", "377abcaf271c0004"],
  ["rar", "526172211a070100"],
  ["lz4", "04224d1864a7"],
  ["lz4 (legacy)", "02214c1800100000ff00"],
  ["lzip", "4c5a4950010c"],
  ["lzop", "894c5a4f000d0a1a0a10"],
  ["cab", "4d5343460000000010"],
  ["lrzip", "4c525a490006"],
  ["squashfs", `68737173${"00".repeat(24)}04000000`],
  ["cpio (odc)", Buffer.from(`070707${"0".repeat(70)}`).toString("hex")],
]

test.each(beginnings)("%s is recognised, and listed as not unpacked", (name, hex) => {
  const report = search(Buffer.concat([Buffer.from(hex, "hex"), sample(100)]), 7)
  expect(report.notScanned).toEqual([{ where: "/f", reason: `${name}: not unpacked`, kind: "unsupported" }])
  expect(report.findings).toMatchObject([{ where: "/f", times: 2 }])
})

test("lzma, as xz writes it", async () => {
  const { stdout } = await runBytes("xz", ["--format=lzma", "-c"], { input: sample(100) })
  expect(search(stdout).notScanned).toEqual([{ where: "/f", reason: "lzma: not unpacked", kind: "unsupported" }])
})

test("a zip with a password: its member is listed", async () => {
  const { stdout } = await run("python3", ["-c", encrypted])
  const report = search(Buffer.from(stdout, "hex"), 7)
  expect(report.notScanned).toEqual([{ where: "/f!/a", reason: "zip: encrypted", kind: "unsupported" }])
})

// python3 reads such members and writes none: the flag is set behind its back.
const encrypted = `
import io, zipfile
whole = io.BytesIO()
with zipfile.ZipFile(whole, "w") as archive: archive.writestr("a", b"x" * 40)
data = bytearray(whole.getvalue())
data[6] |= 1
print(data.hex())
`
