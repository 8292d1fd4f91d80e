// Each spec of testdata/suite breaks in one way; a run of it, in a process of its own, must never read as a pass.

import { describe, test } from "vitest"
import { freshOut, verdicts, verify, whys } from "./testdata/small.ts"

const died = "its worker died before it ended"

describe.concurrent("a run", () => {
  test("gives every check one of the verdicts, with the reason", async ({ expect }) => {
    const { end, exitCode, screen } = await verify(await freshOut(), "specs/c1")
    expect(Object.fromEntries(end.checks.map(({ id, verdict, why }) => [id, `${verdict}: ${why}`]))).toEqual({
      "C1.1": "pass: ",
      "C1.2": "fail: keys found: expected [ 'a.key' ] to deeply equal []",
      "C1.3": "error: no route to host",
      "C1.4": "error: Test timed out in 100ms",
      "C1.5": "not run: skipped, and nobody says why",
      "C1.6": "not run: waits for a clean room",
      "C1.7": "error: expected any number of assertion, but got none",
      "C1.8": "error: it took more than one attempt",
      "C1.9": "error: the test is marked `fails`: vitest turned its result around",
      "C1.10": "error: lost the connection",
      "C1.11": 'error: AssertionError: promise rejected "Error: no answer" instead of resolving',
      "C1.12": "not run: no spec covers it yet",
      "C1.13": expect.stringMatching(/^error: its evidence is unusable: .*observations\[0\]\.seen: 0\.5 is not/),
      "C1.14": expect.stringMatching(/^error: AssertionError: Expected values to be strictly equal/),
    })
    expect(end.checks.flatMap(({ id, waitsFor }) => (waitsFor === undefined ? [] : [[id, waitsFor]]))).toEqual([
      ["C1.6", "a clean room"],
    ])
    expect({ exitCode, recorded: end.exitCode }).toEqual({ exitCode: 1, recorded: 1 })
    expect(screen).toMatch(/^1 pass, 1 fail, 9 error, 3 not run; 1 check waits for a clean room\. The evidence is in /m)
    expect(screen).toContain("  error    C1.13 ")
  })

  test("in which all is well exits 0, and says so", async ({ expect }) => {
    const { end, exitCode, screen, review } = await verify(await freshOut(), "specs/c5")
    expect(verdicts(end)).toEqual({ "C5.1": "pass", "C5.2": "pass" })
    expect(end).toMatchObject({ exitCode: 0, interrupted: false, problems: [], unhandled: [] })
    expect(end.subject).toEqual({ baseRev: "abc" })
    expect(end.checks[0]?.observations).toEqual([{ what: "seen", seen: "yes" }])
    expect(exitCode).toBe(0)
    expect(screen).toMatch(/^2 pass\. The evidence is in .*REVIEW\.md$/m)
    expect(review).toContain("## C5 All is well (small): pass\n")
  })

  test("of a milestone runs and owes its checks alone", async ({ expect }) => {
    const { end, runs, exitCode } = await verify(await freshOut(), "specs/c5", "--tags-filter", "W1")
    expect(verdicts(end)).toEqual({ "C5.1": "pass" })
    expect(runs.at(-1)?.start.selection.checks).toEqual(["C5.1"])
    expect({ exitCode, problems: end.problems }).toEqual({ exitCode: 0, problems: [] })
  })

  test("of a milestone whose check has no test owes that check nevertheless", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/c1", "specs/c5", "--tags-filter", "W1")
    expect(verdicts(end)).toEqual({ "C1.12": "not run", "C5.1": "pass" })
    expect(exitCode).toBe(2)
  })

  test("whose worker is killed is an error for every check of the spec", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/c2")
    // vitest sends results in batches: that C2.1 had passed may have arrived before its worker died, or not.
    const whole = "it passed, but its spec never ended: its worker died"
    expect(whys(end)).toEqual({ "C2.1": expect.toBeOneOf([died, whole]), "C2.2": died, "C2.3": died })
    expect(verdicts(end)).toEqual({ "C2.1": "error", "C2.2": "error", "C2.3": "error" })
    expect(exitCode).toBe(2)
  })

  test("whose worker is killed after its checks passed is an error too", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/d2")
    expect(verdicts(end)).toEqual({ "D2.1": "error" })
    expect(end.checks[0]?.why).toMatch(/its worker died/)
    expect(exitCode).toBe(2)
  })

  test("keeps an unhandled rejection, and never exits 0 with one", async ({ expect }) => {
    const { end, exitCode, screen, review } = await verify(await freshOut(), "specs/c3")
    expect(end.unhandled).toEqual(["nobody waits for me"])
    expect(exitCode).toBe(2)
    expect(screen).toMatch(/^1 pass; 1 error of the run as a whole, see above\./m)
    expect(review).toContain("      | nobody waits for me\n")
  })

  test("with titles that are no check, or two for one, has an error for each", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/c4")
    expect(verdicts(end)).toMatchObject({ "C4.1": "error" })
    expect(end.problems).toEqual([
      'specs/c4-titles.spec.ts: "C4.9 no such check" begins with no id of the Definition of Done',
      'specs/c4-titles.spec.ts: "no id at all" begins with no id of the Definition of Done',
      "specs/c4-titles.spec.ts: C9.1 stands in a spec of another item",
      "C4.1 has 2 tests; one check is one test",
    ])
    expect(exitCode).toBe(2)
  })

  test("of a spec that does not load is an error for what it owes", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/c6")
    expect(verdicts(end)).toEqual({ "C6.1": "error" })
    expect(whys(end)).toEqual({ "C6.1": "its spec did not load: cannot load this" })
    expect(exitCode).toBe(2)
  })

  test("during which the target changes proves nothing, not even a fail", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/c7")
    const changed = "the target changed mid-run: bootId was one for C7.1, two for C7.2"
    expect(verdicts(end)).toEqual({ "C7.1": "error", "C7.2": "error" })
    expect(whys(end)).toEqual({
      "C7.1": changed,
      "C7.2": expect.stringContaining(`${changed}; until then: expected 1`),
    })
    expect(end).toMatchObject({ subject: {}, problems: [changed] })
    expect(exitCode).toBe(2)
  })

  test("whose hook throws takes back what passed around it", async ({ expect }) => {
    const { end, exitCode } = await verify(await freshOut(), "specs/d1")
    expect(verdicts(end)).toEqual({ "D1.1": "error" })
    expect(whys(end)).toEqual({ "D1.1": "it passed, but around it: could not clean up" })
    expect(exitCode).toBe(2)
  })

  test.for<[string, string[], string]>([
    ["files", ["specs/c9"], "no check matches specs/c9"],
    ["a pattern", ["specs/c5", "-t", "C5.9 "], 'no check matches specs/c5 -t "C5.9 "'],
    ["a milestone", ["specs/d1", "--tags-filter", "W1"], "no check matches specs/d1 W1"],
  ])("that %s match nothing is refused before anything is recorded", async ([_, args, message], { expect }) => {
    const { runs, exitCode, screen, review } = await verify(await freshOut(), ...args)
    expect(exitCode).toBe(2)
    expect(screen).toContain(`error: ${message}; nothing was run`)
    expect({ runs, review }).toEqual({ runs: [], review: "" })
  })
})
