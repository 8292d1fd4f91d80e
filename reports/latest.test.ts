import { expect, test } from "vitest"
import { latest } from "./latest.ts"
import type { CheckRecord, RunRecord } from "./ledger.ts"

const check = (verdict: CheckRecord["verdict"], waitsFor?: string): CheckRecord => ({
  ...{ id: "C4.1", verdict, why: "", observations: [], commands: [], assertions: 1, milliseconds: 1 },
  ...(waitsFor === undefined ? {} : { waitsFor }),
})

function run(minute: number, one: CheckRecord): RunRecord {
  const at = `2026-11-26T10:${String(minute).padStart(2, "0")}:00.000Z`
  return {
    start: { kind: "start", run: `run-${minute}`, started: at, selection: { checks: ["C4.1"] } },
    end: { kind: "end", run: `run-${minute}`, finished: at, checks: [one] },
  } as unknown as RunRecord
}

const newest = (...ledgers: RunRecord[][]) => {
  const known = latest(ledgers).get("C4.1")
  return known && `${known.check.verdict} of ${known.run.start.run}`
}

const waits = check("not run", "a run with --clean-room")

test("a check that waits has said nothing, and does not take the place of what was seen", () => {
  expect(newest([run(1, check("pass")), run(2, waits)])).toBe("pass of run-1")
  expect(newest([run(1, check("fail")), run(2, waits)])).toBe("fail of run-1")
  expect(newest([run(1, check("pass"))], [run(2, waits)])).toBe("pass of run-1")
  expect(newest([run(2, waits)], [run(1, check("pass"))])).toBe("pass of run-1")
})

test("what was not run for any other reason is the newest thing known", () => {
  expect(newest([run(1, check("pass")), run(2, check("not run"))])).toBe("not run of run-2")
  expect(newest([run(1, waits), run(2, check("not run")), run(3, waits)])).toBe("not run of run-2")
})

test("a check that only ever waited is known to wait", () => {
  expect(newest([run(1, waits), run(2, waits)])).toBe("not run of run-2")
  expect(newest([])).toBeUndefined()
})
