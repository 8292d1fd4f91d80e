import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("C5.1 the first holds", { tags: ["W1"] }, async ({ evidence }) => {
  evidence.subject({ baseRev: "abc" })
  evidence("seen", "yes")
  expect("yes").toBe("yes")
})
test("C5.2 the second holds", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
