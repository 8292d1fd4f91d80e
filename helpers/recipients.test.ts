import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { identitiesIn } from "./age.ts"
import { readersOf } from "./recipients.ts"
import { Secret } from "./secret.ts"
import { parseSops } from "./sops.ts"

const sample = (name: string) => readFile(join(import.meta.dirname, "testdata/sops", name))
const identity = async (name: string) => identitiesIn(new Secret(name, await sample(name)))
const readers = async (file: string, keys: string[]) => {
  const identities = (await Promise.all(keys.map(identity))).flat()
  const [document] = await readersOf([{ path: file, document: parseSops(await sample(file), file) }], identities)
  return document
}

test("each age file is opened by the key whose recipient stands beside it, and by no other", async () => {
  const document = await readers("sealed.yaml", ["host.agekey", "recovery.agekey"])
  expect(document?.keys.length).toBe(2)
  for (const { written, openedBy, stanzas } of document?.keys ?? []) {
    expect([openedBy, stanzas]).toEqual([written, 1])
  }
})

test("a key that nobody wrote down is seen by its stanza", async () => {
  const document = await readers("hidden-recipient.yaml", ["host.agekey", "recovery.agekey"])
  expect(document?.keys.map(({ stanzas }) => stanzas)).toContain(2)
})

test("an age file that no key at hand opens is opened by nobody known", async () => {
  const document = await readers("sealed.yaml", ["stranger.agekey"])
  expect(document?.keys.map(({ openedBy }) => openedBy)).toEqual([null, null])
})
