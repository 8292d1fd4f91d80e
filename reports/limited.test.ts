import { describe, expect, test } from "vitest"
import { readLanes } from "./ledger.ts"
import { limit, limitationsOf } from "./limited.ts"
import { check, empty, everything, type History } from "./testdata/history.ts"

const lanesOf = (history: History) => readLanes(`${history.reports}/evidence/lab`)
const red = check("C4.1", { verdict: "fail", why: "too little memory" })
const others = everything.filter((id) => id !== "C4.1").map((id) => check(id))

async function limitedHistory(): Promise<History> {
  const history = await empty()
  await history.run({ checks: [red, ...others] })
  await history.limit()
  return history
}

describe("a limitation", () => {
  test("makes its red check limited on its subject, keeps what it would read, and touches nothing else", async () => {
    const history = await limitedHistory()
    const { usable } = await limitationsOf(await lanesOf(history), history.trust)
    const subject = usable[0]?.limitation.subject ?? {}
    const [limited, ...rest] = limit([red, check("C4.2", { verdict: "fail" }), check("C4.3")], subject, usable)
    expect(limited).toMatchObject({ verdict: "limited", limitation: { id: "L-1", verdict: "fail" } })
    expect(limited?.why).toMatch(/^L-1 until .*Z, b1 has too little memory this week: too little memory$/)
    expect(rest.map(({ verdict }) => verdict)).toEqual(["fail", "pass"])
  })

  test("covers an error, and neither a pass nor what was not run", async () => {
    const history = await limitedHistory()
    const { usable } = await limitationsOf(await lanesOf(history), history.trust)
    const subject = usable[0]?.limitation.subject ?? {}
    const verdicts = (["error", "pass", "not run"] as const).map((verdict) => ({ ...red, verdict }))
    expect(limit(verdicts, subject, usable).map(({ verdict }) => verdict)).toEqual(["limited", "pass", "not run"])
  })

  test("covers no other subject, and none that was not learned", async () => {
    const history = await limitedHistory()
    const { usable } = await limitationsOf(await lanesOf(history), history.trust)
    const subject = { ...usable[0]?.limitation.subject, baseRev: "07e4" }
    expect([subject, {}].map((one) => limit([red], one, usable)[0]?.verdict)).toEqual(["fail", "fail"])
  })

  test("covers nothing any more once it expired", async () => {
    const history = await limitedHistory()
    const { usable } = await limitationsOf(await lanesOf(history), history.trust)
    const subject = usable[0]?.limitation.subject ?? {}
    const later = new Date(Date.now() + 8 * 24 * 3_600_000)
    expect(limit([red], subject, usable, later)[0]?.verdict).toBe("fail")
    expect(await limitationsOf(await lanesOf(history), history.trust, later)).toEqual({ known: [], usable: [] })
  })

  test("is known to the specs as plain data: signed, used, and what its check reads", async () => {
    const history = await limitedHistory()
    const { known } = await limitationsOf(await lanesOf(history), history.trust)
    expect(structuredClone(known)).toEqual([
      expect.objectContaining({ id: "L-1", check: "C4.1", signed: true, flaws: [], used: true, reads: "fail" }),
    ])
  })

  test("that is unsigned, or of which nobody knows who may sign, is known and not usable", async () => {
    const history = await empty()
    const { kind: _, ...words } = await (await empty()).limit()
    await history.state("adversary", { kind: "limitation", ...words })
    const unsigned = await limitationsOf(await lanesOf(history), history.trust)
    expect(unsigned).toMatchObject({ known: [{ signed: false, used: false, reads: "not run" }], usable: [] })
    const untrusted = await limitationsOf(await lanesOf(await limitedHistory()), undefined)
    expect(untrusted).toMatchObject({ known: [{ signed: false, used: true }], usable: [] })
  })

  test("that is too wide or too long is known with its flaws, and not usable", async () => {
    const history = await empty()
    await history.limit({ check: "C4", expires: "2099-01-01T00:00:00.000Z" })
    const { known, usable } = await limitationsOf(await lanesOf(history), history.trust)
    expect(known[0]?.flaws).toEqual([
      expect.stringContaining("exactly one check"),
      expect.stringContaining("at most 14"),
    ])
    expect(usable).toEqual([])
  })

  test("whose check passes now is known as not used", async () => {
    const history = await limitedHistory()
    await history.run({ ago: 60_000 })
    const { known } = await limitationsOf(await lanesOf(history), history.trust)
    expect(known).toMatchObject([{ used: false, reads: "pass" }])
  })
})
