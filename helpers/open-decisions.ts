// The plan's open decisions, and the entry that each has among the decisions.

import { toString as textOf } from "mdast-util-to-string"
import { decisionsIn } from "./decisions.ts"
import type { Parsed } from "./docs.ts"
import { nodesIn } from "./docs.ts"
import { matchesOf, phraseOf } from "./docs-phrases.ts"
import { wordsOf } from "./docs-words.ts"

export interface OpenDecision {
  open: string
  any: string[]
}

export interface Point {
  line: number
  /** How it begins. */
  says: string
  /** Which of the declared decisions it is, by name. */
  is: string[]
}

/** The points of the plan's section: the items of its lists. */
export function pointsOf({ tree }: Parsed, section: string, decisions: OpenDecision[]): Point[] {
  const nodes = tree.children
  const from = nodes.findIndex((node) => node.type === "heading" && isSection(textOf(node), section))
  const head = nodes[from]
  if (head?.type !== "heading") return []
  const rest = nodes.slice(from + 1)
  const next = rest.findIndex((node) => node.type === "heading" && node.depth <= head.depth)
  return rest
    .slice(0, next === -1 ? undefined : next)
    .flatMap((node) => (node.type === "list" ? node.children : []))
    .map((item) => {
      const text = textOf(item).replaceAll(/\s+/g, " ")
      return { line: item.position?.start.line ?? 0, says: text.slice(0, 80), is: namedIn(text, decisions) }
    })
}

export interface Entry {
  heading: string
  line: number
  /** What is decided; empty when nothing is. */
  decided: string
  is: string[]
}

/** The entries of a document of decisions that are about one of them. */
export function entriesOf(document: Parsed, markdown: string, decisions: OpenDecision[]): Entry[] {
  const headings = [...nodesIn(document.tree)].filter((node) => node.type === "heading").map((node) => textOf(node))
  return [...new Set(headings)].flatMap((heading) => {
    const is = namedIn(heading, decisions)
    if (is.length === 0) return []
    return decisionsIn(markdown, heading).map(({ line, decided }) => ({ heading, line, decided, is }))
  })
}

/** Whether a heading is the one of a section: `4.0` of `4.0 Shape`, `§4.0: shape` and `## 4.0.`, not of `4.01`. */
export function isSection(heading: string, section: string): boolean {
  const plain = (text: string) =>
    text
      .replaceAll(/[§\s]+/g, " ")
      .trim()
      .toLowerCase()
  const [text, wanted] = [plain(heading), plain(section)]
  return text.startsWith(wanted) && !/^(?:\.?\d|\w)/.test(text.slice(wanted.length))
}

function namedIn(text: string, decisions: OpenDecision[]): string[] {
  const words = wordsOf({ text })
  const named = ({ any }: OpenDecision) => any.some((phrase) => matchesOf(phraseOf(phrase), words).length > 0)
  return decisions.filter(named).map(({ open }) => open)
}
