import { strict } from "node:assert"
import { describe, expect } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

let attempts = 0
describe("C1: every verdict", () => {
  test("C1.1 it passes", async ({ evidence }) => {
    evidence("what was seen", ["one", "two"])
    expect([]).toEqual([])
  })
  test("C1.2 it fails", async ({ evidence }) => {
    evidence("keys found", ["a.key"])
    expect(["a.key"], "keys found").toEqual([])
  })
  test("C1.3 it throws", ({ evidence: _ }) => {
    throw new Error("no route to host")
  })
  test("C1.4 it times out", { timeout: 100 }, ({ evidence: _ }) => new Promise(() => {}))
  test.skip("C1.5 it is skipped", () => {})
  test("C1.6 it waits", ({ evidence }) => evidence.waitFor("a clean room"))
  test("C1.7 it makes no expectation", ({ evidence: _ }) => {})
  test("C1.8 it passes when tried again", { retry: 1 }, ({ evidence: _ }) => {
    attempts += 1
    expect(attempts).toBe(2)
  })
  test.fails("C1.9 it is meant to fail", ({ evidence: _ }) => {
    expect(1).toBe(2)
  })
  test("C1.10 it fails and then throws", ({ evidence: _ }) => {
    expect.soft(1, "first").toBe(2)
    throw new Error("lost the connection")
  })
  test("C1.11 it awaits a look-up inside an expectation", async ({ evidence: _ }) => {
    await expect(Promise.reject(new Error("no answer"))).resolves.toBe(1)
  })
  test("C1.13 it records a number that is not whole", ({ evidence }) => {
    evidence("load", 0.5)
    expect(1).toBe(1)
  })
  test("C1.14 a library's own assertion trips", ({ evidence: _ }) => {
    expect(1).toBe(1)
    strict.equal(1, 2)
  })
})
