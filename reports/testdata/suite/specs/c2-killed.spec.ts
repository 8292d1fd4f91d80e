import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("C2.1 it passes before", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
test("C2.2 it kills its worker", ({ evidence: _ }) => {
  expect(1).toBe(1)
  process.kill(process.pid, "SIGKILL")
})
test("C2.3 it would pass after", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
