import type { End } from "./ledger.ts"

/** 0 all is well; 1 something was seen that is not so; 2 something could not be looked at. */
export function exitCodeOf(end: Pick<End, "checks" | "problems" | "unhandled" | "interrupted">): 0 | 1 | 2 {
  const verdicts = end.checks.map(({ verdict }) => verdict)
  if (verdicts.includes("fail")) return 1
  const whole = end.problems.length === 0 && end.unhandled.length === 0 && !end.interrupted && verdicts.length > 0
  return whole && verdicts.every((verdict) => verdict === "pass" || verdict === "limited") ? 0 : 2
}
