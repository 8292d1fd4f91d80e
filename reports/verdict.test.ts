import { describe, expect, test } from "vitest"
import { judge, type Tested, worst } from "./verdict.ts"

const finding = { name: "AssertionError", message: "keys found: expected [ 'a' ] to deeply equal []" }
const stray = { name: "Error", message: "no route to host" }

function tested(state: string, errors: object[] = [], more: Record<string, object> = {}): Tested {
  const { meta = { assertions: 1 }, diagnostic = {}, options = {}, result = {} } = more
  return {
    result: () => ({ state, errors, ...result }),
    diagnostic: () => ({ retryCount: 0, flaky: false, ...diagnostic }),
    meta: () => meta,
    options: { mode: "run", ...options },
  } as unknown as Tested
}

describe("a verdict", () => {
  test.each([
    ["pass", "every expectation held", tested("passed"), ""],
    ["fail", "an expectation did not hold", tested("failed", [finding]), finding.message],
    ["fail", "several did not hold", tested("failed", [finding, finding]), `${finding.message}; ${finding.message}`],
    ["error", "something else threw", tested("failed", [stray]), "no route to host"],
    ["error", "both happened", tested("failed", [finding, stray]), "no route to host"],
    ["error", "it failed without an error", tested("failed"), "vitest reports a failure without any error"],
    [
      "error",
      "a library tripped over its own assertion",
      tested("failed", [{ ...finding, code: "ERR_ASSERTION" }]),
      `AssertionError: ${finding.message}`,
    ],
    [
      "error",
      "a look-up threw inside an expectation",
      tested("failed", [{ ...finding, message: 'promise rejected "Error: gone" instead of resolving' }]),
      'AssertionError: promise rejected "Error: gone" instead of resolving',
    ],
    [
      "error",
      "it made no expectation",
      tested("passed", [], { meta: { assertions: 0 } }),
      expect.stringContaining("no exp"),
    ],
    ["error", "nobody counted", tested("passed", [], { meta: {} }), expect.stringContaining("no exp")],
    ["error", "it took two attempts", tested("passed", [], { diagnostic: { retryCount: 1 } }), expect.any(String)],
    ["error", "it is flaky", tested("passed", [], { diagnostic: { flaky: true } }), expect.any(String)],
    ["error", "it may be tried again", tested("passed", [], { options: { retry: 1 } }), expect.any(String)],
    [
      "error",
      "it may be tried again on a condition",
      tested("passed", [], { options: { retry: { count: 2 } } }),
      expect.any(String),
    ],
    ["error", "it is meant to fail", tested("passed", [], { options: { fails: true } }), expect.any(String)],
    ["not run", "it was skipped", tested("skipped", [], { result: { note: "later" } }), "later"],
    ["not run", "it waits", tested("skipped", [], { meta: { waitsFor: "a clean room" } }), "waits for a clean room"],
    ["not run", "it never ended", tested("pending"), "it never ended"],
  ])("is %s when %s", (verdict, _, test, why) => {
    expect(judge(test)).toEqual({ verdict, why })
  })

  test("has its reason on one line", () => {
    expect(judge(tested("failed", [{ ...stray, message: "one\n  two\r\nthree" }])).why).toBe("one two three")
  })

  test("tells what an error was caused by", () => {
    const error = { ...stray, cause: { name: "Error", message: "ECONNREFUSED" } }
    expect(judge(tested("failed", [error])).why).toBe("no route to host: ECONNREFUSED")
  })
})

test("the worst verdict is that of the whole, and nothing is not run", () => {
  expect(worst(["pass", "limited", "not run", "error", "fail"])).toBe("fail")
  expect(worst(["pass", "limited", "not run", "error"])).toBe("error")
  expect(worst(["pass", "limited", "not run"])).toBe("not run")
  expect(worst(["pass", "limited"])).toBe("limited")
  expect(worst(["pass"])).toBe("pass")
  expect(worst([])).toBe("not run")
})
