// A document as a reader sees it: Markdown is parsed, and what is left is passages that know where they stand.

import type { Blockquote, Code, Nodes, Root, RootContent, TableRow, Yaml } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { frontmatterFromMarkdown } from "mdast-util-frontmatter"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { toString as textOf } from "mdast-util-to-string"
import { frontmatter } from "micromark-extension-frontmatter"
import { gfm } from "micromark-extension-gfm"
import { isHistoricHeading, isHistoricNote, isHistoricStatus } from "./docs-history.ts"
import { collected, fromHtml, joined, lineOf, type Read, read } from "./docs-reading.ts"

export interface Heading {
  text: string
  line: number
  depth: number
}

/** A piece of a document that is read in one go: a heading, a paragraph, a row of a table, a line of code. */
export interface Passage extends Read {
  kind: "heading" | "paragraph" | "row" | "code" | "html" | "front matter"
  /** The headings it stands under, the outermost first; a heading stands under itself. */
  under: Heading[]
  /** It repeats somebody's words: it stands in a block quote. */
  quoted: boolean
  /** Why all of it tells of the past: what marks its section, its column or its document. */
  history?: string
}

/** A fenced or indented block of code. */
export interface CodeBlock {
  value: string
  /** What follows the fence: `sh operator`. */
  info: string
  /** Of its first line of code, from 1. */
  line: number
  history?: string
}

export interface Parsed {
  path: string
  tree: Root
  headings: Heading[]
  passages: Passage[]
  code: CodeBlock[]
}

/** Parses Markdown as Gitea and GitHub do: tables, struck out text, footnotes, front matter. Comments say nothing. */
export function parseDocument(markdown: string, path: string): Parsed {
  const tree = treeOf(markdown)
  const walk = new Walk()
  walk.all(tree.children)
  return { path, tree, headings: walk.headings, passages: walk.passages, code: walk.code }
}

/** The tree alone, for what is no prose: links, code, tables. */
export const treeOf = (markdown: string): Root =>
  fromMarkdown(markdown, {
    extensions: [gfm(), frontmatter(["yaml", "toml"])],
    mdastExtensions: [gfmFromMarkdown(), frontmatterFromMarkdown(["yaml", "toml"])],
  })

/** Every node of a tree, in the order of the document. */
export function* nodesIn(node: Nodes): Generator<Nodes> {
  yield node
  if ("children" in node) for (const child of node.children) yield* nodesIn(child)
}

// TOML is read as YAML is: line by line.
const isFrontMatter = (node: Nodes): node is Yaml => node.type === "yaml" || (node.type as string) === "toml"

interface Section extends Heading {
  history?: string
}

class Walk {
  readonly headings: Heading[] = []
  readonly passages: Passage[] = []
  readonly code: CodeBlock[] = []
  #sections: Section[] = []
  #whole: string | undefined
  #quoted = false

  all(nodes: RootContent[]): void {
    for (const [index, node] of nodes.entries()) this.one(node, index === 0 ? undefined : nodes[index - 1])
  }

  one(node: RootContent, before: RootContent | undefined): void {
    if (node.type === "heading") this.#heading(textOf(node), lineOf(node), node.depth, collected(node.children))
    else if (isFrontMatter(node)) this.#frontMatter(node)
    else if (node.type === "code") this.#code(node)
    else if (node.type === "html") this.#add("html", fromHtml(node.value, lineOf(node)))
    else if (node.type === "table") this.#table(node.children)
    else if (node.type === "blockquote") this.#blockquote(node, before)
    else if (node.type === "paragraph") {
      const text = collected(node.children)
      this.#mark(text.text, before)
      this.#add("paragraph", text)
    } else if ("children" in node) this.all(node.children as RootContent[])
  }

  #blockquote({ children }: Blockquote, before: RootContent | undefined): void {
    const outer = this.#quoted
    this.#quoted = true
    // A note under a heading is often written as a quote: `> Historical record only.`
    const [first] = children
    if (first?.type === "paragraph") this.#mark(textOf(first), before)
    this.all(children)
    this.#quoted = outer
  }

  #heading(text: string, line: number, depth: number, read: Read): void {
    this.#sections = this.#sections.filter((section) => section.depth < depth)
    const history = isHistoricHeading(text) ? `heading "${text}"` : undefined
    this.#sections.push({ text, line, depth, ...(history === undefined ? {} : { history }) })
    this.headings.push({ text, line, depth })
    this.#add("heading", read)
  }

  /** A note that is the first thing under a heading, or in the document, speaks of all that follows. */
  #mark(text: string, before: RootContent | undefined): void {
    const first = before === undefined || before.type === "heading" || isFrontMatter(before)
    if (!first || !isHistoricNote(text)) return
    const section = this.#sections.at(-1)
    if (section === undefined) this.#whole = `note "${text.slice(0, 60)}"`
    else section.history = `note "${text.slice(0, 60)}"`
  }

  #frontMatter({ value, position }: Yaml): void {
    const from = (position?.start.line ?? 0) + 1
    const status = value.split("\n").find(isHistoricStatus)
    if (status !== undefined) this.#whole = `front matter "${status.trim()}"`
    for (const [index, line] of value.split("\n").entries()) this.#add("front matter", read(line, from + index))
  }

  #code({ value, lang, meta, position }: Code): void {
    const indented =
      lang === null && position !== undefined && position.end.line - position.start.line < value.split("\n").length
    const from = (position?.start.line ?? 0) + (indented ? 0 : 1)
    const history = this.#history()
    const info = [lang, meta].filter(Boolean).join(" ")
    this.code.push({ value, info, line: from, ...(history === undefined ? {} : { history }) })
    const lines = value.split("\n")
    for (let at = 0; at < lines.length; at++) {
      const begun = from + at
      let line = lines[at] ?? ""
      while (line.endsWith("\\") && at + 1 < lines.length) line = `${line.slice(0, -1)} ${lines[++at]?.trim()}`
      this.#add("code", read(line, begun))
    }
  }

  #table([head, ...rows]: TableRow[]): void {
    const columns = head?.children.map((cell) => textOf(cell)) ?? []
    const past = columns.map((title) => isHistoricHeading(title))
    for (const row of head === undefined ? rows : [head, ...rows]) {
      const now = row.children.filter((_, index) => !past[index]).map((cell) => collected(cell.children))
      const then = row.children.filter((_, index) => past[index]).map((cell) => collected(cell.children))
      this.#add("row", joined(now))
      this.#add("row", joined(then), `column of a table`)
    }
  }

  #history = () => this.#whole ?? this.#sections.find((section) => section.history)?.history

  #add(kind: Passage["kind"], { text, lines, spans }: Read, marked?: string): void {
    if (text.trim() === "") return
    const history = marked ?? this.#history()
    const under = this.#sections.map(({ text, line, depth }) => ({ text, line, depth }))
    const past = history === undefined ? {} : { history }
    this.passages.push({ kind, text, lines, under, quoted: this.#quoted, spans, ...past })
  }
}
