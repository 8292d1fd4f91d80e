// docs/install.md as something that can be followed: its commands, word for word, in order, and where each runs.
//
// The convention is visible in the document. A fenced block of a shell says after its language where it runs:
// `sh operator` (the operator's machine), `sh new-host` (the blank machine, as root) or `sh later` (not part of an
// installation); instead, a comment `<!-- operator -->` may stand right before it. A list item that begins with
// `NAME`: declares a variable that the operator sets.

import type { Code, Nodes, RootContent } from "mdast"
import { fromMarkdown } from "mdast-util-from-markdown"
import { run } from "./run.ts"

export interface InstallBlock {
  where: "operator" | "new-host"
  /** As they stand in the document. */
  commands: string
  /** Line of the first of them in the document. */
  line: number
}

export interface Defect {
  line: number
  what: string
}

export interface InstallDoc {
  /** Names the operator sets first. */
  variables: string[]
  blocks: InstallBlock[]
  /** Why the document cannot be followed word for word; empty when it can. */
  defects: Defect[]
}

const shells = new Set(["sh", "bash", "shell", "zsh", "console", "shell-session"])
const places = new Set(["operator", "new-host", "later"])

/** Reads an install document. Needs `bash` on this machine, which alone tells whether quotes and here-documents close. */
export async function readInstallDoc(text: string): Promise<InstallDoc> {
  const tree = fromMarkdown(text)
  const variables = declaredIn(tree)
  const defects: Defect[] = []
  const marked = codeIn(tree).flatMap(({ code, comment }) => {
    const line = firstLine(code)
    const place = placeOf(code, comment)
    if (place === undefined) return []
    if (!places.has(place)) {
      defects.push({
        line,
        what: `the block does not say where it runs: ${place || "nothing stands after its language"}`,
      })
      return []
    }
    return place === "later" ? [] : [{ where: place as InstallBlock["where"], commands: code.value, line }]
  })
  const set = new Set(variables)
  for (const block of marked) {
    defects.push(...(await unclosed(block)), ...lines(block).flatMap((one) => defectsOf(one, block.where, set)))
  }
  if (marked.length === 0) defects.push({ line: 1, what: "no block says that it runs on operator or new-host" })
  return { variables, blocks: marked, defects: defects.toSorted((a, b) => a.line - b.line) }
}

/** Every code block, in order, with the comment that stands right before it. */
function codeIn(node: Nodes, before?: RootContent): { code: Code; comment: string }[] {
  if (node.type === "code") return [{ code: node, comment: before?.type === "html" ? before.value : "" }]
  if (!("children" in node)) return []
  return node.children.flatMap((child, index) => codeIn(child, node.children[index - 1]))
}

/** Undefined for a block that holds no commands, by its language; empty where it does not say. */
function placeOf({ lang, meta }: Code, comment: string): string | undefined {
  if (lang && !shells.has(lang)) return undefined
  const [, commented] = /^<!--\s*(\S+)\s*-->$/.exec(comment.trim()) ?? []
  const [written, ...more] = (meta ?? "").split(/\s+/).filter(Boolean)
  if (more.length > 0 || (written !== undefined && commented !== undefined && written !== commented)) {
    return [commented, written, ...more].filter((word) => word !== undefined).join(" ")
  }
  return written ?? (commented !== undefined && places.has(commented) ? commented : "")
}

/** A fence takes a line of its own. */
const firstLine = ({ position, lang, value }: Code): number => {
  const { start, end } = position ?? { start: { line: 1 }, end: { line: 1 } }
  const fenced = lang !== null || end.line - start.line + 1 > value.split("\n").length
  return start.line + (fenced ? 1 : 0)
}

function declaredIn(node: Nodes): string[] {
  if (node.type === "listItem") {
    const [paragraph] = node.children
    const [first, second] = paragraph?.type === "paragraph" ? paragraph.children : []
    const declares = first?.type === "inlineCode" && second?.type === "text" && second.value.startsWith(":")
    if (declares && /^[A-Z][A-Z0-9_]*$/.test(first.value)) return [first.value]
  }
  return "children" in node ? node.children.flatMap(declaredIn) : []
}

const lines = ({ commands, line }: InstallBlock): Defect[] =>
  commands.split("\n").map((what, index) => ({ line: line + index, what }))

/** What every shell sets by itself. */
const standard = new Set([
  "HOME",
  "PATH",
  "PWD",
  "OLDPWD",
  "USER",
  "LOGNAME",
  "SHELL",
  "HOSTNAME",
  "IFS",
  "PPID",
  "UID",
])

const placeholders = [
  /(?<![<\w])<[A-Za-z][\w .-]*>/,
  /\{\{.*?\}\}/,
  /\b(?:YOUR|MY)[-_][A-Z][A-Z_-]*/,
  /\bCHANGE[-_]?ME\b/i,
  /(?:^|\s)(?:…|\.\.\.)(?:\s|$)/,
  /\bX{3,}\b/,
]

/** Programs that wait for somebody, at the place of a command. */
const asks =
  /(?:^|[;&(]|\|\||\bthen|\bdo|\belse)\s*(?:sudo\s+)?(read|select|passwd|vi|vim|nano|emacs|less|more|visudo|vipw|su|login|top|htop|dialog|whiptail)(?=\s|$)/

/** What of one line keeps it from being run as it stands; `set` gains the variables that it sets. */
function defectsOf({ line, what }: Defect, where: InstallBlock["where"], set: Set<string>): Defect[] {
  if (/^\s*#/.test(what)) return []
  const found = (why: string): Defect => ({ line, what: why })
  const placeholder = placeholders.map((pattern) => pattern.exec(what)?.[0].trim()).find(Boolean)
  const [, program] = /<|\|\s*read/.test(what) ? [] : (asks.exec(what) ?? [])
  for (const [, name = ""] of what.matchAll(
    /(?:^|[\s;&(])(?:export\s+|local\s+|for\s+)?([A-Z][A-Z0-9_]*)(?==|\s+in\s)/g,
  ))
    set.add(name)
  const known = (name: string) => standard.has(name) || (set.has(name) && where === "operator") || assigned(what, name)
  const unknown = [...what.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !known(name))
  return [
    ...(/^\s*[$#>]\s/.test(what) ? [found("a prompt stands before the command")] : []),
    ...(placeholder === undefined ? [] : [found(`nobody fills the placeholder ${placeholder}`)]),
    ...(program === undefined ? [] : [found(`${program} waits for somebody to answer`)]),
    ...[...new Set(unknown)].map((name) => found(`nobody sets $${name} on ${where}`)),
  ]
}

const assigned = (line: string, name: string) => new RegExp(`(?:^|[\\s;&(])${name}=`).test(line)

/** What bash says of quotes, here-documents and words that do not close; nothing is run. */
async function unclosed({ commands, line }: InstallBlock): Promise<Defect[]> {
  const { stderr } = await run("bash", ["-n"], { input: `${commands}\n`, answers: [0, 1, 2] })
  const told = stderr.split("\n").filter((one) => one !== "")
  return told.slice(0, 1).map((one) => {
    const [, at, what = one] = /line (\d+): (.*)/.exec(one) ?? []
    const last = commands.split("\n").length
    return { line: line + Math.min(Number(at ?? 1), last) - 1, what: `not a whole command: ${what}` }
  })
}
