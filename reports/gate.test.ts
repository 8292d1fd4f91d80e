// The honest history opens the gate; each attack on it is refused with its reason. Keys, signatures and files are real.

import { rm } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { newChallenge } from "./challenge.ts"
import type { Gate } from "./gate.ts"
import { check, coldProbes, definition, empty, everything, type History, honest, suite } from "./testdata/history.ts"
import { signing } from "./testdata/signing.ts"

const hours = (count: number) => count * 3_600_000

test("an honest history opens the gate, and says until when", async () => {
  const history = await honest()
  const { open, reasons, subject, until, limited } = await history.ask()
  expect(reasons).toEqual([])
  expect({ open, limited, baseRev: subject.baseRev }).toEqual({ open: true, limited: [], baseRev: "ba5e" })
  expect(Date.parse(until ?? "") - Date.now()).toBeGreaterThan(hours(23.5))
})

test("an item reran by itself, with a nonce of its own, keeps it open", async () => {
  const history = await honest()
  await history.run({ checks: [check("C2.1")], ago: 60_000 })
  expect(await history.ask()).toMatchObject({ open: true, reasons: [], runs: [{}, {}] })
})

test("nothing at all is a reason for every check", async () => {
  const { open, reasons } = await (await empty()).ask()
  expect(open).toBe(false)
  expect(reasons).toEqual(everything.map((id) => `${id}: the adversary never ran it`))
})

