// A sops file, strictly: what it is made of, and every place where it is not what sops writes.
// Format: getsops/sops, sops.go, aes/cipher.go and stores/. Opening it is sops-open.ts.

import { isDeepStrictEqual } from "node:util"
import { Secret } from "./secret.ts"
import { type MetadataProblem, readMetadata, type SopsMetadata } from "./sops-metadata.ts"
import { isSelected } from "./sops-selection.ts"
import { readSealed, type Sealed } from "./sops-value.ts"
import { type Found, readTree, type ScalarType, type SyntaxProblem, type TreeNode } from "./sops-yaml.ts"

export type ProblemKind =
  | SyntaxProblem
  | MetadataProblem
  | "metadata differs between documents"
  | "text after a sealed value"
  | "malformed sealed value"
  | "sealed comment as a value"
  | "sealed value outside the selection"
  | "plaintext value"
  | "empty value"
  | "null value"
  | "ambiguous value"

export type Problem = Found<ProblemKind>

/** A value that is not sealed. It may be a secret somebody forgot to seal. */
export interface Clear {
  kind: "clear"
  type: ScalarType
  text: Secret
}

export interface Leaf {
  /** Map keys and list positions. */
  path: string[]
  /** Map keys alone: what sops authenticates and selects by. */
  keys: string[]
  /** Which YAML document it is in, from 0. */
  document: number
  line: number
  value: Sealed | Clear
  /** Whether the file's own rule says that it is to be sealed. */
  selected: boolean
}

export interface SealedComment {
  line: number
  value: Sealed
}

export interface SopsDocument {
  /** What it was read as, for messages. */
  file: string
  /** In document order, as the MAC takes them. */
  leaves: Leaf[]
  comments: SealedComment[]
  /** The map keys down to every map and list, where a comment can stand. */
  containers: string[][]
  metadata: SopsMetadata
  problems: Problem[]
}

/**
 * Reads a sops file: YAML, JSON, or sops's binary form (JSON with one value, `data`), by the file name's extension as
 * sops tells them apart; an extension it does not know is JSON if it begins with `{`, else YAML. A file that is not
 * strictly sops has `problems`. Throws on dotenv, ini, and what cannot be parsed at all, never quoting it.
 */
export function parseSops(bytes: Uint8Array, fileName: string): SopsDocument {
  const text = decode(bytes, fileName)
  if (/\.(env|ini)$/.test(fileName) || /^(\[sops\]|sops_mac=)/m.test(text)) {
    throw new Error(`${fileName}: sops format not supported: dotenv or ini`)
  }
  const json = /\.json$/.test(fileName) || (!/\.ya?ml$/.test(fileName) && text.trimStart().startsWith("{"))
  if (json && !isJson(text)) throw new Error(`${fileName}: not well-formed JSON`)

  const tree = readTree(text, fileName)
  const documents = tree.documents.map(({ entries }) => ({
    entries: entries.filter(({ key }) => key !== "sops"),
    sops: entries.find(({ key }) => key === "sops")?.value,
  }))
  const { metadata, problems: inMetadata } = readMetadata(documents[0]?.sops)
  const problems: Problem[] = [...inMetadata]
  // sops writes empty lists of keys; and it copies the metadata into every document, but reads the first one's.
  problems.push(...tree.problems.filter(({ kind, path }) => kind !== "empty collection" || !path.startsWith("sops/")))
  for (const { sops } of documents.slice(1)) {
    if (!isDeepStrictEqual(withoutLines(sops), withoutLines(documents[0]?.sops))) {
      problems.push({ kind: "metadata differs between documents", path: "sops", ...(sops ? { line: sops.line } : {}) })
    }
  }

  const leaves: Leaf[] = []
  const containers: string[][] = []
  const visit = (node: TreeNode, path: string[], keys: string[], document: number): void => {
    if (node.kind !== "scalar") containers.push(keys)
    if (node.kind === "map") {
      for (const { key, value } of node.entries) visit(value, [...path, key], [...keys, key], document)
    } else if (node.kind === "list") {
      for (const [index, item] of node.items.entries()) visit(item, [...path, `${index}`], keys, document)
    } else {
      const sealed = node.type === "str" ? readSealed(node.text) : undefined
      const text = () => new Secret(`${fileName} ${path.join("/")}`, Buffer.from(node.text), { announced: false })
      const value = typeof sealed === "object" ? sealed : ({ kind: "clear", type: node.type, text: text() } as const)
      const leaf = { path, keys, document, line: node.line, value, selected: isSelected(metadata.selection, keys) }
      leaves.push(leaf)
      const kind = typeof sealed === "string" ? sealed : problemOf(leaf)
      if (kind) problems.push({ kind, path: path.join("/"), line: node.line })
    }
  }
  for (const [index, { entries }] of documents.entries()) visit({ kind: "map", entries, line: 1 }, [], [], index)

  const comments: SealedComment[] = []
  for (const { text, line } of tree.comments) {
    const value = readSealed(text)
    if (typeof value === "object" && value.type === "comment") comments.push({ line, value })
    else if (text.trim() !== "") problems.push({ kind: "plaintext comment", path: "", line })
  }
  return { file: fileName, leaves, comments, containers, metadata, problems }
}

/** What is wrong with a leaf that is either well sealed or not sealed at all. */
function problemOf({ value, selected }: Leaf): ProblemKind | undefined {
  if (value.kind === "sealed") {
    if (value.type === "comment") return "sealed comment as a value"
    return selected ? undefined : "sealed value outside the selection"
  }
  if (value.type === "null") return "null value"
  if (value.text.length === 0) return "empty value"
  if (selected) return "plaintext value"
  return value.type === "unknown" ? "ambiguous value" : undefined
}

function decode(bytes: Uint8Array, fileName: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error(`${fileName}: not UTF-8 text`)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const withoutLines = (node: TreeNode | undefined): unknown =>
  JSON.parse(JSON.stringify(node ?? null, (name, value) => (name === "line" ? undefined : value)))
