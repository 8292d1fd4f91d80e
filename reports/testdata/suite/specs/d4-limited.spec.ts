import { expect, inject } from "vitest"
import { test } from "../../../../helpers/evidence.ts"

test("D4.1 it fails on a subject", ({ evidence }) => {
  evidence.subject({ baseRev: "abc", hostKeyFingerprint: "SHA256:host" })
  evidence("seen", ["a"])
  expect(["a"], "leftovers").toEqual([])
})

test("D4.2 it is told of the limitations", ({ evidence }) => {
  evidence("limitations", inject("limitations"))
  expect(1).toBe(1)
})
