// Runs the small suite beside this file in a process of its own, as a person would.
import { mkdtemp, readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { type End, readLedger, type RunRecord } from "../ledger.ts"
import { program } from "./start.ts"

const script = join(import.meta.dirname, "suite", "verify.ts")

export interface Looked {
  out: string
  exitCode: number | undefined
  /** Everything the terminal showed. */
  screen: string
  runs: RunRecord[]
  /** Of the newest run; throws if it has none. */
  end: End
  review: string
}

/** A directory for REVIEW.md and evidence/. */
export async function freshOut(): Promise<string> {
  return mkdtemp(join(tmpdir(), "reports-"))
}

/** Starts a run; the process is the leader of a group of its own, as in a shell. */
export const start = (out: string, ...args: string[]) => startWith({}, out, ...args)

/** As {@link start}, with more in its environment. */
export function startWith(env: Record<string, string>, out: string, ...args: string[]) {
  const options = { all: true, reject: false, detached: true, env: { ...alone, ...env } } as const
  return execa("node", [...program, script, out, ...args], options)
}

/** A whole run, and what it left behind. */
export async function verify(out: string, ...args: string[]): Promise<Looked> {
  const { exitCode, all } = await start(out, ...args)
  return Object.assign(await left(out), { exitCode, screen: all })
}

export async function left(out: string): Promise<Omit<Looked, "exitCode" | "screen">> {
  const runs = await readLedger(join(out, "evidence", "small", "builder.jsonl"))
  const end = runs.at(-1)?.end
  const review = await readFile(join(out, "REVIEW.md"), "utf8").catch(() => "")
  return {
    out,
    runs,
    get end() {
      if (end === undefined) throw new Error("the newest run did not end")
      return end
    },
    review,
  }
}

/** The verdicts of a run, by id. */
export function verdicts(end: End): Record<string, string> {
  return Object.fromEntries(end.checks.map(({ id, verdict }) => [id, verdict]))
}

/** The reasons of a run, by id. */
export function whys(end: End): Record<string, string> {
  return Object.fromEntries(end.checks.map(({ id, why }) => [id, why]))
}

/** The managed block of one part, markers included. */
export function blockOf(review: string, part: string): string {
  const [block] = new RegExp(`^<!-- cc-ci-verifier begin small ${part} -->\n[^]*?^<!-- cc-ci-verifier end small ${part} .*$`, "m").exec(review) ?? []
  if (block === undefined) throw new Error(`no block ${part}`)
  return block
}

/** An environment that the vitest around the test, and whoever started that, does not reach into. */
export const alone = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(VITEST|TARGET$|INIT_CWD$|NODE_ENV$|TEST$)/.test(name))
    .map((name) => [name, undefined]),
)
