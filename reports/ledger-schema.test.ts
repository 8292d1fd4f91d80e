import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, expectTypeOf, test } from "vitest"
import type { z } from "zod"
import { makeArchive } from "./archive.ts"
import type { Line } from "./lane.ts"
import { readLanes } from "./ledger.ts"
import { archiveSchema, entrySchema, evidenceSchema, signatureSchema } from "./ledger-schema.ts"
import { check, honest, suite } from "./testdata/history.ts"

test("docs/evidence.schema.json is what the schema says (UPDATE=1 rewrites it)", async () => {
  const file = join(import.meta.dirname, "..", "docs", "evidence.schema.json")
  if (process.env.UPDATE === "1") await writeFile(file, evidenceSchema())
  expect(await readFile(file, "utf8")).toBe(evidenceSchema())
})

test("every kind of entry, its signature and the archive are what the schema says", async () => {
  const history = await honest()
  await history.limit()
  const withdrawal = { target: "lab", limitation: "L-1", withdrawn: new Date().toISOString(), because: "fixed" }
  await history.state("adversary", { kind: "withdrawal", ...withdrawal }, await history.keys.signer("adversary"))
  const limited = check("C4.1", { verdict: "limited", limitation: { id: "L-1", verdict: "fail" }, waitsFor: "x" })
  await history.run({ checks: [limited], start: { by: { bootId: "b", user: "u" } } })
  const lanes = await readLanes(join(history.reports, "evidence", "lab"))
  const lines = lanes.flatMap((lane) => lane.lines)
  expect(new Set(lines.map(({ kind }) => kind)).size).toBe(5)
  expect(lines.flatMap((line) => entrySchema.safeParse(line).error?.issues ?? [])).toEqual([])
  const signatures = (await history.text("ci")).split("\n").filter((line) => line.startsWith('{"signature"'))
  expect(signatures.map((line) => signatureSchema.safeParse(JSON.parse(line)).success)).toEqual([true, true])
  await writeFile(join(history.reports, "REVIEW.md"), "")
  expect(archiveSchema.parse(JSON.parse(await makeArchive(history.reports, "lab", "", suite))).target).toBe("lab")
})

test("the schema knows the entries that the code knows, and no others", () => {
  expectTypeOf<z.output<typeof entrySchema>["kind"]>().toEqualTypeOf<Line["kind"]>()
  expect(entrySchema.safeParse({ kind: "start" }).success).toBe(false)
})
