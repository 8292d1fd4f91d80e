// What a decision document records under one heading, and the size it names.

import { fromMarkdown } from "mdast-util-from-markdown"
import { toString as textOf } from "mdast-util-to-string"
import { bytesOf } from "./bytes.ts"

export interface Decision {
  /** The line of its heading, from 1. */
  line: number
  /** What follows `Decision:`, up to the end of its first sentence; empty when nothing is decided yet. */
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
    const text = (next === -1 ? rest : rest.slice(0, next)).map((part) => textOf(part)).join("\n")
    const [, decided = ""] = /^\s*Decision:\s*(.*?(?:[.!](?=\s|$)|$))/ms.exec(text) ?? []
    const sizes = [...decided.matchAll(/\b(\d+)\s*([KMGT])i?B\b/gi)].map(([, digits, unit]) =>
      bytesOf(`${digits}${unit?.toUpperCase()}iB`),
    )
    return [{ line: node.position?.start.line ?? 0, decided: decided.replaceAll(/\s+/g, " ").trim(), sizes }]
  })
}
