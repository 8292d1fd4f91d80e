// What may be there without coming from the closure: a list with reasons, each use of which is shown.

export interface Allowance {
  pattern: string
  reason: string
}

export interface Applied {
  /** Paths that no pattern covers. */
  left: string[]
  /** Each pattern, with how many paths it covered: `PATTERN (REASON): N`. */
  used: string[]
}

/** Takes what is allowed out of a list of paths. `*` stays within a directory, `**` does not; nothing else is special. */
export function applied(paths: string[], allowances: Allowance[]): Applied {
  const patterns = allowances.map(({ pattern, reason }) => ({
    pattern,
    reason,
    expression: expressionOf(pattern),
    count: 0,
  }))
  const left = paths.filter((path) => {
    // Such a path leads elsewhere than it says.
    const found = indirect.test(path) ? [] : patterns.filter(({ expression }) => expression.test(path))
    for (const pattern of found) pattern.count++
    return found.length === 0
  })
  return { left, used: patterns.map(({ pattern, reason, count }) => `${pattern} (${reason}): ${count}`) }
}

const indirect = /\/\.{0,2}\/|\/\.{1,2}$/

/** A pattern as a regular expression. */
export function expressionOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return "[\\s\\S]*"
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  })
  return new RegExp(`^${parts.join("")}$`)
}
