// Where the links of documents lead, and which lead nowhere. Links out of the repo are listed; nothing is fetched.

import { posix } from "node:path"
import GithubSlugger from "github-slugger"
import type { Nodes } from "mdast"
import { toString as textOf } from "mdast-util-to-string"
import { nodesIn, type Parsed } from "./docs.ts"
import { lineOf } from "./docs-reading.ts"

export interface Links {
  /** Links within the repo, followed. */
  followed: number
  /** `PATH:LINE: LINK: why`. */
  dead: string[]
  /** Links elsewhere, without query and user, each once. */
  external: string[]
}

/** `files` are all paths of the commit; `documentAt` gives one of them parsed, or nothing when it is no document. */
export function linksOf(documents: Parsed[], files: string[], documentAt: (path: string) => Parsed | undefined): Links {
  const known = new Set(files.flatMap((file) => [file, ...directoriesOf(file)]))
  const links: Links = { followed: 0, dead: [], external: [] }
  for (const document of documents) {
    const ids = anchorsOf(document)
    for (const { url, line } of urlsIn(document)) {
      const dead = (why: string) => links.dead.push(`${document.path}:${line}: ${url}: ${why}`)
      if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(url)) {
        links.external.push(bare(url))
        continue
      }
      links.followed++
      const [target = "", anchor] = split(url)
      const path = target === "" ? document.path : resolved(document.path, target)
      if (path === undefined || !known.has(path)) {
        dead(path === undefined ? "leads out of the repo" : "no such file")
        continue
      }
      if (anchor === undefined || anchor === "") continue
      const other = path === document.path ? ids : documentAt(path)
      const there = other instanceof Set ? other : other === undefined ? undefined : anchorsOf(other)
      if (there !== undefined && !there.has(anchor) && !/^L\d+(?:-L?\d+)?$/.test(anchor)) dead("no such heading")
    }
    for (const line of loose(document)) links.dead.push(`${document.path}:${line}: a reference without a definition`)
  }
  links.external = [...new Set(links.external)].sort()
  return links
}

/** The anchors that a rendered document has: one for each heading, and those that HTML gives. */
export function anchorsOf({ tree }: Pick<Parsed, "tree">): Set<string> {
  const slugger = new GithubSlugger()
  const anchors = new Set<string>()
  for (const node of nodesIn(tree)) {
    if (node.type === "heading") anchors.add(slugger.slug(textOf(node, { includeHtml: false })))
    if (node.type === "html") {
      for (const [, , id = ""] of node.value.matchAll(/\b(?:id|name)\s*=\s*(["']?)([^"'\s>]+)\1/g)) anchors.add(id)
    }
  }
  return anchors
}

function urlsIn({ tree }: Parsed): { url: string; line: number }[] {
  const found: { url: string; line: number }[] = []
  for (const node of nodesIn(tree)) {
    if (node.type === "link" || node.type === "image" || node.type === "definition") {
      found.push({ url: node.url, line: lineOf(node) })
    } else if (node.type === "html") {
      for (const { 0: match, 2: url = "", index } of node.value.matchAll(/\b(?:href|src)\s*=\s*(["'])([^"']+)\1/g)) {
        const line = lineOf(node) + node.value.slice(0, index).split("\n").length - 1
        if (match !== "") found.push({ url, line })
      }
    }
  }
  return found
}

/** `[text][name]` without a `[name]:` stays text, which a reader sees as brackets. */
function loose({ tree }: Parsed): number[] {
  const lines: number[] = []
  const walk = (node: Nodes) => {
    if (node.type === "text" && /\[[^[\]]+\]\[[^[\]]*\]/.test(node.value)) lines.push(lineOf(node))
    if ("children" in node) for (const child of node.children) walk(child)
  }
  walk(tree)
  return lines
}

function split(url: string): [string, string | undefined] {
  const [path = "", anchor] = url.split("#")
  return [decoded(path.split("?")[0] ?? ""), anchor === undefined ? undefined : decoded(anchor)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function resolved(from: string, target: string): string | undefined {
  const joined = target.startsWith("/") ? target.slice(1) : posix.join(posix.dirname(from), target)
  const path = posix.normalize(joined).replace(/\/$/, "")
  return path === ".." || path.startsWith("../") ? undefined : path
}

function directoriesOf(file: string): string[] {
  const parts = file.split("/").slice(0, -1)
  return [".", ...parts.map((_, index) => parts.slice(0, index + 1).join("/"))]
}

/** A token hides in the user, the query or the fragment. */
const bare = (url: string) => url.replace(/[?#].*$/, "").replace(/\/\/[^/@]*@/, "//")
