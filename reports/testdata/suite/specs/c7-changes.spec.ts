import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("C7.1 before", ({ evidence }) => {
  evidence.subject({ bootId: "one" })
  expect(1).toBe(1)
})
test("C7.2 after", ({ evidence }) => {
  evidence.subject({ bootId: "two" })
  expect(1).toBe(2)
})
