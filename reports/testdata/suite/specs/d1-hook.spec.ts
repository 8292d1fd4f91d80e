import { afterAll, expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

afterAll(() => {
  throw new Error("could not clean up")
})
test("D1.1 it passes before the hook", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
