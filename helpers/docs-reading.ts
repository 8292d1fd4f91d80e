// Prose as it is read: without markup, and with the line that each character stands in.

import type { Nodes, PhrasingContent } from "mdast"

export interface Read {
  /** Markup gone, white space made one space, code spans with their words. */
  text: string
  /** The line of each character of `text`, from 1. */
  lines: number[]
  /** The code in it, with its place in `text`. */
  spans: Span[]
}

export interface Span {
  value: string
  start: number
  end: number
}

export const lineOf = (node: Nodes): number => node.position?.start.line ?? 0

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

export function read(value: string, line: number): Read {
  const reading = new Reading()
  reading.push(value, line)
  return reading
}

export function collected(nodes: PhrasingContent[]): Read {
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

export const joined = (cells: Read[]): Read =>
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

export const fromHtml = (value: string, line: number) => read(withoutTags(value), line)

/** What a browser would show; the lines stay as many as they were. */
function withoutTags(html: string): string {
  const kept = (text: string) => text.replaceAll(/[^\n]/g, "")
  return html.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, kept).replaceAll(/<[^<>]*>/g, (tag) => `${kept(tag)} `)
}
