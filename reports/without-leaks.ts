// The last look before a run is published: if a secret stands in any of it, none of it is.

import { dirname } from "node:path"
import { canonical } from "./canonical.ts"
import type { Item } from "./definition.ts"
import { exitCodeOf } from "./exit-code.ts"
import { latest } from "./latest.ts"
import type { Leak } from "./leaks/leaks.ts"
import { type CheckRecord, type End, readLanes, type Start } from "./ledger.ts"
import type { Publication, Sheet } from "./publication.ts"
import { renderReview } from "./review.ts"
import { ledgerFile } from "./review-file.ts"
import { told } from "./verdict.ts"

/**
 * The end of a run as it may be published: as it is where no secret is found in its entries, in REVIEW.md as it would then
 * be, or in what was printed. Else it says which secret would have stood where, in every check an error, and nothing more.
 */
export async function withoutLeaks(
  end: End,
  start: Start,
  definition: Item[],
  reports: string,
  publication: Publication,
): Promise<End> {
  try {
    const leaks = await publication.leaks(await sheetsOf(end, start, definition, reports))
    return leaks.length === 0 ? end : bare(end, leaks.map(sentence))
  } catch (cause) {
    return bare(end, [
      publication.text(`what is to be published could not be searched for secrets: ${told(cause as Error)}`),
    ])
  }
}

async function sheetsOf(end: End, start: Start, definition: Item[], reports: string): Promise<Sheet[]> {
  const lanes = await readLanes(dirname(ledgerFile(reports, start.target, start.role)))
  const others = lanes.map(({ runs }) => runs.filter((run) => run.start.run !== start.run))
  const known = latest([...others, [{ start, end }]])
  const blocks = [...renderReview(start.target, definition, known)].map(
    ([name, body]) => [`REVIEW.md, ${name}`, body] as const,
  )
  return [
    ["the ledger's entry of its start", canonical(start)],
    ["the ledger's entry of its end", canonical(end)],
    ...blocks,
  ]
}

const sentence = ({ secret, where, form }: Leak) => `redaction-leak: ${secret} in ${where}, ${form}`

function bare(end: End, problems: string[]): End {
  const withheld = (check: CheckRecord): CheckRecord => {
    const why = "withheld: a secret would have been published with this run, see its problems; rotate that secret"
    return {
      id: check.id,
      verdict: "error",
      why,
      observations: [],
      commands: [],
      assertions: 0,
      milliseconds: check.milliseconds,
    }
  }
  const { kind, run, finished, interrupted } = end
  const rest = { checks: end.checks.map(withheld), problems: [...new Set(problems)], unhandled: [], subject: {} }
  return { kind, run, finished, interrupted, ...rest, exitCode: exitCodeOf({ ...rest, interrupted }) }
}
