import { expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("C3.1 it passes and leaves a rejection behind", async ({ evidence: _ }) => {
  expect(1).toBe(1)
  void Promise.reject(new Error("nobody waits for me"))
  await new Promise((resolve) => setTimeout(resolve, 50))
})
