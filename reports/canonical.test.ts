import fc from "fast-check"
import { expect, test } from "vitest"
import { canonical } from "./canonical.ts"

test("keys are sorted, strings are NFC, undefined members are left out", () => {
  expect(canonical({ b: [1, null, true], a: { d: "e\u0301", c: undefined } })).toBe('{"a":{"d":"é"},"b":[1,null,true]}')
})

test.each([
  ["a float", { load: 0.5 }, "$.load: 0.5 is not a safe whole number"],
  ["a number beyond exactness", [2 ** 53], "$[0]: 9007199254740992"],
  ["NaN", Number.NaN, "$: NaN"],
  ["a hole in a list", [undefined], "$[0]: a undefined"],
  ["a date", { at: new Date(0) }, "$.at: a Date"],
  ["a map", new Map(), "$: a Map"],
  ["a bigint", 1n, "$: a bigint"],
  ["keys that are the same text", { é: 1, "e\u0301": 2 }, 'two keys are the same text as "é"'],
])("refuses %s", (_, value, message) => {
  expect(() => canonical(value)).toThrow(message)
})

test("the same data always has the same form, and the form is the data", () => {
  const json = fc
    .jsonValue({ noUnicodeString: true } as object)
    .filter((value) => !/\d\.\d|e[+-]/i.test(JSON.stringify(value)))
  fc.assert(
    fc.property(json, (value) => {
      let form: string
      try {
        form = canonical(value)
      } catch {
        return fc.pre(false)
      }
      expect(canonical(JSON.parse(form))).toBe(form)
    }),
  )
})
