import { afterAll, expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

afterAll(async () => {
  await new Promise((resolve) => setTimeout(resolve, 500))
  process.kill(process.pid, "SIGKILL")
})
test("D2.1 it passes before", ({ evidence: _ }) => {
  expect(1).toBe(1)
})
