// The syntax of a sops file: YAML or JSON as maps, lists and scalars in document order, with everything in it that could
// hide text or be read in two ways listed as a problem. Parser messages quote their source, so none is passed on.

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, Parser, parseAllDocuments } from "yaml"

export type SyntaxProblem =
  | "plaintext comment"
  | "duplicate key"
  | "key is not a string"
  | "ambiguous key name"
  | "empty collection"
  | "empty document"
  | "alias"
  | "anchor"
  | "tag"
  | "merge key"
  | "directive"

/** Where a file is not strictly what sops writes; never with the value. Lines count from 1. */
export interface Found<Kind extends string> {
  kind: Kind
  /** Map keys and list positions joined with `/`; empty when it belongs to no value. */
  path: string
  line?: number
}

export type ScalarType = "str" | "int" | "float" | "bool" | "time" | "null" | "unknown"
export interface ScalarNode {
  kind: "scalar"
  type: ScalarType
  text: string
  line: number
}
export interface MapNode {
  kind: "map"
  entries: { key: string; value: TreeNode }[]
  line: number
}
export interface ListNode {
  kind: "list"
  items: TreeNode[]
  line: number
}
export type TreeNode = ScalarNode | MapNode | ListNode

export interface Comment {
  /** What stands after the `#`. */
  text: string
  line: number
}

export interface Tree {
  documents: MapNode[]
  comments: Comment[]
  problems: Found<SyntaxProblem>[]
}

/** Reads every document of a YAML file; JSON is read the same way. Throws, naming `file`, when it is not well-formed or not maps. */
export function readTree(text: string, file: string): Tree {
  const lines = new LineCounter()
  const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: "silent" } as const
  const parsed = parseAllDocuments(text, options)
  const documents: MapNode[] = []
  const problems: Found<SyntaxProblem>[] = []
  const reader = new Reader(lines, problems)
  if (parsed.length === 0) throw new Error(`${file}: empty file`)
  for (const { errors, contents } of parsed) {
    const error = errors[0]
    if (error) throw new Error(`${file}: not well-formed at line ${lines.linePos(error.pos[0]).line}: ${error.code}`)
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      problems.push({ kind: "empty document", path: "" })
      continue
    }
    const document = reader.read(contents, [])
    if (document.kind !== "map") throw new Error(`${file}: a document that is not a map, at line ${document.line}`)
    documents.push(document)
  }
  const comments: Comment[] = []
  for (const { type, offset, source } of trivia([...new Parser().parse(text)])) {
    const { line } = lines.linePos(offset)
    if (type === "directive") problems.push({ kind: "directive", path: "", line })
    else comments.push({ text: source.replace(/^#/, "").trimEnd(), line })
  }
  return { documents, comments, problems }
}

interface Trivium {
  type: "comment" | "directive"
  offset: number
  source: string
}

/** Comments and directives anywhere in the concrete syntax, wherever the parser hangs them. */
function trivia(token: unknown): Trivium[] {
  if (typeof token !== "object" || token === null) return []
  if ("type" in token && (token.type === "comment" || token.type === "directive")) return [token as Trivium]
  return Object.values(token).flatMap(trivia)
}

class Reader {
  readonly #lines: LineCounter
  readonly #problems: Found<SyntaxProblem>[]
  constructor(lines: LineCounter, problems: Found<SyntaxProblem>[]) {
    this.#lines = lines
    this.#problems = problems
  }

  read(node: Node | null, path: string[]): TreeNode {
    const line = this.#lines.linePos(node?.range?.[0] ?? 0).line
    const report = (kind: SyntaxProblem) => void this.#problems.push({ kind, path: path.join("/"), line })
    if (isAlias(node)) {
      report("alias")
      return { kind: "scalar", type: "unknown", text: "", line }
    }
    if (node?.anchor !== undefined) report("anchor")
    if (node?.tag !== undefined) report("tag")
    if (isMap<Node, Node | null>(node)) {
      if (node.items.length === 0) report("empty collection")
      return { kind: "map", entries: node.items.flatMap((pair) => this.#entry(pair, node.items, path, line)), line }
    }
    if (isSeq<Node>(node)) {
      if (node.items.length === 0) report("empty collection")
      return { kind: "list", items: node.items.map((item, index) => this.read(item, [...path, `${index}`])), line }
    }
    if (!isScalar(node)) return { kind: "scalar", type: "null", text: "", line }
    const text = typeof node.value === "string" ? node.value : (node.source ?? "")
    return { kind: "scalar", type: node.type === "PLAIN" ? plainType(text) : "str", text, line }
  }

  #entry(pair: Pair<Node, Node | null>, siblings: Pair<Node, Node | null>[], path: string[], mapLine: number) {
    const node = isScalar(pair.key) ? pair.key : undefined
    const line = this.#lines.linePos(pair.key?.range?.[0] ?? 0).line || mapLine
    const key = node ? (typeof node.value === "string" ? node.value : (node.source ?? "")) : ""
    const report = (kind: SyntaxProblem) => void this.#problems.push({ kind, path: [...path, key].join("/"), line })
    if (!node || (node.type === "PLAIN" && plainType(key) !== "str")) report("key is not a string")
    if (key === "<<") report("merge key")
    if (pair.key?.anchor !== undefined) report("anchor")
    if (pair.key?.tag !== undefined) report("tag")
    // The AAD joins keys with `:`, sops-nix walks them by `/`: either inside a key could stand for another place.
    if (key === "" || /[:/\p{Cc}]|^ENC\[/u.test(key)) report("ambiguous key name")
    if (siblings.find((other) => isScalar(other.key) && String(other.key.value) === String(node?.value)) !== pair) {
      report("duplicate key")
    }
    return [{ key, value: this.read(pair.value, [...path, key]) }]
  }
}

/** The type that go-yaml gives a scalar without quotes; `unknown` where readers disagree (octal, hex, `1_000`, `.inf`). */
function plainType(text: string): ScalarType {
  if (/^(~|null|Null|NULL|)$/.test(text)) return "null"
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return "bool"
  if (/^[+-]?(0|[1-9]\d*)$/.test(text)) return "int"
  if (/^[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][+-]?\d+)$/.test(text)) return "float"
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return "time"
  if (/^[+-]?(0[xX][\da-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[\d_]*\d[\d_]*(\.[\d_]*)?([eE][+-]?\d+)?)$/.test(text))
    return "unknown"
  if (/^[+-]?(\.(inf|Inf|INF|nan|NaN|NAN)|\d+(:\d+)+(\.\d*)?)$|^\d{4}-\d\d?-\d\d?([Tt ].*)?$/.test(text))
    return "unknown"
  return /^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/.test(text) ? "unknown" : "str"
}
