import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("C8.1 it is quick", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
test("C8.2 it is slow", async ({ evidence: _ }) => {
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  expect(1).toBe(1)
})
test("C8.3 it comes last", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
