import { join } from "node:path"
import { expect, test } from "vitest"
import { readLanes } from "./ledger.ts"
import { check, empty, type History, honest } from "./testdata/history.ts"
import { verifiedOf } from "./verified.ts"

const said = async (history: History, trust: History["trust"] | undefined = history.trust) =>
  verifiedOf(await readLanes(join(history.reports, "evidence", "lab")), trust)

test("what the Adversary signed is its word, with what it is about", async () => {
  const verified = await said(await honest())
  expect(verified["C4.1"]).toMatchObject({ verdict: "pass", role: "adversary", unsigned: [] })
  expect(verified["C4.1"]?.subject.systemPath).toBe("/nix/store/s")
})

test("what only the Builder said is nobody's word", async () => {
  const history = await empty()
  await history.run({ role: "builder", challenge: null })
  expect(await said(history)).toEqual({})
})

test("an unsigned run in the Adversary's ledger says why it does not count", async () => {
  const history = await empty()
  await history.run({ signer: null })
  expect((await said(history))["C4.1"]?.unsigned).toEqual(["it is unsigned"])
})

test("a run that the Builder signed there says why it does not count", async () => {
  const history = await empty()
  const builder = await history.keys.signer("builder")
  // The Builder does not ask itself whether its key may sign here.
  await history.run({ signer: { ...builder, refuses: async () => undefined } })
  expect((await said(history))["C4.1"]?.unsigned).toEqual([
    expect.stringMatching(/^its signature is not the adversary's: /),
  ])
})

test("only the newest record of a check counts, each with its own signature", async () => {
  const history = await honest()
  await history.run({ signer: null, checks: [check("C4.1", { verdict: "fail" })] })
  const verified = await said(history)
  expect(verified["C4.1"]).toMatchObject({ verdict: "fail", unsigned: ["it is unsigned"] })
  expect(verified["C1.1"]).toMatchObject({ verdict: "pass", unsigned: [] })
})

test("where the target file names nobody, nobody's signature counts", async () => {
  const history = await honest()
  const lanes = await readLanes(join(history.reports, "evidence", "lab"))
  expect((await verifiedOf(lanes, undefined))["C4.1"]?.unsigned).toEqual([
    "the target file names nobody whose signature counts (roles)",
  ])
})
