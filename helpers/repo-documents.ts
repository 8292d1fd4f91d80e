// Every document of a commit: what people read, whether or not it is Markdown.

import { type Allowance, type Applied, applied } from "./allowances.ts"
import { type Parsed, parseDocument } from "./docs.ts"
import type { Mirror } from "./git.ts"
import { contentsOf, isFile, treeOf } from "./git-history.ts"

export interface Documents {
  documents: Parsed[]
  /** What looks like a document and is none: a symbolic link, a submodule, a file with a NUL byte. */
  unread: string[]
  /** Each allowance, with how many documents it left out. */
  left: Applied["used"]
}

/** Every document at a commit, but for those that the target file leaves out. */
export async function documentsAt(repo: Mirror, rev: string, unsearched: Allowance[] = []): Promise<Documents> {
  const found: Documents = { documents: [], unread: [], left: [] }
  const tree = (await treeOf(repo, rev)).filter(({ path }) => isDocument(path))
  const { left, used } = applied(
    tree.map(({ path }) => path),
    unsearched,
  )
  found.left = used
  const searched = tree.filter(({ path }) => left.includes(path))
  found.unread.push(...searched.filter((entry) => !isFile(entry)).map(({ path }) => path))
  for await (const [{ path }, bytes] of contentsOf(repo, searched.filter(isFile))) {
    if (bytes.includes(0)) found.unread.push(path)
    else found.documents.push(parseDocument(bytes.toString(), path))
  }
  return found
}

/** The documents at these paths, and those of them that are not there. */
export async function documentsNamed(
  repo: Mirror,
  rev: string,
  paths: string[],
): Promise<{ documents: Parsed[]; missing: string[] }> {
  const documents: Parsed[] = []
  const missing: string[] = []
  for (const path of new Set(paths)) {
    const bytes = await repo.fileAt(rev, path)
    if (bytes === undefined) missing.push(path)
    else documents.push(parseDocument(bytes.toString(), path))
  }
  return { documents, missing }
}

/** By its name: a text format, or a name in capitals without an ending, as `README` and `NOTES` have. */
export const isDocument = (path: string): boolean =>
  /\.(?:md|markdown|mdown|mdx|txt|text|rst|adoc|asciidoc|org)$/i.test(path) || /(?:^|\/)[A-Z][A-Z_-]{2,}$/.test(path)
