// Where in a repo a value stands: an instance's parameter should be set in one place.

import type { Mirror } from "./git.ts"
import { contentsOf, isSubmodule, treeOf } from "./git-history.ts"

export interface Places {
  /** Text files searched, but for documents. */
  searched: number
  /** `PATH:LINE`, by the parameter's name. */
  places: Map<string, string[]>
}

interface Parameter {
  name: string
  value: string
}

/** Searches every text file of a commit that is no document (Markdown): a document may repeat a value, it sets none. */
export async function placesOf(repo: Mirror, rev: string, parameters: Parameter[]): Promise<Places> {
  const places = new Map<string, string[]>(parameters.map(({ name }) => [name, []]))
  let searched = 0
  const isDocument = ({ path }: { path: string }) => /\.(md|markdown|txt)$/i.test(path)
  const entries = (await treeOf(repo, rev)).filter((entry) => !isDocument(entry) && !isSubmodule(entry))
  for await (const [{ path }, bytes] of contentsOf(repo, entries)) {
    if (bytes.includes(0)) continue
    searched++
    for (const [index, line] of bytes.toString().split("\n").entries()) {
      for (const { name, value } of parameters) {
        if (stands(value, line)) places.get(name)?.push(`${path}:${index + 1}`)
      }
    }
  }
  return { searched, places }
}

/** The value itself, or with names under it; not as a part of a longer word or address. */
function stands(value: string, line: string): boolean {
  for (let at = line.indexOf(value); at !== -1; at = line.indexOf(value, at + 1)) {
    const [before = "", after = ""] = [line[at - 1], line[at + value.length]]
    if (!/[A-Za-z0-9-]/.test(before) && !/[A-Za-z0-9-]/.test(after)) return true
  }
  return false
}
