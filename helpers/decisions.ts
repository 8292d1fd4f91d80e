// What a decision document records under one heading, and the size it names.

import type { Nodes } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { toString as textOf } from "mdast-util-to-string"

export interface Decision {
  /** The line of its heading, from 1. */
  line: number
  /** What follows `Decision:` in its paragraph, up to the end of the first sentence; empty when nothing is decided yet. */
  decided: string
  /** Every size that sentence names, in bytes. People write GB for what Incus calls GiB; both are read as 2^30. */
  sizes: number[]
}

/** The entries under this heading, word for word but for case; none is an empty list. */
export function decisionsIn(markdown: string, heading: string): Decision[] {
  const nodes = fromMarkdown(markdown).children
  return nodes.flatMap((node, index) => {
    if (node.type !== "heading" || textOf(node).trim().toLowerCase() !== heading.trim().toLowerCase()) return []
    const rest = nodes.slice(index + 1)
    const next = rest.findIndex((other) => other.type === "heading" && other.depth <= node.depth)
    const paragraphs = (next === -1 ? rest : rest.slice(0, next)).flatMap(paragraphsOf)
    const told = paragraphs.map((text) => /(?:^|\n)\s*Decision:(.*)$/s.exec(text)?.[1]).find((one) => one !== undefined)
    const [decided = ""] = /^.*?[.!](?=\s|$)|^.*$/s.exec(told?.trim() ?? "") ?? []
    const sizes = [...decided.matchAll(/(?<![\w.,])(\d+(?:\.\d+)?)\s*([KMGT])i?B\b/gi)].map(([, number, unit = ""]) =>
      Math.round(Number(number) * 1024 ** " KMGT".indexOf(unit.toUpperCase())),
    )
    return [{ line: node.position?.start.line ?? 0, decided: decided.replaceAll(/\s+/g, " ").trim(), sizes }]
  })
}

/** The text of every paragraph, also of those in lists and quotes; code and HTML comments decide nothing. */
function paragraphsOf(node: Nodes): string[] {
  if (node.type === "paragraph") {
    return [node.children.map((part) => (part.type === "break" ? "\n" : textOf(part, { includeHtml: false }))).join("")]
  }
  return "children" in node ? node.children.flatMap(paragraphsOf) : []
}
