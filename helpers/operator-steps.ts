// Steps by which a person would bring a certificate file, searched for in every text file of a commit.

import type { Mirror } from "./git.ts"

export interface StepSearch {
  /** Text files searched, by path. */
  searched: string[]
  /** Files with a NUL byte, which no person reads as steps. */
  binary: string[]
  /** `PATH:LINE matches PATTERN`; never the line itself, which may hold anything. */
  found: string[]
}

/** Searches line by line, and each line joined with the next, since a sentence may be broken anywhere. */
export async function operatorStepsIn(repo: Mirror, rev: string, patterns: string[]): Promise<StepSearch> {
  const search: StepSearch = { searched: [], binary: [], found: [] }
  const expressions = patterns.map((pattern) => new RegExp(pattern, "i"))
  for (const path of await repo.filesAt(rev)) {
    const bytes = await repo.fileAt(rev, path)
    if (bytes === undefined || bytes.includes(0)) {
      search.binary.push(path)
      continue
    }
    search.searched.push(path)
    search.found.push(...stepsIn(bytes.toString(), expressions).map((found) => `${path}:${found}`))
  }
  return search
}

/** `LINE matches PATTERN` for each line that is, or begins, such a step. */
export function stepsIn(text: string, patterns: RegExp[]): string[] {
  const lines = text.split("\n")
  return lines.flatMap((line, index) => {
    const next = lines[index + 1] ?? ""
    const joined = `${line.replace(/\\$/, "")} ${next.trimStart()}`
    return patterns
      .filter((pattern) => pattern.test(line) || (pattern.test(joined) && !pattern.test(next)))
      .map(({ source }) => `${index + 1} matches ${source}`)
  })
}
