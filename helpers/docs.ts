// A document as a reader sees it: Markdown is parsed, and what is left is passages that know where they stand.

import type { Blockquote, Code, Nodes, PhrasingContent, Root, RootContent, TableRow, Yaml } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { frontmatterFromMarkdown } from "mdast-util-frontmatter"
import { gfmFromMarkdown } from "mdast-util-gfm"
import { toString as textOf } from "mdast-util-to-string"
import { frontmatter } from "micromark-extension-frontmatter"
import { gfm } from "micromark-extension-gfm"
import { isHistoricHeading, isHistoricNote, isHistoricStatus } from "./docs-history.ts"

export interface Heading {
  text: string
  line: number
  depth: number
}

/** A piece of a document that is read in one go: a heading, a paragraph, a row of a table, a line of code. */
export interface Passage {
  kind: "heading" | "paragraph" | "row" | "code" | "html" | "front matter"
  /** As it is read: markup gone, white space made one space, code spans with their words. */
  text: string
  /** The line of each character of `text`, from 1. */
  lines: number[]
  /** The headings it stands under, the outermost first; a heading stands under itself. */
  under: Heading[]
  /** It repeats somebody's words: it stands in a block quote. */
  quoted: boolean
  /** Why all of it tells of the past: what marks its section, its column or its document. */
  history?: string
  /** The code in its prose, with its place in `text`. */
  spans: Span[]
}

export interface Span {
  value: string
  start: number
  end: number
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

export const lineOf = (node: Nodes): number => node.position?.start.line ?? 0

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

type Read = Pick<Passage, "text" | "lines" | "spans">

/** Text with the line of each character; white space is made one space. */
class Reading implements Read {
  text = ""
  readonly lines: number[] = []
  readonly spans: Span[] = []

  code(value: string, line: number): void {
    const start = this.text.length
    this.push(value, line)
    this.spans.push({ value, start, end: this.text.length })
  }

  push(value: string, line: number): void {
    let at = line
    for (const letter of value) {
      const space = /\s/.test(letter)
      if (!space || (this.text !== "" && !this.text.endsWith(" "))) {
        this.text += space ? " " : letter
        for (let units = 0; units < letter.length; units++) this.lines.push(at)
      }
      if (letter === "\n") at++
    }
  }
}

function read(value: string, line: number): Read {
  const reading = new Reading()
  reading.push(value, line)
  return reading
}

function collected(nodes: PhrasingContent[]): Read {
  const reading = new Reading()
  const take = (node: Nodes) => {
    const line = lineOf(node)
    if (node.type === "text") reading.push(node.value, line)
    else if (node.type === "inlineCode") reading.code(node.value, line)
    else if (node.type === "break") reading.push("\n", line)
    else if (node.type === "html") reading.push(withoutTags(node.value), line)
    else if (node.type === "image" || node.type === "imageReference") reading.push(node.alt ?? "", line)
    // What is struck out is no longer said.
    else if (node.type !== "delete" && "children" in node) for (const child of node.children) take(child)
  }
  for (const node of nodes) take(node)
  return reading
}

const joined = (cells: Read[]): Read =>
  cells.reduce(
    (row, { text, lines, spans }) => {
      const bar = row.text === "" || text === "" ? "" : " | "
      const offset = row.text.length + bar.length
      const moved = spans.map(({ value, start, end }) => ({ value, start: start + offset, end: end + offset }))
      const barLines = [...bar].map(() => lines[0] ?? 0)
      return {
        text: row.text + bar + text,
        lines: [...row.lines, ...barLines, ...lines],
        spans: [...row.spans, ...moved],
      }
    },
    read("", 0),
  )

const fromHtml = (value: string, line: number) => read(withoutTags(value), line)

/** What a browser would show; the lines stay as many as they were. */
function withoutTags(html: string): string {
  const kept = (text: string) => text.replaceAll(/[^\n]/g, "")
  return html.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, kept).replaceAll(/<[^<>]*>/g, (tag) => `${kept(tag)} `)
}
