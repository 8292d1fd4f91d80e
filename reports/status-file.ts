// STATUS.md, where the claim is made: `## DONE` and one line that says what it rests on. Everything else in it stays.

import type { Gate } from "./gate.ts"
import { checkpointOf, type Lane } from "./lane.ts"

const heading = "## DONE"
const signOff = /^Signed off: .*$/

/** What the claim rests on, as the line under the heading. */
export function signOffLine(target: string, gate: Gate, adversary: Lane): string {
  const { size, head } = checkpointOf(adversary.name, adversary.entries)
  const times = gate.runs.map(({ start }) => start.started).sort()
  const limited = gate.limited.length === 0 ? "" : `, limited by ${gate.limited.join(", ")}`
  const shared = gate.shared.length === 0 ? "" : ", on the Builder's machine"
  const { baseRev, secretsRev } = gate.subject
  return (
    `Signed off: C1-C7 and D8 of ${target} were verified cold by the adversary, ${times[0]} to ${times.at(-1)}${limited}${shared}; ` +
    `base ${baseRev}, secrets ${secretsRev}, ledger entry ${size} sha256:${head}`
  )
}

/** The text with the claim in it; every byte that is not the claim's is as it was. */
export function withClaim(text: string, line: string): string {
  const lines = text.split("\n")
  const at = headingsIn(lines)[0]
  if (at === undefined) {
    const gap = text === "" || text.endsWith("\n\n") ? "" : text.endsWith("\n") ? "\n" : "\n\n"
    return `${text}${gap}${heading}\n\n${line}\n`
  }
  const old = lines.findIndex((one, index) => index > at && signOff.test(one))
  const before = lines.findIndex((one, index) => index > at && /^#{1,2} /.test(one))
  if (old !== -1 && (before === -1 || old < before)) return lines.with(old, line).join("\n")
  return lines.toSpliced(at + 1, 0, "", line).join("\n")
}

/** Whether a text claims that all is done, and what its sign-off line says of the ledger; undefined where there is none. */
export function claimIn(text: string): { claimed: boolean; size?: number; head?: string; baseRev?: string } {
  const lines = text.split("\n")
  if (headingsIn(lines).length === 0) return { claimed: false }
  const line = lines.find((one) => signOff.test(one)) ?? ""
  const [, baseRev, size, head] =
    /; base (\S+), secrets \S+, ledger entry (\d+) sha256:([0-9a-f]{64})$/.exec(line) ?? []
  if (baseRev === undefined || size === undefined || head === undefined) return { claimed: true }
  return { claimed: true, baseRev, size: Number(size), head }
}

// In a code fence it is no heading. Whatever a renderer might show as the claim counts as one.
function headingsIn(lines: string[]): number[] {
  let fence = ""
  const found: number[] = []
  for (const [index, line] of lines.entries()) {
    const [, run = ""] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? []
    if (fence !== "") {
      if (run.startsWith(fence)) fence = ""
    } else if (run !== "") fence = run
    else if (
      /^ {0,3}#{1,6}\s+DONE\b/i.test(line) ||
      (/^DONE\s*$/i.test(line) && /^(=+|-+)\s*$/.test(lines[index + 1] ?? ""))
    )
      found.push(index)
  }
  return found
}
