// What the gate's owners state besides runs: `ci` issues nonces, the Adversary grants limitations and takes them back.

import { readFile } from "node:fs/promises"
import { parse } from "yaml"
import { z } from "zod"
import { UsageError } from "./arguments.ts"
import { type Challenge, newChallenge } from "./challenge.ts"
import type { Lane } from "./lane.ts"
import { latest } from "./latest.ts"
import { flawsOf, type Limitation, limitationsIn, type Withdrawal } from "./limitation.ts"

const words = () => z.string().trim().min(1, "expected words")
const request = z.strictObject({
  check: z.string().regex(/^[A-Z]\d*\.[1-9]\d*$/, "expected exactly one check, like C4.5"),
  stillClaimed: words(),
  stillTested: words(),
  reason: words(),
  requestedBy: words(),
  days: z.int("expected whole days").min(1, "expected 1 to 14 days").max(14, "expected 1 to 14 days"),
})

/** Nonces, each for one run. */
export function challenges(target: string, count: number, hours: number): Challenge[] {
  return Array.from({ length: count }, () => newChallenge(target, hours))
}

/** The limitation that a file asks for, on the subject that the Adversary last saw the check on. */
export async function limitationFrom(file: string, target: string, adversary: Lane | undefined): Promise<Limitation> {
  const parsed = request.safeParse(parse(await readFile(file, "utf8")))
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${file}: ${path.join(".") || "the file"}: ${message}`)
    throw new UsageError(wrong.join("\n"))
  }
  const { days, ...asked } = parsed.data
  const known = latest([adversary?.runs ?? []]).get(asked.check)
  if (known === undefined || known.run.end === undefined) {
    throw new UsageError(`the adversary never ran ${asked.check}: a limitation is for what was seen, so run it first`)
  }
  if (known.check.verdict === "pass") throw new UsageError(`${asked.check} passes: there is nothing to limit`)
  const issued = new Date()
  // A boot changes nothing that a limitation is about.
  const { bootId: _, ...subject } = known.run.end.subject
  const limitation: Limitation = {
    kind: "limitation",
    target,
    id: `L-${limitationsIn(adversary as Lane).length + 1}`,
    ...asked,
    subject,
    approvedBy: "adversary",
    issued: issued.toISOString(),
    expires: new Date(issued.getTime() + days * 86_400_000).toISOString(),
  }
  const flaws = flawsOf({ limitation, entry: { bytes: "" } })
  if (flaws.length > 0) throw new UsageError(`no limitation for ${asked.check}: ${flaws.join("; ")}`)
  return limitation
}

/** Takes a limitation back. */
export function withdrawalOf(id: string, because: string, target: string, adversary: Lane | undefined): Withdrawal {
  const granted = adversary === undefined ? [] : limitationsIn(adversary)
  const one = granted.find(({ limitation }) => limitation.id === id)
  if (one === undefined) throw new UsageError(`there is no limitation ${id} in the adversary's ledger`)
  if (one.withdrawn !== undefined) throw new UsageError(`${id} was withdrawn before, at ${one.withdrawn.withdrawn}`)
  return { kind: "withdrawal", target, limitation: id, withdrawn: new Date().toISOString(), because }
}
