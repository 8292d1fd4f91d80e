// Each variant earns its place: without it a secret can be read that is hidden with it.

import { createPrivateKey } from "node:crypto"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { type Canary, forms, kinds, readable, seeded } from "./canaries.ts"
import { Redactor } from "./redactor.ts"
import { type Variant, variants } from "./variants.ts"

interface Print extends Canary {
  printed: string
}

const random = seeded(12)
const canaries = Object.values(kinds).map((make) => make(random))
const inEveryForm = canaries.flatMap(({ registered, secret }) =>
  Object.values(forms).map((write): Print => ({ registered, secret, printed: `<${write(secret)}>` })),
)

const print = (registered: string, secret: string, printed = `<${secret}>`): Print => ({ registered, secret, printed })
const base64 = (text: string) => Buffer.from(text).toString("base64")
const words = "tangerine hovercraft lullaby"

const url = "postgres://drone:gwdQ%C3%A91Ygb%232%404r%23VBYt5@db.example.org:5432/drone"
const quoted = "q7'Zk2'mW'x9Lp'R4'uT6'bN"
const slashes = "~?>a~?>k~?>q~?>w~?>e~?>Z"

const seed = Buffer.from(Array.from({ length: 32 }, () => Math.floor(random() * 256)))
const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  .export({ type: "pkcs8", format: "pem" })
  .toString()

/** Parts of what was registered, and forms that only few secrets have. */
const ofParts = [
  print(key, seed.toString("hex")),
  print(JSON.stringify({ password: words, user: "ci" }), words),
  print(`# made by hand\nDRONE_SECRET=${words}\nDRONE_HOST=ci.example.org\n`, words),
  print(`password: ${words}`, words),
  print(`postgres://drone:${encodeURIComponent(words)}@db.example.org/drone`, words),
  print(JSON.stringify({ auth: base64(`ci:${words}`) }), words),
  print(quoted, quoted, `'${quoted.replaceAll("'", "'\\''")}'`),
  print(slashes, slashes, Buffer.from(slashes).toString("base64url")),
  print(url, "gwdQé1Ygb#2@4r#VBYt5", url.replace(/.{11}/g, "$&\n    ")),
  print(words, words, `https://example.org/?q=${words.replaceAll(" ", "+")}`),
]

const jwt = `eyJhbGciOiJIUzI1NiJ9.${base64('{"sub":"1234567890"}').replace(/=+$/, "")}.dBjftJeZ4CVPmB92K27uhbUJU1p1rWW1gFWFOEjXk`
/** What nobody registered. */
const unregistered = [
  ["q8Zr2WmX", "authorization: token q8Zr2WmX"],
  ["q8Zr2WmX", "set-cookie: _session=q8Zr2WmX; path=/"],
  ["correcthorse", "https://drone:correcthorse@git.example.org/x"],
  [jwt.slice(-30), `the answer was ${jwt}`],
  [key.slice(60, 80), key.slice(0, 90)],
  ["QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", "found AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"],
  ["q8Zr2WmXpYq7Lz2WmX9tRb4KpYq7Lz2WmX9t", "found ghp_q8Zr2WmXpYq7Lz2WmX9tRb4KpYq7Lz2WmX9t"],
  ["q8Zr2!WmX$pYq7", `export DRONE_RPC_SECRET='q8Zr2!WmX$pYq7'`],
  ["a letter, not a token", gzipSync("this is a letter, not a token").toString("base64")],
].map(([secret = "", printed = ""]) => print("", secret, printed))

const corpus = [...inEveryForm, ...ofParts, ...unregistered]

function leaks(known: Variant[] | undefined): Print[] {
  const redactors = new Map<string, Redactor>()
  return corpus.filter(({ registered, secret, printed }) => {
    const redactor = redactors.get(registered) ?? new Redactor(known)
    redactors.set(registered, redactor)
    redactor.add({ name: "canary", bytes: Buffer.from(registered) })
    return readable(redactor.text(printed), secret) !== undefined
  })
}

test("nothing leaks with all of them", () => {
  expect(leaks(undefined)).toEqual([])
})

test.each(variants.map(({ name }) => name))("without %s something leaks", (name) => {
  expect(leaks(variants.filter((variant) => variant.name !== name))).not.toEqual([])
})

test("each has a name of its own", () => {
  expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length)
})
