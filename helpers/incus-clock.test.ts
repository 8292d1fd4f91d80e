import { createServer } from "node:https"
import { expect, test } from "vitest"
import { incusClockOffset } from "./incus-clock.ts"
import { listening, pem, target } from "./incus-peer.ts"

/** An Incus whose clock is off by so many milliseconds, or says what is no time. */
async function incusOff(by: number | string) {
  const { cert, key } = pem("server")
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (_, response) => {
    response.setHeader("date", typeof by === "string" ? by : new Date(Date.now() + by).toUTCString())
    response.end("{}")
  })
  return target(await listening(server))
}

test("a clock that agrees, to the second that a Date has, is off by nothing", async () => {
  expect(await incusClockOffset(await incusOff(0))).toBe(0)
})

test("a clock that is ahead or behind is off by that, to the second", async () => {
  const ahead = await incusClockOffset(await incusOff(600_000))
  expect(ahead).toBeGreaterThan(598_000)
  expect(ahead).toBeLessThanOrEqual(600_000)
  const behind = await incusClockOffset(await incusOff(-600_000))
  expect(behind).toBeLessThan(-598_000)
  expect(behind).toBeGreaterThanOrEqual(-601_000)
})

test("an answer that says no time is no answer", async () => {
  await expect(incusClockOffset(await incusOff("yesterday"))).rejects.toThrow("its answer has no Date that can be read")
})
