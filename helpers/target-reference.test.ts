import { readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { targetJsonSchema, targetReference } from "./target-reference.ts"

test.each([
  ["docs/target-file.md", targetReference],
  ["docs/target.schema.json", targetJsonSchema],
])("%s is what the schema says (UPDATE=1 rewrites it)", async (name, generate) => {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url))
  if (process.env.UPDATE === "1") await writeFile(file, generate())
  expect(await readFile(file, "utf8")).toBe(generate())
})

test("every key of the reference says what it means", () => {
  const rows = targetReference()
    .split("\n")
    .filter((line) => line.startsWith("| `"))
  expect(rows.length).toBeGreaterThan(50)
  expect(rows.filter((row) => /\|\s*\|\s*$/.test(row))).toEqual([])
})
