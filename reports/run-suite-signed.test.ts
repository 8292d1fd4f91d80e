// A signed run, from its first entry to its last, in a process of its own; and the same run once a limitation is granted.

import { copyFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { append, readLane } from "./ledger.ts"
import type { Limitation } from "./limitation.ts"
import { makeKeys } from "./testdata/signing.ts"
import { blockOf, freshOut, verify } from "./testdata/small.ts"

const keys = await makeKeys()

async function signedOut(): Promise<string> {
  const out = await freshOut()
  await writeFile(join(out, "allowed_signers"), keys.allowed)
  await copyFile(keys.file("builder"), join(out, "builder"))
  await copyFile(keys.file("stranger"), join(out, "adversary"))
  return out
}

test("a run is signed in both its entries, and reads limited where the adversary granted it", async () => {
  const out = await signedOut()
  const first = await verify(out, "specs/d4")
  expect(first.exitCode).toBe(1)
  const { entries } = await readLane(join(out, "evidence", "small", "builder.jsonl"))
  const signer = await keys.signer("builder")
  expect(await Promise.all(entries.map((entry) => signer.refuses(entry)))).toEqual([undefined, undefined])
  expect(blockOf(first.review, "D4")).toMatch(/exit 1, signed$/m)

  const now = Date.now()
  const limitation: Limitation = {
    ...{
      kind: "limitation",
      target: "small",
      id: "L-1",
      check: "D4.1",
      requestedBy: "builder",
      approvedBy: "adversary",
    },
    ...{
      subject: { baseRev: "abc", hostKeyFingerprint: "SHA256:host" },
      reason: "c",
      stillClaimed: "a",
      stillTested: "b",
    },
    ...{ issued: new Date(now).toISOString(), expires: new Date(now + 86_400_000).toISOString() },
  }
  await append(join(out, "evidence", "small", "adversary.jsonl"), limitation, await keys.signer("adversary"))
  const { end, exitCode, screen, review } = await verify(out, "specs/d4")
  expect(exitCode).toBe(0)
  expect(end.checks[0]).toMatchObject({ verdict: "limited", limitation: { id: "L-1", verdict: "fail" } })
  expect(end.checks[1]?.observations[0]?.seen).toEqual([
    expect.objectContaining({ id: "L-1", signed: true, used: false }),
  ])
  expect(screen).toMatch(/^1 pass, 1 limited\. /m)
  expect(blockOf(review, "D4")).toContain("### D4.1 **limited**")
})

test("a run whose key is nobody's writes nothing, and says so", async () => {
  const out = await signedOut()
  const { exitCode, screen, review } = await verify(out, "specs/d4", "--role", "adversary")
  expect(exitCode).not.toBe(0)
  expect(screen).toContain("is no key of the adversary among the allowed signers")
  expect({ review, entries: (await readLane(join(out, "evidence", "small", "adversary.jsonl"))).entries }).toEqual({
    review: "",
    entries: [],
  })
})
