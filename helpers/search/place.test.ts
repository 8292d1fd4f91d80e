import { describe, expect, test } from "vitest"
import { searchPlan } from "./engine.ts"
import { Place, searchName, withoutSecrets } from "./place.ts"
import { Report } from "./report.ts"

const plan = searchPlan([
  { secret: "TOKEN", form: "raw", bytes: Buffer.from("hunter2-hunter2") },
  { secret: "SLASHED", form: "raw", bytes: Buffer.from("aaaa/bbbb/cccc") },
])

function named(name: string | Buffer): { where: string; report: Report } {
  const report = new Report()
  return { where: Place.named(plan, name, report).where, report }
}

describe("a place is named by where it is, and never by a secret", () => {
  test.each([
    ["/nix/store/x-a/b c", "/nix/store/x-a/b c"],
    ["/a/täst/…", "/a/täst/…"],
    ["/a\nb\x1b[31m\\c", "/a\\x0ab\\x1b[31m\\x5cc"],
    ["/a\u202eb\u2028", "/a\\u{202e}b\\u{2028}"],
    [Buffer.from("/a\xff\\b", "latin1"), "/a\\xff\\x5cb"],
    [`/${"x".repeat(600)}`, `/${"x".repeat(511)}…`],
  ])("%j", (name, where) => {
    const { where: shown, report } = named(name)
    expect(shown).toBe(where)
    expect(report.findings).toEqual([])
  })

  test("the part of a name that holds a secret is hidden, and a finding", () => {
    const { where, report } = named("/etc/x-hunter2-hunter2.conf/file")
    expect(where).toBe("/etc/[a name that holds TOKEN]/file")
    expect(report.findings).toEqual([{ where, offset: 7, form: "raw in a name", secret: "TOKEN", times: 1 }])
  })

  test("a secret that lies over several parts hides them all", () => {
    const { where, report } = named("/etc/xaaaa/bbbb/ccccx/hunter2-hunter2/b")
    expect(where).toBe("/etc/[a name that holds SLASHED]/[a name that holds TOKEN]/b")
    expect(report.findings.map(({ secret }) => secret).sort()).toEqual(["SLASHED", "TOKEN"])
  })

  test("a secret behind the shown beginning of a long name is found as well", () => {
    const { where, report } = named(`/${"x".repeat(5000)}hunter2-hunter2`)
    expect(where).toBe("/[a name that holds TOKEN]")
    expect(report.findings).toHaveLength(1)
  })

  test("members, and what a compression holds", () => {
    const report = new Report()
    const file = Place.named(plan, "/a.tar.xz", report)
    const inside = file.unpacked().member(plan, Buffer.from("./etc/hunter2-hunter2"), report)
    expect(inside.where).toBe("/a.tar.xz!/./etc/[a name that holds TOKEN]")
    expect(inside.unpacked().where).toBe(`${inside.where}!`)
    expect(inside.member(plan, "/b", report).where).toBe(`${inside.where}!/b`)
    expect(file.unpacked("base64 at 7").member(plan, "b", report).where).toBe("/a.tar.xz!base64 at 7!/b")
    expect(inside.depth).toBe(2)
  })

  test("link targets and attributes are searched, and not shown", () => {
    const report = new Report()
    const place = Place.named(plan, "/a", report)
    searchName(plan, place, "link target", Buffer.from("../hunter2-hunter2"), report)
    searchName(plan, place, "attribute", Buffer.from("user.x\0hunter2-hunter2"), report)
    expect(report.findings.map(({ where, form, offset }) => [where, form, offset])).toEqual([
      ["/a", "raw in a link target", 3],
      ["/a", "raw in an attribute", 7],
    ])
  })
})

describe("text that may be shown", () => {
  test.each([
    ["nothing to hide\nhere", "nothing to hide\nhere"],
    ["a\nx hunter2-hunter2 y\nb", "a\n[a line that holds TOKEN]\nb"],
    ["hunter2-hunter2", "[a line that holds TOKEN]"],
    ["hunter2-hunter2 aaaa/bbbb/cccc\n", "[a line that holds SLASHED, TOKEN]\n"],
    ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
    ["", ""],
  ])("%j", (text, shown) => {
    expect(withoutSecrets(plan, Buffer.from(text))).toBe(shown)
  })

  test("every line that a secret of several lines reaches into is hidden", () => {
    const lines = searchPlan([{ secret: "KEY", form: "raw", bytes: Buffer.from("first-line\nsecond-line\nthird") }])
    const shown = withoutSecrets(lines, Buffer.from("before\nx first-line\nsecond-line\nthird y\nafter"))
    expect(shown.split("\n")).toEqual(["before", ...Array(3).fill("[a line that holds KEY]"), "after"])
  })
})
