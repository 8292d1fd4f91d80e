// What a run begins with, from a target file whose roles and protected branch are real.

import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { loadTarget } from "../helpers/target.ts"
import { beginningOf } from "./beginning.ts"
import { probeNames } from "./cold.ts"
import type { Role } from "./roles.ts"
import { honest } from "./testdata/history.ts"
import { makeKeys, repoWith } from "./testdata/signing.ts"
import { makeTarget } from "./testdata/target.ts"

const keys = await makeKeys()
const { url } = await repoWith({ "trust/allowed_signers": keys.allowed })
const root = join(import.meta.dirname, "..")

async function begin(role: Role, key?: string, reports?: string) {
  const trust = `trust: { url: "${url}", allowedSigners: trust/allowed_signers }`
  const roles = key === undefined ? trust : `${trust}\n${role}: { key: { file: ${key} } }`
  const target = await loadTarget(await makeTarget({ roles }))
  const out = reports ?? (await mkdtemp(join(tmpdir(), "begin-")))
  return beginningOf(target, { role, warm: false, root, reports: out })
}

describe("a run begins", () => {
  test("unsigned where its role has no key, and says so", async () => {
    const { how, run } = await begin("builder")
    expect({ how, signer: run.signer, echo: run.echo }).toEqual({ how: "unsigned: it opens no gate" })
  })

  test("with its key, with every probe taken, and saying where it runs", async () => {
    const { how, run } = await begin("builder", keys.file("builder"))
    expect(how).toBe(`signing with ${keys.file("builder")}`)
    expect(run.cold?.probes?.map(({ what }) => what)).toEqual([...probeNames])
    expect(run.by?.user).toMatch(/^[0-9a-f]{64}$/)
  })

  test("as the adversary with an unused nonce, or says that it has none", async () => {
    expect((await begin("adversary", keys.file("adversary"))).how).toContain(
      "without a nonce, so that it opens no gate",
    )
    const history = await honest()
    expect((await begin("adversary", keys.file("adversary"), history.reports)).run.echo).toBeUndefined()
    const { nonce } = await history.challenge()
    const { how, run } = await begin("adversary", keys.file("adversary"), history.reports)
    expect(how).toContain(`challenged with ${nonce.slice(0, 12)}`)
    expect(run.echo).toBeTypeOf("function")
  })
})
