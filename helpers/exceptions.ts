// What a document says is not in git: one section names it, and nothing elsewhere claims another.

import type { Nodes, RootContent } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { toString as textOf } from "mdast-util-to-string"

export interface Exceptions {
  /** Lines of the sections with that heading, from 1. */
  sections: number[]
  /** Absolute paths that those sections name in code, each once. */
  named: string[]
  /** Sentences of those sections that speak of a further secret, `LINE: SENTENCE`. */
  further: string[]
  /** Sentences elsewhere that put something outside git, `LINE: SENTENCE`. */
  elsewhere: string[]
}

// What a sentence says of something that git does not have and somebody brings.
const outside =
  /\b(?:out[- ]of[- ]band|outside (?:of )?git|(?:not|never|isn't|aren't|nowhere) (?:\w+ ){0,3}in (?:git|a repository|the repo(?:sitory)?)|by hand|manually|copied (?:over|to the host)|set (?:up )?on the host|lives? only on)\b/i
// What makes it a claim about a secret, and not about DNS or a gateway.
const secret =
  /\b(?:secrets?|keys?|tokens?|passwords?|passphrases?|credentials?|certificates?|logins?|\.env|htpasswd|netrc)\b/i
// A second one, in the section that names the one.
const second =
  /\b(?:second|another|also|besides?|as well|too|additionally|in addition|other exception|exceptions are|two exceptions)\b/i

/** Reads Markdown as a document: code blocks and HTML comments say nothing; sentences may be broken over lines. */
export function exceptionsIn(markdown: string, heading: string): Exceptions {
  const nodes = fromMarkdown(markdown).children
  const found: Exceptions = { sections: [], named: [], further: [], elsewhere: [] }
  const inside = new Set<RootContent>()
  for (const [index, node] of nodes.entries()) {
    if (node.type !== "heading" || !same(textOf(node), heading)) continue
    found.sections.push(lineOf(node))
    const rest = nodes.slice(index + 1)
    const next = rest.findIndex((other) => other.type === "heading" && other.depth <= node.depth)
    for (const one of next === -1 ? rest : rest.slice(0, next)) inside.add(one)
  }
  for (const node of nodes) {
    for (const { line, text } of sentencesOf(node)) {
      if (!secret.test(text)) continue
      if (inside.has(node) && second.test(text) && !/\bsecond recipient\b/i.test(text))
        found.further.push(`${line}: ${text}`)
      if (!inside.has(node) && outside.test(text)) found.elsewhere.push(`${line}: ${text}`)
    }
    if (inside.has(node)) found.named.push(...pathsIn(node))
  }
  found.named = [...new Set(found.named)].sort()
  return found
}

const same = (one: string, other: string) => one.trim().toLowerCase() === other.trim().toLowerCase()
const lineOf = (node: Nodes) => node.position?.start.line ?? 0

function pathsIn(node: Nodes): string[] {
  if (node.type === "inlineCode" || node.type === "code") return node.value.match(/(?<![\w:/])~?\/[\w./*-]+/g) ?? []
  return "children" in node ? node.children.flatMap(pathsIn) : []
}

/** The sentences of every paragraph, table cell and heading. */
function sentencesOf(node: Nodes): { line: number; text: string }[] {
  if (node.type === "paragraph" || node.type === "tableCell" || node.type === "heading") {
    const text = textOf(node, { includeHtml: false }).replaceAll(/\s+/g, " ").trim()
    return (text.match(/.+?(?:[.!?;](?=\s|$)|$)/g) ?? []).map((one) => ({ line: lineOf(node), text: one.trim() }))
  }
  return "children" in node ? node.children.flatMap(sentencesOf) : []
}
