// The Definition of Done as data. docs/definition-of-done.md is its only source; nothing else knows an id.

import { readFile } from "node:fs/promises"
import type { Heading, ListItem, Nodes, RootContent, Table } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { gfm } from "micromark-extension-gfm"

export interface Check {
  id: string
  sentence: string
}

/** A part of a sentence, and the ids of the checks that carry it. */
export interface Clause {
  text: string
  checks: string[]
}

export interface Item {
  id: string
  title: string
  /** The plan's own words. */
  sentence: string
  /** The whole sentence in order, cut into parts; where the document does not cut it, nothing. */
  clauses?: Clause[]
  checks: Check[]
}

/** Reads the Definition of Done from its document. */
export async function readDefinition(file: string): Promise<Item[]> {
  return parseDefinition(await readFile(file, "utf8"), file)
}

/** Reads the milestones from the same document: each stands like an item, and its checks are those of its clauses. */
export async function readMilestones(file: string): Promise<Item[]> {
  return parseMilestones(await readFile(file, "utf8"), file)
}

export const parseMilestones = (markdown: string, file = "the definition of done"): Item[] =>
  parseItems(markdown, partsOf(markdown).milestones, file)

/**
 * Headings are items, the quote under each is the plan's sentence, a table cuts it into clauses, every list line is one
 * check. What stands under the top heading `Milestones` is no item.
 */
export function parseDefinition(markdown: string, file = "the definition of done"): Item[] {
  const items = parseItems(markdown, partsOf(markdown).items, file)
  if (items.length === 0)
    throw new Error(`${file}: no item found; an item is a heading like "## C2 Certificate in git"`)
  return items
}

function partsOf(markdown: string): { items: RootContent[]; milestones: RootContent[] } {
  const { children } = fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
  const isTop = (node: RootContent) => node.type === "heading" && node.depth === 1
  const from = children.findIndex((node) => isTop(node) && source(markdown, node) === "# Milestones")
  if (from === -1) return { items: children, milestones: [] }
  return { items: children.slice(0, from), milestones: children.slice(from + 1) }
}

function parseItems(markdown: string, nodes: RootContent[], file: string): Item[] {
  const items: Item[] = []
  const seen = new Set<string>()
  const claim = (id: string, node: Nodes) => {
    if (seen.has(id)) refuse(file, node, `${id} stands here a second time; ids are never reused`)
    seen.add(id)
    return id
  }
  for (const node of nodes) {
    const item = items.at(-1)
    if (node.type === "heading" && node.depth === 2) {
      const { id, title } = headingOf(markdown, node, file)
      items.push({ id: claim(id, node), title, sentence: "", checks: [] })
    } else if (node.type === "blockquote" && item !== undefined) {
      if (item.sentence !== "") refuse(file, node, `${item.id} has a second quote; an item is one sentence`)
      item.sentence = source(markdown, node).replaceAll(/^> ?/gm, "").replaceAll(/\s+/g, " ").trim()
    } else if (node.type === "table" && item !== undefined) {
      item.clauses = [...(item.clauses ?? []), ...clausesOf(markdown, node, file)]
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
  for (const { id, sentence, clauses } of items) {
    const joined = clauses?.map(({ text }) => text).join(" ") ?? sentence
    if (joined !== sentence)
      throw new Error(`${file}: the clauses of ${id} are not its sentence, from "${differs(sentence, joined)}" on`)
  }
  return items
}

/** What the sentence goes on with where the clauses go on otherwise. */
function differs(sentence: string, joined: string): string {
  let same = 0
  while (same < sentence.length && sentence[same] === joined[same]) same++
  return sentence.slice(Math.max(0, same - 20), same + 20)
}

function clausesOf(markdown: string, { children: [head, ...rows] }: Table, file: string): Clause[] {
  const cells = (row = head) =>
    row?.children.map((cell) => cell.children.map((part) => source(markdown, part)).join("")) ?? []
  if (head === undefined || cells().join("|") !== "clause|checks")
    return refuse(file, head as Nodes, `a table of clauses has the columns "clause" and "checks"`)
  return rows.map((row) => {
    const [text = "", ids = ""] = cells(row)
    const checks = ids.split(/,\s*/).filter((id) => id !== "")
    const strange = checks.find((id) => !/^[A-Z]\d*\.[1-9]\d*$/.test(id))
    if (strange !== undefined) return refuse(file, row, `"${strange}" is no id of a check`)
    if (checks.length === 0) return refuse(file, row, `no check carries the clause "${text}"`)
    return { text, checks }
  })
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
