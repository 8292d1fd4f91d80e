import { expect, test } from "vitest"
import { Report } from "./report.ts"

const finding = { where: "/a", offset: 9, form: "raw", secret: "TOKEN", times: 1 }

test("one finding for each place, secret and form: its first offset, and how often", () => {
  const report = new Report()
  report.addFinding(finding)
  report.addFinding({ ...finding, offset: 4 })
  report.addFinding({ ...finding, form: "hex" })
  expect(report.findings).toEqual([
    { ...finding, offset: 4, times: 2 },
    { ...finding, form: "hex" },
  ])
})

test("reports of several workers are one, also after they travelled", () => {
  const one = new Report()
  one.files = 2
  one.bytes = 10
  one.addFinding(finding)
  one.addUnpacked("gzip", 1, 5)
  one.addLookalike("zstd")
  one.addNotScanned({ where: "/b", reason: "gzip: wrong checksum", kind: "damaged" })
  const sum = new Report()
  sum.add(one)
  sum.add(Report.fromJSON(structuredClone(one.toJSON())))
  expect(sum.toJSON()).toEqual({
    files: 4,
    bytes: 20,
    unpacked: { gzip: { members: 2, bytes: 10 } },
    lookalikes: { zstd: 2 },
    findings: [{ ...finding, times: 2 }],
    findingsNotKept: 0,
    notScanned: [{ where: "/b", reason: "gzip: wrong checksum", kind: "damaged" }],
    notScannedNotKept: 0,
  })
})

test("what is too much to keep is counted, and the report is not complete", () => {
  const report = new Report()
  expect(report.complete).toBe(true)
  for (let at = 0; at < 6_000; at++) report.addFinding({ ...finding, where: `/${at}` })
  for (let at = 0; at < 30_000; at++) {
    report.addNotScanned({ where: `/${at}`, reason: "gzip: wrong checksum", kind: "damaged" })
  }
  expect([report.findings.length, report.findingsNotKept]).toEqual([5_000, 1_000])
  expect([report.notScanned.length, report.notScannedNotKept]).toEqual([20_000, 10_000])
  expect(report.complete).toBe(false)
})
