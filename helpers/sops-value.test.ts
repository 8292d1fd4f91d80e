// What the MAC takes in for each type, as Go's strconv and time print it (sops: ToBytes).

import { expect, test } from "vitest"
import { macBytes, type SealedType, wholeSeconds } from "./sops-value.ts"

test.each<[SealedType, string, string | undefined]>([
  ["str", " any text\n", " any text\n"],
  ["bytes", "any text", "any text"],
  ["int", "+8443", "8443"],
  ["int", "-0", "0"],
  ["int", "9223372036854775807", "9223372036854775807"],
  ["int", "9223372036854775808", undefined],
  ["int", "1e3", undefined],
  ["float", "1.50", "1.5"],
  ["float", "1.25e-7", "0.000000125"],
  ["float", "1e21", "1000000000000000000000"],
  ["float", "-0.0", "-0"],
  ["float", "100", "100"],
  ["float", "1.2.3", undefined],
  ["bool", "true", "True"],
  ["bool", "F", "False"],
  ["bool", "yes", undefined],
  ["time", "2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00Z"],
  ["time", "2026-01-31T12:00:00.2500Z", "2026-01-31T12:00:00.25Z"],
  ["time", "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z"],
  ["time", "2026-01-31T14:00:00+02:00", "2026-01-31T14:00:00+02:00"],
  ["time", "2026-01-31", undefined],
  ["comment", "any text", undefined],
])("a %s %j counts as %j", (type, plaintext, counted) => {
  expect(macBytes(type, Buffer.from(plaintext))?.toString()).toBe(counted)
})

test("lastmodified counts in whole seconds, in its own zone", () => {
  const times = ["2026-01-31T12:00:00.999Z", "2026-01-31T12:00:00+00:00", "2026-01-31T14:00:00.5+02:00"]
  expect(times.map(wholeSeconds)).toEqual(["2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", "2026-01-31T14:00:00+02:00"])
})
