import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("C4.1 one", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
test("C4.1 the other", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
test("C4.9 no such check", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
test("no id at all", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
test("C9.1 in the wrong file", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
