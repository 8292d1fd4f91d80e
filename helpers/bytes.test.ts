import { expect, test } from "vitest"
import { bytesOf } from "./bytes.ts"

test.each([
  ["4GiB", 4_294_967_296],
  ["4096MiB", 4_294_967_296],
  ["4GB", 4_000_000_000],
  ["1kB", 1000],
  ["1KiB", 1024],
  ["1TiB", 1_099_511_627_776],
  ["7B", 7],
  ["512", 512],
])("%s is %i bytes", (size, bytes) => {
  expect(bytesOf(size)).toBe(bytes)
})

test.each(["", "50%", "4 GiB", "4gib", "-1GiB", "1.5GiB", "GiB", "9EiB"])("%j is no size", (size) => {
  expect(() => bytesOf(size)).toThrow(/no size|too large/)
})
