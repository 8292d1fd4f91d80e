// What was registered, printed whole: a document in JSON, a URL, a key with its armour. The second look is by the scanner
// that reads what a run wrote; what it knows of the forms it does not know from here.

import { expect, test } from "vitest"
import { leaksIn } from "../leaks/leaks.ts"
import { forms, kinds, seeded } from "./canaries.ts"
import { Redactor } from "./redactor.ts"

// In the last ones an escape of the secret is escaped again, and one is cut by the end of a line.
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 17, 20, 226, 234]

const registeredOf = (seed: number) => {
  const random = seeded(seed)
  return Object.entries(kinds).map(([name, make]) => ({ name, ...make(random) }))
}
type Known = ReturnType<typeof registeredOf>

const secretsOf = (known: Known) => known.map(({ name, secret }) => ({ name, bytes: Buffer.from(secret) }))

const printed = (known: Known, redact: (text: string) => string) =>
  Object.entries(forms).flatMap(([form, write]) =>
    known.map(({ name, registered }): [string, Uint8Array] => [
      `${form} of ${name}`,
      Buffer.from(redact(`${form}: ${write(registered)}`)),
    ]),
  )

test.each(seeds)("nothing of it can be read in any form, seed %i", (seed) => {
  const known = registeredOf(seed)
  const redactor = new Redactor()
  for (const { name, registered } of known) redactor.add({ name, bytes: Buffer.from(registered) })
  const leaks = leaksIn(
    printed(known, (text) => redactor.text(text)),
    secretsOf(known),
  )
  expect(leaks).toEqual([])
})

test("each form can be read where nothing is redacted", () => {
  const known = registeredOf(1)
  const leaks = leaksIn(
    printed(known, (text) => text),
    secretsOf(known),
  )
  const unseen = Object.keys(forms).filter((form) => !leaks.some(({ where }) => where.startsWith(`${form} of `)))
  // The scanner takes the address of a link for text that is shown.
  expect(unseen.filter((form) => form !== "a link of a terminal inside")).toEqual([])
})
