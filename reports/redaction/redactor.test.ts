import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { forms, kinds, readable, seeded } from "./canaries.ts"
import { Redactor } from "./redactor.ts"

const perKind = 20
const around = (printed: string) => `level=info msg="started" value=<${printed}> took 3 ms\n`

const knowing = (...secrets: string[]) => {
  const redactor = new Redactor()
  for (const secret of secrets) redactor.add({ name: "token", bytes: Buffer.from(secret) })
  return redactor
}

describe.each(Object.entries(kinds))("a registered %s", (_, make) => {
  const random = seeded(7)
  const canaries = Array.from({ length: perKind }, () => make(random))
  const redactors = canaries.map(({ registered }) => knowing(registered))

  test.each(Object.entries(forms))("is hidden: %s", (_, write) => {
    const leaks = canaries.flatMap(({ secret }, index) => {
      const printed = around(write(secret))
      const shown = redactors[index]?.text(printed) ?? ""
      const piece = readable(shown, secret)
      return piece === undefined && shown !== printed ? [] : [{ secret, shown, piece }]
    })
    expect(leaks).toEqual([])
  })
})

test.each(Object.entries(forms))("the oracle reads what is not redacted: %s", (_, write) => {
  const random = seeded(8)
  for (const make of Object.values(kinds)) {
    const { secret } = make(random)
    expect(readable(around(write(secret)), secret), secret).toBeDefined()
  }
})

test("random bytes are hidden in what encodes them", () => {
  const random = seeded(9)
  for (let count = 0; count < perKind; count++) {
    const key = Buffer.from(Array.from({ length: 32 }, () => Math.floor(random() * 256)))
    const redactor = new Redactor()
    redactor.add({ name: "key", bytes: key })
    const encoded = [
      key.toString("hex"),
      key.toString("base64"),
      Buffer.concat([Buffer.from("key="), key]).toString("base64url"),
    ]
    for (const text of encoded) expect(redactor.text(text)).toMatch(/^.{0,6}\[REDACTED:key#1\][^[]{0,2}$/)
    expect(redactor.value({ key: key.toJSON() })).toEqual({ key: { type: "Buffer", data: ["[REDACTED:key#1]"] } })
  }
})

describe("what is shown instead", () => {
  const [one, other] = ["pYq7Lz2WmX9tRb4K", "c3VjaCBhIHNlY3JldCB0"]

  test("is numbered by label in order of registration, never by what was hidden", () => {
    const redactor = new Redactor()
    for (const [name, value] of Object.entries({ token: one, "the\nkey [2]": other, again: one }))
      redactor.add({ name, bytes: Buffer.from(value) })
    redactor.add({ name: "token", bytes: Buffer.from("Zz8Kq1Vw6Tn3Xb5J") })
    expect(redactor.text(`${one} ${other} Zz8Kq1Vw6Tn3Xb5J`)).toBe(
      "[REDACTED:token#1] [REDACTED:the key 2#1] [REDACTED:token#2]",
    )
    expect(redactor.hidden).toBe(3)
  })

  test("says nothing of its length, and a label is cut", () => {
    const redactor = new Redactor()
    redactor.add({ name: "n".repeat(500), bytes: Buffer.from(one.repeat(9)) })
    expect(redactor.text(one.repeat(9))).toBe(`[REDACTED:${"n".repeat(60)}#1]`)
    expect(redactor.text(one.repeat(2))).toBe(`[REDACTED:${"n".repeat(60)}#1]`)
  })

  test("is one replacement for a secret over several lines", () => {
    expect(knowing(one).text(`${one.slice(0, 9)}\n   ${one.slice(9)}`)).toBe("[REDACTED:token#1]")
  })
})

test("a secret that is registered later is hidden from then on", () => {
  const redactor = knowing("pYq7Lz2WmX9tRb4K")
  expect(redactor.text("Zz8Kq1Vw6Tn3Xb5J")).toBe("Zz8Kq1Vw6Tn3Xb5J")
  redactor.add({ name: "late", bytes: Buffer.from("Zz8Kq1Vw6Tn3Xb5J") })
  expect(redactor.text("Zz8Kq1Vw6Tn3Xb5J")).toBe("[REDACTED:late#1]")
})

test("words, paths, hosts, dates and what is short are not registered", () => {
  const common = [
    "test",
    "{",
    "production",
    "/run/secrets/key",
    "registry.example.org",
    "2026-11-27T00:29:09Z",
    "8.8.8.8:53",
    "a b",
  ]
  const redactor = knowing(...common)
  const text = common.map((value) => `it says ${value} here`).join("\n")
  expect(redactor.text(text)).toBe(text)
})

test("data: keys and values, the same data where nothing is hidden, and no key lost", () => {
  const [one, other] = ["pYq7Lz2WmX9tRb4K", "Zz8Kq1Vw6Tn3Xb5J"]
  const redactor = knowing(one, other)
  const clean = { a: ["x", 1, null], b: { c: true } }
  expect(redactor.value(clean)).toBe(clean)
  const data = {
    clean,
    [one]: 1,
    [`"${one}"`]: 2,
    list: [other],
    password: "hG7#kd0Wq2",
    authorization: "Basic dXNlcjpodW50ZXIy",
  }
  const shown = redactor.value(data)
  expect(shown).toEqual({
    clean,
    "[REDACTED:token#1]": 1,
    '"[REDACTED:token#1]"': 2,
    list: ["[REDACTED:token#2]"],
    password: "[REDACTED:assigned secret#1]",
    authorization: "Basic [REDACTED:authorization#1]",
  })
  expect(shown.clean).toBe(clean)
  expect(redactor.value({ [one]: 1, [each(one)]: 2 })).toEqual({ "[REDACTED:token#1]": 1, "[REDACTED:token#1] 2": 2 })
})

const each = (text: string) => [...text].join("\u200b")

test("redacting twice changes nothing more, whatever stands around", () => {
  const random = seeded(10)
  const canaries = Object.values(kinds).map((make) => make(random))
  const redactor = knowing(...canaries.map(({ registered }) => registered))
  const printed = canaries.flatMap(({ secret, registered }) => [
    registered,
    ...Object.values(forms).map((write) => write(secret)),
  ])
  const noise = [
    "Authorization: Bearer ",
    "password=",
    "://u:",
    "@",
    '"',
    "\\",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "Cookie: a=",
    "eyJ",
    "%",
    "&",
    "\x1b[",
  ]
  const pieces = fc.oneof(fc.constantFrom(...printed), fc.constantFrom(...noise), fc.string({ maxLength: 12 }))
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const once = redactor.text(parts.join(""))
      expect(redactor.text(once)).toBe(once)
    }),
    { seed: 1, numRuns: 2000 },
  )
})

test("text without secrets comes back as it is, however odd", () => {
  const redactor = knowing("pYq7Lz2WmX9tRb4K")
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(redactor.text(text)).toBe(text)
    }),
    { seed: 1, numRuns: 2000 },
  )
})
