// Steps by which a person would bring a certificate file, searched for in every text file of a commit.

import type { Mirror } from "./git.ts"
import { contentsOf, isFile, treeOf } from "./git-history.ts"

export interface StepSearch {
  /** Text files searched, by path. */
  searched: string[]
  /** What no person reads as steps: files with a NUL byte, symbolic links (their target is searched itself), submodules. */
  binary: string[]
  /** `PATH:LINE matches PATTERN`; never the line itself, which may hold anything. */
  found: string[]
}

/** Searches line by line, and each line with the two after it, since a sentence may be broken anywhere. */
export async function operatorStepsIn(repo: Mirror, rev: string, patterns: string[]): Promise<StepSearch> {
  const search: StepSearch = { searched: [], binary: [], found: [] }
  const expressions = patterns.map((pattern) => new RegExp(pattern, "i"))
  const tree = await treeOf(repo, rev)
  search.binary.push(...tree.filter((entry) => !isFile(entry)).map(({ path }) => path))
  for await (const [{ path }, bytes] of contentsOf(repo, tree.filter(isFile))) {
    if (bytes.includes(0)) {
      search.binary.push(path)
      continue
    }
    search.searched.push(path)
    search.found.push(...stepsIn(bytes.toString(), expressions).map((found) => `${path}:${found}`))
  }
  search.binary.sort()
  return search
}

/** `LINE matches PATTERN` for each line that is, or begins, such a step. */
export function stepsIn(text: string, patterns: RegExp[]): string[] {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.flatMap((line, index) => {
    const rest = following(lines, index)
    const longer = rest.map((_, last) => ({
      with: joined([line, ...rest.slice(0, last + 1)]),
      without: joined(rest.slice(0, last + 1)),
    }))
    return patterns
      .filter((one) => one.test(line) || longer.some((text) => one.test(text.with) && !one.test(text.without)))
      .map(({ source }) => `${index + 1} matches ${source}`)
  })
}

/** The two lines after one, and more where a backslash goes on; a blank line ends them. */
function following(lines: string[], index: number): string[] {
  let end = index + 1
  while (end < lines.length && lines[end]?.trim() !== "" && (end < index + 3 || lines[end - 1]?.endsWith("\\"))) end++
  return lines.slice(index + 1, end)
}

/** A backslash makes one line of two; else a newline stays, which `.` does not pass, and a comment's or quote's mark goes. */
const joined = (lines: string[]) =>
  lines
    .map((line, index) => (index === 0 ? line : line.replace(/^\s*(?:(?:#+|\/\/+|\*|>)\s)?\s*/, "")))
    .reduce((text, line) => (text.endsWith("\\") ? `${text.slice(0, -1)}${line}` : `${text}\n${line}`))
