// The Definition of Done as data. docs/definition-of-done.md is its only source; nothing else knows an id.

import { readFile } from "node:fs/promises"
import type { Heading, ListItem, Nodes } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"

export interface Check {
  id: string
  sentence: string
}

export interface Item {
  id: string
  title: string
  /** The plan's own words. */
  sentence: string
  checks: Check[]
}

/** Reads the Definition of Done from its document. */
export async function readDefinition(file: string): Promise<Item[]> {
  return parseDefinition(await readFile(file, "utf8"), file)
}

/** Headings are items, the quote under each is the plan's sentence, every list line is one check. */
export function parseDefinition(markdown: string, file = "the definition of done"): Item[] {
  const items: Item[] = []
  const seen = new Set<string>()
  const claim = (id: string, node: Nodes) => {
    if (seen.has(id)) refuse(file, node, `${id} stands here a second time; ids are never reused`)
    seen.add(id)
    return id
  }
  for (const node of fromMarkdown(markdown).children) {
    const item = items.at(-1)
    if (node.type === "heading" && node.depth === 2) {
      const { id, title } = headingOf(markdown, node, file)
      items.push({ id: claim(id, node), title, sentence: "", checks: [] })
    } else if (node.type === "blockquote" && item !== undefined) {
      if (item.sentence !== "") refuse(file, node, `${item.id} has a second quote; an item is one sentence`)
      item.sentence = source(markdown, node).replaceAll(/^> ?/gm, "").replaceAll(/\s+/g, " ").trim()
    } else if (node.type === "list" && item !== undefined) {
      for (const line of node.children) {
        const check = checkOf(markdown, line, item.id, file)
        item.checks.push({ ...check, id: claim(check.id, line) })
      }
    }
  }
  const silent = items.find((item) => item.sentence === "")
  if (silent !== undefined)
    throw new Error(`${file}: ${silent.id} quotes no sentence; put it under the heading after ">"`)
  if (items.length === 0)
    throw new Error(`${file}: no item found; an item is a heading like "## C2 Certificate in git"`)
  return items
}

function headingOf(markdown: string, node: Heading, file: string): { id: string; title: string } {
  const [, id, title] = /^## ([A-Z]\d*) (\S.*)$/.exec(source(markdown, node)) ?? []
  if (id === undefined || title === undefined) {
    return refuse(file, node, `"${source(markdown, node)}" is no item heading; write "## C2 Certificate in git"`)
  }
  return { id, title }
}

function checkOf(markdown: string, node: ListItem, item: string, file: string): Check {
  const [, id, sentence] = /^- \*\*([A-Z]\d*\.[1-9]\d*)\*\* (\S[^\n]*)$/.exec(source(markdown, node)) ?? []
  if (id === undefined || sentence === undefined || !id.startsWith(`${item}.`)) {
    return refuse(file, node, `"${source(markdown, node)}" is no check of ${item}; write "- **${item}.1** its clause"`)
  }
  return { id, sentence }
}

function source(markdown: string, node: Nodes): string {
  return markdown.slice(node.position?.start.offset, node.position?.end.offset)
}

function refuse(file: string, node: Nodes, why: string): never {
  throw new Error(`${file}:${node.position?.start.line}: ${why}`)
}
