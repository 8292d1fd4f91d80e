// REVIEW.md as whole runs of the small suite leave it, among words of people and words of a hostile target.

import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Nodes } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { describe, test } from "vitest"
import { replaceBlocks } from "./blocks.ts"
import { blockOf, freshOut, verdicts, verify } from "./testdata/small.ts"

const items = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "D1", "D2", "D3", "D4", "D5", "D6"]

describe.concurrent("REVIEW.md", () => {
  test("changes in one item's block and the summary when one check is run again", async ({ expect }) => {
    const out = await freshOut()
    const first = await verify(out, "specs/c[15]", "specs/c1", "specs/c5")
    const words = "Signed off, but see C1.\n\n"
    await writeFile(join(out, "REVIEW.md"), `${words}${first.review}\nThe end.`)

    const again = await verify(out, "specs/c5", "-t", "C5.2 ")
    expect(verdicts(again.end)).toEqual({ "C5.2": "pass" })
    const changed = ["summary", ...items].filter((part) => blockOf(again.review, part) !== blockOf(first.review, part))
    expect(changed).toEqual(["summary", "C5"])
    expect(outside(again.review)).toBe(`${words}${outside(first.review)}\nThe end.`)
    const [one, two] = again.runs.map(({ start }) => start.started)
    const recorded = [...blockOf(again.review, "C5").matchAll(/^- recorded by the run of (\S+) by the builder/gm)]
    expect(recorded.map(([, run]) => run)).toEqual([one, two])
  })

  test("with a block edited by hand stays as it is; the ledger has the run, which exits 2", async ({ expect }) => {
    const out = await freshOut()
    const block = replaceBlocks("Ours.\n", new Map([["small C5", "## C5: fail\n"]]), "REVIEW.md")
    const edited = block.replace("fail", "pass")
    await writeFile(join(out, "REVIEW.md"), edited)

    const { exitCode, screen, runs } = await verify(out, "specs/c5")
    expect(exitCode).toBe(2)
    const place = /the evidence could not be published: .*REVIEW\.md:5: block small C5 was edited by hand/
    expect(screen).toMatch(place)
    expect(await readFile(join(out, "REVIEW.md"), "utf8")).toBe(edited)
    expect(runs.map(({ end }) => end?.exitCode)).toEqual([0])
  })

  test("shows what a hostile target says as text and nothing else", async ({ expect }) => {
    const out = await freshOut()
    const { end, exitCode, review, screen } = await verify(out, "specs/d3")
    expect(verdicts(end)).toEqual({ "D3.1": "fail", "D3.2": "error" })
    expect(exitCode).toBe(1)
    expect(unseen(review)).toEqual([])
    expect(unseen(screen)).toEqual([])

    const nodes = everyNode(fromMarkdown(review))
    const markers = ["summary", ...items].flatMap((part) => [`begin small ${part}`, `end small ${part}`])
    const html = nodes.flatMap((node) => (node.type === "html" ? node.value.split("\n") : []))
    expect(html.map((tag) => /^<!-- cc-ci-verifier (\S+ \S+ \S+).* -->$/.exec(tag)?.[1] ?? tag)).toEqual(markers)
    const forbidden = ["link", "image", "definition", "linkReference", "thematicBreak", "break"]
    expect(nodes.filter(({ type }) => forbidden.includes(type))).toEqual([])
    const headings = nodes.flatMap((node) => (node.type === "heading" ? [textOf(review, node)] : []))
    expect(headings.filter((heading) => heading.startsWith("### D3"))).toEqual([
      "### D3.1 **fail**",
      "### D3.2 **error**",
    ])
    expect(headings.filter((heading) => heading.startsWith("### C5"))).toEqual([
      "### C5.1 **not run**",
      "### C5.2 **not run**",
    ])

    const next = await verify(out, "specs/c5")
    expect(next.exitCode).toBe(0)
    expect(blockOf(next.review, "D3")).toBe(blockOf(review, "D3"))
  })
})

/** The text between the managed blocks. */
function outside(review: string): string {
  return review.replaceAll(
    /<!-- cc-ci-verifier begin (small \w+) -->\n[\s\S]*?<!-- cc-ci-verifier end \1 sha256:\w+ -->/g,
    "*",
  )
}

function everyNode(node: Nodes): Nodes[] {
  return [node, ...("children" in node ? node.children.flatMap(everyNode) : [])]
}

function textOf(markdown: string, node: Nodes): string {
  return markdown.slice(node.position?.start.offset, node.position?.end.offset)
}

/** Characters that do not show, other than the end of a line. */
function unseen(text: string): string[] {
  return text.match(/[^\P{C}\n]|\p{Zl}|\p{Zp}/gu) ?? []
}
