import { describe, expect, test } from "vitest"
import { replaceBlocks } from "./blocks.ts"

const blocks = (bodies: Record<string, string>) => new Map(Object.entries(bodies))
const one = replaceBlocks("", blocks({ "lab C1": "one\n" }), "REVIEW.md")
const two = replaceBlocks("", blocks({ "lab C1": "one\n", "lab C2": "two\n" }), "REVIEW.md")
const [begin = "", , end = ""] = one.split("\n")
const write = (text: string) => replaceBlocks(text, blocks({ "lab C1": "new\n" }), "REVIEW.md")

describe("a managed block", () => {
  test("is put between two markers that bind its bytes", () => {
    expect(one).toBe(
      [
        "<!-- cc-ci-verifier begin lab C1 -->",
        "one",
        "<!-- cc-ci-verifier end lab C1 sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806 -->",
        "",
      ].join("\n"),
    )
  })

  test("is replaced where it stands, and what people wrote stays byte for byte", () => {
    const by = [
      "# Ours\u00a0 \n\n\n  indented\ttabs \n```\ncode\n```\n",
      "between, no blank line\n",
      "the end, no newline",
    ]
    const text = `${by[0]}${one}${by[1]}${one.replaceAll("lab C1", "lab C2")}${by[2]}`
    const written = write(text)
    const marks = /<!-- cc-ci-verifier begin lab C1 -->\n[\s\S]*?<!-- cc-ci-verifier end lab C1 sha256:\w+ -->/
    expect(written.replace(marks, "*")).toBe(text.replace(marks, "*"))
    expect(written).toContain(`${by[0]}${begin}\nnew\n<!-- cc-ci-verifier end lab C1 `)
  })

  test("of another name is left alone", () => {
    expect(replaceBlocks(two, blocks({ "lab C2": "changed\n" }), "REVIEW.md").startsWith(one)).toBe(true)
  })

  test("that is not there yet is put at the end, after a blank line", () => {
    expect(write("ours").startsWith(`ours\n\n${begin}\n`)).toBe(true)
    expect(write("ours\n").startsWith(`ours\n\n${begin}\n`)).toBe(true)
    expect(write("ours\n\n").startsWith(`ours\n\n${begin}\n`)).toBe(true)
  })

  test("written a second time changes nothing", () => {
    expect(replaceBlocks(two, blocks({ "lab C1": "one\n", "lab C2": "two\n" }), "REVIEW.md")).toBe(two)
  })

  test.each([
    ["edited by hand", one.replace("one", "One"), "REVIEW.md:3: block lab C1 was edited by hand; move your words"],
    ["another one edited by hand", two.replace("two", "2"), "REVIEW.md:7: block lab C2 was edited by hand"],
    ["edited to hold a fence", one.replace("one", "```\n```"), "REVIEW.md:2: block lab C1 was edited by hand"],
    ["saved with CRLF", `a\n${one.replaceAll("\n", "\r\n")}`, "REVIEW.md:2: has a carriage return"],
    ["twice there", `${one}\n${one}`, "REVIEW.md:5: block lab C1 stands here twice"],
    ["begun and not ended", `a\n${begin}\none\n`, "REVIEW.md:2: block lab C1 begins here and never ends"],
    ["ended and not begun", `a\n${end}\n`, "REVIEW.md:2: block lab C1 ends here, but did not begin"],
    ["ended by another", two.replace(end, ""), "REVIEW.md:5: block lab C2 begins inside block lab C1"],
    ["inside another", one.replace("one", two.slice(one.length + 1)), "REVIEW.md:2: block lab C2 begins inside"],
    ["ended under another name", one.replace("end lab C1", "end lab C2"), "REVIEW.md:3: block lab C2 ends here, but"],
    ["in a code fence", `a\n\`\`\`\n${one}\`\`\`\n`, "REVIEW.md:3: a marker of a managed block inside a code fence"],
    ["half in a code fence", `~~~\n${begin}\n~~~\none\n${end}\n`, "REVIEW.md:2: a marker of a managed block inside a"],
    ["after a fence that never ends", `a\n\`\`\`\nb\n`, "REVIEW.md:2: a fence opens here and never ends"],
    ["indented", one.replace(begin, `  ${begin}`), "REVIEW.md:1: looks like a marker"],
    ["quoted", one.replaceAll("<!--", "> <!--"), "REVIEW.md:1: looks like a marker"],
    ["marked without a digest", one.replace(/ sha256:\w+/, ""), "REVIEW.md:3: looks like a marker"],
    ["marked by something else", `${begin.replace(" -->", " x -->")}\n`, "REVIEW.md:1: looks like a marker"],
  ])("%s is refused, with the place", (_, text, message) => {
    expect(() => write(text)).toThrow(message)
  })

  test("that is only spoken about is text", () => {
    const text = "The marker is `<!-- cc-ci-verifier begin lab C1 -->`, see there.\n"
    expect(write(text).startsWith(`${text}\n${begin}\n`)).toBe(true)
  })
})
