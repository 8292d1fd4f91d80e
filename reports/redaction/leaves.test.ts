import { expect, test } from "vitest"
import { leavesOf } from "./leaves.ts"
import { countRandom, randomEnough, randomness } from "./randomness.ts"
import { variants } from "./variants.ts"

const texts = (registered: string) =>
  leavesOf(
    Buffer.from(registered),
    variants.flatMap(({ opener }) => opener ?? []),
  ).map(({ text }) => text)

const secret = 'q8"Zr2\\WmX/pé7'

test("a secret is known as it is meant, and as each text around it spells it", () => {
  const inJson = '"a b": {"password": "q8\\"Zr2\\\\WmX\\/p\\u00e97"}'
  expect(texts(`{${inJson}}`)).toEqual([secret, 'q8\\"Zr2\\\\WmX\\/p\\u00e97'])
  const url = `postgres://drone:${encodeURIComponent(secret)}@db.example.org/drone`
  expect(texts(url)).toEqual(["q8%22Zr2%5CWmX%2Fp%C3%A97", secret])
  expect(texts(JSON.stringify([{ url }]).replaceAll("/", "\\/"))).toEqual(["q8%22Zr2%5CWmX%2Fp%C3%A97", secret])
  expect(texts(JSON.stringify({ json: JSON.stringify({ secret: 'pass"phrase of' }) }))).toEqual([
    'pass"phrase of',
    'pass\\"phrase of',
    'pass\\\\\\"phrase of',
  ])
  expect(texts(`A_SECRET="a \\"few\\" words"\nB_SECRET='it'\\''s a few'\n`)).toEqual([
    'a \\"few\\" words',
    'a "few" words',
    "it'\\''s a few",
    "it's a few",
  ])
})

test("a name says what stands under it, in lists and after them", () => {
  const data = { tokens: ["a few words", { note: "some more words" }, "and even more"], note: "not a secret" }
  expect(texts(JSON.stringify(data))).toEqual(["a few words", "and even more"])
})

test("a number in hex or a UUID is random wherever it is cut", () => {
  for (const text of ["61973106-e6e5-5905-8cba-fa2123d221db", "1234abcdef567801234567abcdef1234"])
    for (let from = 0; from + 8 <= text.length; from++)
      expect(countRandom(randomness(`id ${text}`), 3 + from, 3 + from + 8)).toBeGreaterThanOrEqual(randomEnough)
})
