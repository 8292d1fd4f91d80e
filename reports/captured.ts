// Text that came from the target, put into Markdown so that it can say anything and be nothing but text.

// Control and format characters, line separators and lone surrogates: invisible, or turning what stands around them.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/** Characters that do not show, or turn others round, written out as their code. */
export function visible(text: string): string {
  return text.replaceAll(unseen, (character) => {
    if (character === "\n") return "\\n"
    if (character === "\t") return "\\t"
    return `\\u{${character.codePointAt(0)?.toString(16).padStart(4, "0")}}`
  })
}

/** Captured text inside a line, as a code span that nothing in it can end. */
export function code(text: string): string {
  if (text === "") return "(empty)"
  const shown = visible(text)
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  const padding = /^[` ]|[` ]$/.test(shown) ? " " : ""
  return `${fence}${padding}${shown}${padding}${fence}`
}

/** Captured text as a block below the list entry that stands at `indent`: indented code, every line of it marked. */
export function quoted(text: string, indent: number): string[] {
  const margin = " ".repeat(indent + 6)
  const lines = text.replace(/\n$/, "").split("\n")
  return ["", ...lines.map((line) => `${margin}| ${visible(line)}`.trimEnd()), ""]
}
