import { describe, expect, test } from "vitest"
import { leaksIn, notLookedFor } from "./leaks.ts"
import { planted } from "./planted.ts"
import { randomSecrets } from "./random-secrets.ts"

const secrets = randomSecrets(240, 7)
const [token, ...others] = secrets.map(({ name, shown }) => ({ name, bytes: shown }))
if (token === undefined) throw new Error("no secret")
const inFile = (text: string | Buffer, allowed: string[] = []) =>
  leaksIn(
    [["a file", Buffer.from(text)]],
    [token, ...others],
    allowed.map((open) => Buffer.from(open)),
  )

describe("of 240 secrets", () => {
  test.each(Object.keys(planted))("each is met in the form %s, and no other where it is", (form) => {
    const files = secrets.map(({ name, shown }): [string, Buffer] => [name, planted[form]?.(shown) ?? Buffer.alloc(0)])
    const leaks = leaksIn(files, secrets)
    expect(leaks.map(({ secret, where }) => [secret, where])).toEqual(secrets.map(({ name }) => [name, name]))
  })
})

describe("a leak", () => {
  test("says by name which secret it is, where, and how it was read, once for a file", () => {
    const text = Buffer.from(`${token.bytes} and ${token.bytes}`).toString("base64")
    expect(inFile(`{"said":"${text}","again":"${text}"}`)).toEqual([
      { secret: token.name, where: "a file", form: "base64" },
    ])
  })

  test("in a file's name does not say the name", () => {
    const files: [string, Buffer][] = [
      ["first", Buffer.from("nothing")],
      [`evidence/${token.bytes}.txt`, token.bytes],
    ]
    expect(leaksIn(files, [token])).toEqual([
      { secret: token.name, where: "name of file 2", form: "raw" },
      { secret: token.name, where: "file 2", form: "raw" },
    ])
  })

  test("is eight characters of a token, and not seven", () => {
    const bytes = Buffer.from("q7Xz9KpLm3Vt8RbWc2Yd")
    const seen = (text: string) => leaksIn([["a file", Buffer.from(`--${text}--`)]], [{ name: "token", bytes }]).length
    expect([seen("q7Xz9KpL"), seen("3Vt8RbWc"), seen("8RbWc2Y")]).toEqual([1, 1, 0])
  })

  test("is met where a block of a large file ends", () => {
    const line = Buffer.from(`${"a line of a log ".repeat(4)}\n`)
    const filler = Buffer.concat(Array.from({ length: Math.ceil((1024 * 1024) / line.length) }, () => line))
    for (const shift of [-70, -20, 0, 20]) {
      const text = Buffer.concat([filler.subarray(0, 1024 * 1024 + shift), token.bytes, filler])
      expect(inFile(text).map(({ secret }) => secret)).toEqual([token.name])
    }
  })

  test("is met in base64 that goes on over blocks of a large file", () => {
    const noise = Buffer.alloc(2_000_000, "a line of a log, and another one")
    const encoded = Buffer.concat([noise, token.bytes, noise]).toString("base64")
    expect(inFile(encoded.replace(/.{76}/g, "$&\n")).map(({ secret }) => secret)).toEqual([token.name])
  })
})

describe("a phrase of words", () => {
  const phrase = { name: "phrase", bytes: Buffer.from("correct horse battery staple") }
  const seen = (text: string) => leaksIn([["a file", Buffer.from(text)]], [phrase]).length

  test("is met as a whole and when most of it is there, but not by its words", () => {
    expect(seen("it is correct horse battery staple, no?")).toBe(1)
    expect(seen("it is correct horse batter… and so on")).toBe(1)
    expect(seen("it+is+correct%20horse%20battery%20staple")).toBe(1)
    expect(seen("a correct battery, and a horse in a stable; staple")).toBe(0)
  })
})

describe("what is allowed", () => {
  test("is not met, nor is what it has in common with a secret", () => {
    const secret = { name: "both", bytes: Buffer.from("Zx81kQw9Lm4TpV7n-rB3cY6dH2sJ5gK8f") }
    const met = (text: string) =>
      leaksIn([["a file", Buffer.from(text)]], [secret], [Buffer.from("id Zx81kQw9Lm4TpV7n")])
    expect(met("the id is Zx81kQw9Lm4TpV7n")).toEqual([])
    expect(met("the rest is rB3cY6dH2sJ5gK8f").length).toBe(1)
  })

  test("is said when nothing of a secret is left to look for", () => {
    const named = (name: string, text: string) => ({ name, bytes: Buffer.from(text) })
    const all = [named("short", "hunter2"), named("word", "changeme"), named("public", "Zx81kQw9Lm4TpV7n"), token]
    expect(notLookedFor(all, [Buffer.from("Zx81kQw9Lm4TpV7n")])).toEqual(["short", "word", "public"])
  })
})