/** Each does one wrong thing, in or after an otherwise honest history; the pattern is the reason it must be given. */
const attacks: [string, RegExp, (history: History) => Promise<unknown>][] = [
  [
    "the Builder's own runs are all there is",
    /^C1\.1: the adversary never ran it$/,
    async (h) => {
      await rm(h.file("adversary"))
      await rm(h.file("ci"))
      await h.run({ role: "builder", ago: 60_000 })
    },
  ],
  [
    "the Builder signs in the Adversary's ledger",
    /newest signature in the ledger of adversary is not by adversary/,
    async (h) => {
      await rm(h.file("adversary"))
      await h.run({ signer: await forger(h, "builder") })
    },
  ],
  ["the run is unsigned", /adversary's run of .*: it is unsigned$/, (h) => h.run({ signer: null, ago: 60_000 })],
  [
    "only the end of the run is unsigned",
    /: it is unsigned$/,
    async (h) => {
      const lines = (await h.text("adversary")).trimEnd().split("\n")
      await h.write("adversary", `${lines.slice(0, -1).join("\n")}\n`)
    },
  ],
  [
    "the newest fail is cut off, but the Builder's ledger saw it",
    /the ledger of adversary was cut: it has 2 entries, and builder saw 4/,
    async (h) => {
      const before = await h.text("adversary")
      await h.run({ checks: [check("C2.1", { verdict: "fail", why: "stale" })], ago: 60_000 })
      await h.run({ role: "builder", challenge: null, ago: 60_000 })
      await h.write("adversary", before)
    },
  ],
  [
    "the newest fail is replaced after another ledger saw it",
    /ledger of adversary was rewritten: entry 4 is not the one that builder saw/,
    async (h) => {
      const before = await h.text("adversary")
      await h.run({ checks: [check("C2.1", { verdict: "fail" })], ago: 60_000 })
      await h.run({ role: "builder", challenge: null, ago: 60_000 })
      await h.write("adversary", before)
      await h.run({ checks: [check("C2.1")], ago: 60_000 })
    },
  ],
  [
    "the newest fail is cut off in both ledgers, but is on the protected branch",
    /ledger of adversary is not a continuation of the one beside the branch/,
    async (h) => {
      const before = await h.text("adversary")
      await h.run({ checks: [check("C2.1", { verdict: "fail" })], ago: 60_000 })
      h.trust.ledgers.set("adversary", await h.text("adversary"))
      await h.write("adversary", before)
    },
  ],
  [
    "a check fails",
    /^C2\.1: fail in the adversary's run of .*: stale$/,
    (h) => h.run({ checks: [check("C2.1", { verdict: "fail", why: "stale" })] }),
  ],
  [
    "a check could not be looked at",
    /^C2\.1: error in/,
    (h) => h.run({ checks: [check("C2.1", { verdict: "error" })] }),
  ],
  ["a check was skipped", /^C2\.1: not run in/, (h) => h.run({ checks: [check("C2.1", { verdict: "not run" })] })],
  [
    "a pass without an expectation",
    /^C2\.1: passed without an expectation$/,
    (h) => h.run({ checks: [check("C2.1", { assertions: 0 })] }),
  ],
  ["the newest run died", /^C1\.1: error in .*: the run died/, (h) => h.run({ end: null })],
  ["the newest run was interrupted", /: it was interrupted$/, (h) => h.run({ end: { interrupted: true } })],
  [
    "an error that no test owns",
    /something was wrong with it as a whole: oh no$/,
    (h) => h.run({ end: { unhandled: ["oh no"] } }),
  ],
  [
    "the Builder has seen it fail since",
    /^C3\.1: fail in the builder's run of .*, newer than its pass$/,
    (h) =>
      h.run({
        role: "builder",
        challenge: null,
        signer: null,
        checks: [check("C3.1", { verdict: "fail" })],
        ago: 60_000,
      }),
  ],
  ["25 h old", /: it is 25\.0 h old/, (h) => h.run({ ago: hours(25) })],
  ["from the future", /: it is from the future/, (h) => h.run({ ago: -hours(1) })],
  [
    "ended before it started",
    /: it ended before it started$/,
    (h) => h.run({ end: { finished: "2020-01-01T00:00:00.000Z" } }),
  ],
  ["a time that is none", /: it ended before it started$/, (h) => h.run({ start: { started: "soon" } })],
  [
    "a warm run called cold",
    /: it was not cold: boot: the same \(wanted: another\)$/,
    (h) =>
      h.run({
        start: {
          cold: {
            ...coldProbes,
            probes: coldProbes.probes.map((one) =>
              one.what === "boot" ? { what: "boot", want: "another", got: "the same" } : one,
            ),
          },
        },
      }),
  ],
  [
    "cold without probes",
    /: it was not cold: not probed: the suite's tree, /,
    (h) => h.run({ start: { cold: { cold: true, because: "" } } }),
  ],
  [
    "another suite",
    /its suite was another: commit bad, not c0ffee/,
    (h) => h.run({ start: { suite: { ...suite, commit: "bad" } } }),
  ],
  [
    "a changed suite",
    /its suite had uncommitted changes/,
    (h) => h.run({ start: { suite: { ...suite, dirty: true } } }),
  ],
  [
    "a weaker definition",
    /its suite was another: definitionSha256 weak/,
    (h) => h.run({ start: { suite: { ...suite, definitionSha256: "weak" } } }),
  ],
  [
    "another subject in one item",
    /not one subject: baseRev was ba5e for .*, 07e4 for/,
    (h) => {
      const subject = { baseRev: "07e4" }
      return h.run({ checks: [check("C2.1")], end: { subject }, ago: 60_000 })
    },
  ],
  [
    "another host echoed",
    /: another host echoed than was looked at$/,
    (h) => h.run({ end: { subject: { hostKeyFingerprint: "SHA256:other" } } }),
  ],
  [
    "the host that echoed ran something else",
    /the host that echoed had systemPath \/nix\/store\/old, the one looked at \/nix\/store\/s/,
    (h) => h.run({ answer: { systemPath: "/nix/store/old" } }),
  ],
  ["no challenge", /: it met no challenge$/, (h) => h.run({ challenge: null })],
  ["an invented nonce", /: nobody issued its nonce$/, (h) => h.run({ challenge: newChallenge("lab", 24) })],
  [
    "a nonce that the Builder issued",
    /: its nonce was not issued by ci/,
    async (h) => {
      const one = newChallenge("lab", 24)
      await rm(h.file("adversary"))
      await rm(h.file("ci"))
      await h.state("ci", one, await forger(h, "builder"))
      await h.run({ challenge: one })
    },
  ],
  [
    "an expired nonce",
    /: its nonce had expired before it started$/,
    async (h) => {
      const one = newChallenge("lab", 1, new Date(Date.now() - hours(3)))
      await h.state("ci", one, await h.keys.signer("ci"))
      await h.run({ challenge: one })
    },
  ],
  [
    "a nonce used twice",
    /: its nonce was used by 2 runs$/,
    async (h) => {
      const one = await h.challenge()
      await h.run({ challenge: one })
      await h.run({ challenge: one, ago: 60_000 })
    },
  ],
  ["a run from before its nonce", /: it started before its nonce was issued$/, (h) => h.run({ ago: hours(1) })],
  [
    "the host did not echo",
    /the host did not echo its nonce: no ssh-keygen$/,
    (h) => h.run({ echo: { said: undefined, why: "no ssh-keygen" } as never }),
  ],
  ["an echo made up by the runner", /: the echo is not signed by the host/, (h) => h.run({ echo: { said: "{}" } })],
  ["an echo of another nonce", /: the host echoed another nonce$/, (h) => h.run({ answer: { nonce: "00" } })],
  [
    "an echo replayed from another run",
    /: the echo was made for another run$/,
    (h) => h.run({ answer: { run: "other" } }),
  ],
  ["clocks that disagree", /: clocks disagree: /, (h) => h.run({ answer: { clock: "2020-01-01T00:00:00.000Z" } })],
  [
    "Incus' clock is off",
    /: clocks disagree: .* Incus off by 600000 ms$/,
    (h) => h.run({ echo: { incusOffsetMilliseconds: 600_000 } }),
  ],
  [
    "nobody could read the clock of Incus",
    /: the clock of Incus is not known: no answer$/,
    (h) => h.run({ echo: { incusOffsetMilliseconds: undefined, incusWhy: "no answer" } as never }),
  ],
  [
    "a limitation granted by the Builder",
    /is a limitation; only the adversary grants them$/,
    async (h) => h.state("builder", { ...(await (await empty()).limit()) }, await h.keys.signer("builder")),
  ],
  ["a check limited by nothing", /^C4\.1: limited by L-9, but nobody granted it$/, (h) => limited(h, "L-9")],
]

const limited = (history: History, id = "L-1") =>
  history.run({
    checks: [check("C4.1", { verdict: "limited", why: "too little memory", limitation: { id, verdict: "fail" } })],
    ago: 60_000,
  })

/** Signs for the Adversary's purpose, with somebody else's key. */
function forger(history: History, whose: string) {
  const line = history.keys.signers.lines.find((one) => one.startsWith(`${whose} `)) ?? ""
  const key = line.split(" ").slice(2).join(" ")
  const lines = [`adversary namespaces="dod-verdict@cc-ci-verifier" ${key}`]
  return signing("adversary", history.keys.file(whose), { lines, roles: new Set(["adversary"]) })
}

describe.concurrent("the gate stays shut for", () => {
  test.for(attacks)("%s", async ([, reason, attack], { expect }) => {
    const history = await honest()
    await attack(history)
    const gate = await history.ask()
    expect(gate.open).toBe(false)
    expect(gate.reasons).toContainEqual(expect.stringMatching(reason))
  })

  test("a suite that asks with uncommitted changes, or by other rules", async ({ expect }) => {
    const history = await honest()
    const changed = await history.ask({ suite: { ...suite, dirty: true } })
    expect(changed.reasons).toEqual(["the suite that is asked has uncommitted changes"])
    const other = await history.ask({ suite: { ...suite, commit: "other" } })
    expect(other.reasons).toEqual([expect.stringMatching(/its suite was another: commit c0ffee, not other$/)])
  })

  test("a host other than the one that the target file pins", async ({ expect }) => {
    const history = await honest()
    const { reasons } = await history.ask({ hostKey: "SHA256:pinned" })
    expect(reasons).toEqual([
      expect.stringMatching(/^another host: its key is SHA256:.*, the target file pins SHA256:pinned$/),
    ])
  })

  test("a check that was added to the definition, an item that lost all, an item that is gone", async ({ expect }) => {
    const history = await honest()
    const more = definition.map((item) =>
      item.id === "C4" ? { ...item, checks: [...item.checks, { id: "C4.2", sentence: "" }] } : item,
    )
    expect((await history.ask({}, more)).reasons).toEqual(["C4.2: the adversary never ran it"])
    const fewer = definition.map((item) => (item.id === "C4" ? { ...item, checks: [] } : item))
    expect((await history.ask({}, fewer)).reasons).toEqual(["C4 has no checks"])
    expect((await history.ask({}, definition.slice(1))).reasons).toEqual(["C1 has no checks"])
  })
})

describe.concurrent("a limitation", () => {
  test("opens the gate for its check, and is named", async ({ expect }) => {
    const history = await honest()
    await history.limit()
    await limited(history)
    expect(await history.ask()).toMatchObject({ open: true, reasons: [], limited: ["L-1"] })
  })

  const flawed: [string, RegExp, Parameters<History["limit"]>[0]][] = [
    ["for a pattern", /L-1: it is for C4\.\*, which is not exactly one check/, { check: "C4.*" }],
    ["for a whole item", /L-1: it is for C4, which is not exactly one check/, { check: "C4" }],
    ["of another check", /C4\.1: limited by L-1, but it is for C2\.1/, { check: "C2.1" }],
    [
      "of another subject",
      /but it is for another subject: baseRev 07e4/,
      { subject: { baseRev: "07e4", hostKeyFingerprint: "x" } },
    ],
    ["of no subject", /it names no subject/, { subject: {} }],
    ["that was approved by who requested it", /whoever requested it approved it/, { requestedBy: "Adversary" }],
    ["that the Builder approved", /it is approved by builder/, { approvedBy: "builder", requestedBy: "ci" }],
    [
      "of 15 days",
      /it lasts 15\.\d days; at most 14/,
      { expires: new Date(Date.now() + hours(15 * 24)).toISOString() },
    ],
    ["that never ends", /it lasts NaN days/, { expires: "never" }],
    ["that expired", /but it expired at/, { expires: new Date(Date.now() - 60_000).toISOString() }],
    ["that does not say what is still tested", /it says nothing of stillTested/, { stillTested: " " }],
  ]
  test.for(flawed)("%s opens nothing", async ([, reason, more], { expect }) => {
    const history = await honest()
    await history.limit(more)
    await limited(history)
    const gate = await history.ask()
    expect(gate.open).toBe(false)
    expect(gate.reasons.join("\n")).toMatch(reason)
  })

  test("that is unsigned opens nothing", async ({ expect }) => {
    const history = await honest()
    const { kind: _, ...words } = await (await empty()).limit()
    await history.state("adversary", { kind: "limitation", ...words })
    await limited(history)
    expect((await history.ask()).reasons).toEqual([
      "C4.1: limited by L-1, but it is not signed by the adversary: unsigned",
    ])
  })

  test("whose check passes now, or that nothing used, is itself a reason", async ({ expect }) => {
    const history = await honest()
    await history.limit()
    await history.run({ ago: 60_000 })
    expect((await history.ask()).reasons).toEqual(["L-1: it was not used, for C4.1 reads pass: withdraw it"])
  })

  test("that was withdrawn covers nothing any more, and is no reason by itself", async ({ expect }) => {
    const history = await honest()
    await history.limit()
    const withdrawn = new Date().toISOString()
    await history.state(
      "adversary",
      { kind: "withdrawal", target: "lab", limitation: "L-1", withdrawn, because: "fixed" },
      await history.keys.signer("adversary"),
    )
    expect(await history.ask()).toMatchObject({ open: true, reasons: [] })
    await limited(history)
    expect((await history.ask()).reasons).toEqual(["C4.1: limited by L-1, but it was withdrawn: fixed"])
  })
})

test("the reasons are all given, not only the first", async () => {
  const history = await honest()
  await history.run({ signer: null, challenge: null, start: { cold: { cold: true, because: "" } } })
  const { reasons }: Gate = await history.ask()
  expect(reasons).toEqual([
    expect.stringMatching(/: it is unsigned$/),
    expect.stringMatching(/: it was not cold: not probed/),
    expect.stringMatching(/: it met no challenge$/),
  ])
})
