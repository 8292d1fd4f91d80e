// An honest history to attack: three roles with real keys, a host that echoes nonces, and ledgers on disk.
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { canonical } from "../canonical.ts"
import { type Challenge, type Echo, echoNamespace, newChallenge } from "../challenge.ts"
import { probeNames } from "../cold.ts"
import type { Item } from "../definition.ts"
import { exitCodeOf } from "../exit-code.ts"
import { type Gate, gated, gateOf } from "../gate.ts"
import type { Question } from "../gate-runs.ts"
import type { Statement } from "../lane.ts"
import { append, type CheckRecord, type End, readLanes, type Start, type Suite } from "../ledger.ts"
import type { Limitation } from "../limitation.ts"
import { ledgerFile } from "../review-file.ts"
import type { Role } from "../roles.ts"
import type { Signer } from "../signer.ts"
import { sign } from "../ssh-keygen.ts"
import type { Trust } from "../trust.ts"
import { type Keys, makeKeys } from "./signing.ts"

export const suite: Suite = { commit: "c0ffee", dirty: false, lockfileSha256: "10c4", definitionSha256: "d0d", node: "v20", vitest: "4" }
export const definition: Item[] = gated.map((id) => ({
  id,
  title: `Item ${id}`,
  sentence: "It holds.",
  checks: [{ id: `${id}.1`, sentence: "it holds" }],
}))
export const everything = definition.flatMap(({ checks }) => checks.map(({ id }) => id))
export const coldProbes = { cold: true, because: "", probes: probeNames.map((what) => ({ what, want: "so", got: "so" })) }
export const host = { bootId: "b007", machineId: "1d", systemPath: "/nix/store/s" }
export const check = (id: string, more: Partial<CheckRecord> = {}): CheckRecord => ({
  id, verdict: "pass", why: "", observations: [], commands: [], assertions: 1, milliseconds: 1, ...more,
})

export interface RunOptions {
  role?: Role
  /** Whose name is put under it; the role's own unless told, null for nobody's. */
  signer?: Signer | null
  checks?: CheckRecord[]
  start?: Partial<Start>
  end?: Partial<End> | null
  challenge?: Challenge | null
  echo?: Partial<Echo>
  /** What the host says, before it signs it. */
  answer?: Record<string, string>
  ago?: number
}

export interface History {
  keys: Keys
  reports: string
  file(role: Role): string
  text(role: Role): Promise<string>
  write(role: Role, text: string): Promise<void>
  challenge(): Promise<Challenge>
  run(options?: RunOptions): Promise<Start>
  state(role: Role, statement: Statement, signer?: Signer): Promise<void>
  limit(more?: Partial<Limitation>, signer?: Signer): Promise<Limitation>
  trust: Trust
  ask(more?: Partial<Question>, items?: Item[]): Promise<Gate>
}

const minute = 60_000
const keys = await makeKeys()
const hostKey = keys.file("stranger")

/** A run by the builder, then a challenge, then one by the adversary: what opens the gate. */
export async function honest(): Promise<History> {
  const history = await empty()
  await history.run({ role: "builder", challenge: null, ago: 30 * minute })
  await history.run()
  return history
}

/** The same with nothing in the ledgers. */
export async function empty(): Promise<History> {
  const reports = await mkdtemp(join(tmpdir(), "history-"))
  const file = (role: Role) => ledgerFile(reports, "lab", role)
  const now = new Date()
  const at = (ms: number) => new Date(now.getTime() - ms).toISOString()
  const trust: Trust = { signers: keys.signers, from: "the branch", ledgers: new Map() }

  const challenge = async () => {
    const one = newChallenge("lab", 24, new Date(now.getTime() - 20 * minute))
    await append(file("ci"), one, await keys.signer("ci"))
    return one
  }
  const echoed = async (run: string, nonce: string, sent: string, options: RunOptions): Promise<Echo> => {
    const said = canonical({ ...host, clock: sent, nonce, run, ...options.answer })
    const signature = await sign(said, hostKey, { principal: "host", namespace: echoNamespace })
    const [type, key] = (await keys.publicKey("stranger")).split(" ")
    return { nonce, said, signature, hostKey: `${type} ${key}`, sent, answered: sent, incusOffsetMilliseconds: 0, ...options.echo }
  }
  const run = async (options: RunOptions = {}) => {
    const { role = "adversary", ago = 10 * minute, checks = everything.map((id) => check(id)) } = options
    const signer = options.signer === undefined ? await keys.signer(role) : (options.signer ?? undefined)
    const asked = options.challenge === undefined ? await challenge() : options.challenge
    const id = randomUUID()
    const start: Start = {
      kind: "start", run: id, target: "lab", role, started: at(ago), suite,
      selection: { filters: [], pattern: null, checks: checks.map((one) => one.id) },
      cold: coldProbes,
      ...(asked === null ? {} : { challenge: await echoed(id, asked.nonce, at(ago), options) }),
      ...options.start,
    }
    const subject = { baseRev: "ba5e", secretsRev: "5ec", hostKeyFingerprint: await fingerprint(), ...host }
    const whole = { checks, problems: [], unhandled: [], interrupted: false }
    const end: End = { kind: "end", run: id, finished: at(ago - minute), ...whole, exitCode: exitCodeOf(whole), subject, ...options.end }
    await append(file(role), start, signer)
    if (options.end !== null) await append(file(role), end, signer)
    return start
  }
  const limit = async (more: Partial<Limitation> = {}, signer?: Signer) => {
    const one: Limitation = {
      kind: "limitation", target: "lab", id: "L-1", check: "C4.1",
      subject: { baseRev: "ba5e", hostKeyFingerprint: await fingerprint() },
      stillClaimed: "all but the memory", stillTested: "C4.2 on the rest", reason: "b1 has too little memory this week",
      requestedBy: "builder", approvedBy: "adversary", issued: at(15 * minute), expires: at(-7 * 24 * 60 * minute), ...more,
    }
    await append(file("adversary"), one, signer ?? (await keys.signer("adversary")))
    return one
  }
  return {
    keys, reports, file, challenge, run, limit, trust,
    text: (role) => readFile(file(role), "utf8"),
    write: (role, text) => writeFile(file(role), text),
    state: (role, statement, signer) => append(file(role), statement, signer),
    ask: async (more = {}, items = definition) => {
      const lanes = await readLanes(join(reports, "evidence", "lab"))
      return gateOf("lab", items, { lanes, trust, suite, now, ...more })
    },
  }
}

async function fingerprint(): Promise<string> {
  const { fingerprintOf } = await import("../ssh-keygen.ts")
  return fingerprintOf(await keys.publicKey("stranger"))
}
