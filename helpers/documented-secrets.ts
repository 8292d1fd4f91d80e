// The secrets that a document lists, by the names it gives them in code.

import type { ListItem, Nodes, RootContent, Table, TableCell } from "mdast"
import { toString as textOf } from "mdast-util-to-string"
import { nodesIn, type Parsed } from "./docs.ts"
import { lineOf } from "./docs-reading.ts"

export interface DocumentedSecrets {
  /** The line a name stands at, by name. */
  names: Map<string, number>
  /** Lines of the tables and lists they stand in. */
  lists: number[]
}

const ofSecrets = /^\W*(?:leaf|leaves|secrets?|sops keys?|keys?|names?|sops paths?)\W*$/i

/**
 * A document lists a secret at the head of a table's row, where the table's first column is headed `leaf`, `secret`, `key`
 * or `name`, or at the head of a list's item. What is listed under a heading in `elsewhere` is something else.
 */
export function documentedSecrets({ tree }: Parsed, elsewhere: string[] = []): DocumentedSecrets {
  const found: DocumentedSecrets = { names: new Map(), lists: [] }
  for (const node of outside(tree.children, elsewhere)) {
    for (const inner of nodesIn(node)) {
      const heads = inner.type === "table" ? rowsOf(inner) : inner.type === "list" ? itemsOf(inner.children) : []
      if (heads.length > 0) found.lists.push(lineOf(inner))
      for (const { name, line } of heads) if (!found.names.has(name)) found.names.set(name, line)
    }
  }
  return found
}

/** What stands under none of these headings. */
function outside(nodes: RootContent[], headings: string[]): RootContent[] {
  let depth: number | undefined
  const same = (one: string) => headings.some((other) => one.trim().toLowerCase() === other.trim().toLowerCase())
  return nodes.filter((node) => {
    if (node.type === "heading") {
      if (depth !== undefined && node.depth <= depth) depth = undefined
      if (depth === undefined && same(textOf(node))) depth = node.depth
    }
    return depth === undefined
  })
}

interface Name {
  name: string
  line: number
}

function rowsOf({ children: [head, ...rows] }: Table): Name[] {
  const [title] = head?.children ?? []
  if (title === undefined || !ofSecrets.test(textOf(title))) return []
  return rows.flatMap(({ children: [cell] }) => (cell === undefined ? [] : namesAtHead(cell)))
}

const itemsOf = (items: ListItem[]): Name[] =>
  items.flatMap(({ children: [first] }) => {
    if (first?.type !== "paragraph") return []
    const after = first.children.findIndex((part) => part.type !== "inlineCode" && !between(part))
    const next = after === -1 ? "" : textOf(first.children[after] ?? { type: "text", value: "" })
    // `name`: what it is. Without a mark after it, code begins a sentence like any other word.
    return after === -1 || /^\s*(?:[:—–-]|\()/.test(next) ? namesAtHead(first) : []
  })

/** The code spans at the head, and what only joins them. */
function namesAtHead(node: TableCell | Extract<Nodes, { type: "paragraph" }>): Name[] {
  const names: Name[] = []
  for (const part of node.children) {
    if (part.type === "inlineCode") {
      if (/^[A-Za-z0-9_][\w.-]*(?:\/[\w.-]+)*$/.test(part.value)) names.push({ name: part.value, line: lineOf(part) })
    } else if (!between(part)) break
  }
  return names
}

const between = (part: Nodes) => part.type === "text" && /^\s*(?:,|and|or|\+|&|\/)?\s*$/.test(part.value)
