// Ledgers as runs would have left them, signed only in looks: the gate's answer is given to the page.
import { join } from "node:path"
import { probeNames } from "../../cold.ts"
import { type Item, readDefinition } from "../../definition.ts"
import { beginning, digestOf, type Entry, type Lane, type Line, runsOf, type Statement } from "../../lane.ts"
import type { CheckRecord, Command, End, Observation, Start, Suite } from "../../ledger.ts"
import type { Limitation } from "../../limitation.ts"
import type { Role } from "../../roles.ts"
import type { Answer, Asked } from "../asked.ts"

export const definition: Item[] = await readDefinition(join(import.meta.dirname, "..", "..", "..", "docs", "definition-of-done.md"))
export const ids = definition.flatMap(({ checks }) => checks.map(({ id }) => id))
const hex = (seed: string, length = 64) => Buffer.from(seed).toString("hex").repeat(length).slice(0, length)
export const suite: Suite = { commit: hex("c0", 40), dirty: false, lockfileSha256: hex("1"), definitionSha256: hex("d"), node: "v20.20.0", vitest: "4.1.12" }
export const now = new Date("2026-03-20T07:30:00.000Z")
export const subject = {
  baseRev: hex("b", 40), secretsRev: hex("s", 40), systemPath: "/nix/store/0c6f0l3sx8m6yd1bq3qwr4k5mzfj2x7a-nixos-system-cc-ci-26.05",
  hostKeyFingerprint: "SHA256:Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE", machineId: hex("m", 32), bootId: "5b0f2c1e-7d0a-4a53-9a37-0d6e5ad2c9b1",
}
export const cold = { cold: true, because: "", probes: probeNames.map((what) => ({ what: String(what), want: "so", got: "so" })) }
export const warm = { cold: false, because: "", probes: cold.probes.map((one) => (one.what === "boot" ? { ...one, want: "another", got: "the same as the builder's" } : one)) }

export interface Run {
  role: Role
  /** Hours before {@link now}. */
  ago: number
  checks: CheckRecord[]
  start?: Partial<Start>
  end?: Partial<End> | null
  signed?: boolean
}

export function check(id: string, more: Partial<CheckRecord> = {}): CheckRecord {
  return { id, verdict: "pass", why: "", observations: observationsOf(id), commands: commandsOf(id), assertions: 3, milliseconds: 400 + id.length * 137, ...more }
}

/** All checks of the definition, some of them otherwise. */
export function checks(other: Record<string, Partial<CheckRecord>> = {}, of = ids): CheckRecord[] {
  return of.map((id) => check(id, other[id]))
}

function observationsOf(id: string): Observation[] {
  if (id === "C4.10") return [{ what: "left of it", seen: [] }, { what: "steps", seen: steps }]
  if (id === "C4.5") return [{ what: "units", seen: units }]
  return [
    { what: "looked up", seen: "the base repo", from: "the base repo" },
    { what: "commits searched", seen: 412 },
    { what: "served fingerprints", seen: { "ci.example.org:443": `SHA256 ${hex(id, 48)}`, "10.0.4.2:443 (no SNI)": `SHA256 ${hex(id, 48)}` } },
    { what: "paths", seen: Array.from({ length: 12 }, (_, n) => `/nix/store/${hex(`${id}${n}`, 32)}-package-${n}.2.1`) },
  ]
}

function commandsOf(id: string): Command[] {
  const one = (argv: string[], exit: number, milliseconds: number): Command => ({ where: argv[0] === "git" ? "here" : "ci.example.org", argv, exit, milliseconds, outputSha256: hex(argv.join(), 64) })
  return [
    one(["git", "clone", "--mirror", "https://git.example.org/ops/cc-ci.git"], 0, 1840),
    one(["git", "rev-parse", "--verify", `refs/heads/main^{commit}`], 0, 6),
    one(["sh", "-euc", `readlink /run/current-system # for ${id}`], 0, 41),
  ]
}

const step = (name: string, whose: string, milliseconds: number) => ({ step: name, whose, milliseconds })
const steps = [
  step("reading the install document", "ours", 220), step("looking for what dead runs left", "ours", 340), step("guardrails", "ours", 610),
  step("what git seals", "ours", 1900), step("creating cc-ci-throwaway", "the machine's", 9400), step("booting it", "the machine's", 14200),
  step("is it blank", "ours", 5100), step("following the document", "the machine's", 402_000), step("looking at secrets, TLS, closure and disks", "ours", 38_000),
  step("switching again", "the machine's", 21_000), step("restarting it", "the machine's", 44_000), step("looking at it after the restart", "ours", 6200),
]
const unit = (name: string, milliseconds: number | null, budgetSeconds: number) => ({
  unit: `cc-ci-${name}.service`, state: milliseconds === null ? "failed/failed" : "active/exited", result: "success", milliseconds, budgetSeconds, starts: 1, failures: 0, restarts: 0,
})
const units = [unit("swarm", 4100, 60), unit("proxy", 21_300, 120), unit("drone", 36_900, 180), unit("bridge", 9800, 60), unit("dashboard", 52_000, 60)]

let counter = 0
export function statementsOf({ role, ago, checks: all, start, end }: Run): Statement[] {
  const run = `00000000-0000-4000-8000-${String(++counter).padStart(12, "0")}`
  const at = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString()
  const nonce = hex(run.slice(-4))
  const began: Start = {
    kind: "start", run, target: "cc-ci", role, started: at(ago), suite, selection: { filters: [], pattern: null, checks: all.map(({ id }) => id) },
    cold: role === "adversary" ? cold : warm,
    ...(role === "adversary" ? { challenge: { nonce, said: "{}", signature: "AAAA", hostKey: "ssh-ed25519 AAAA", sent: at(ago), answered: at(ago) } } : {}),
    ...start,
  }
  if (end === null) return [began]
  const ended: End = { kind: "end", run, finished: at(ago - 0.2), interrupted: false, exitCode: 0, subject, checks: all, problems: [], unhandled: [], ...end }
  return [began, ended]
}

/** A ledger with these entries, as parseLane would answer; a year of them is not written down and read again. */
export function laneOf(name: string, statements: Statement[], signed = true): Lane {
  const entries: Entry[] = []
  const lines: Line[] = []
  for (const statement of statements) {
    const last = entries.at(-1)
    const line: Line = { ...statement, previous: last === undefined ? beginning : digestOf(last) }
    lines.push(line)
    entries.push({ bytes: JSON.stringify(line), ...(signed ? { signature: "AAAA" } : {}) })
  }
  return { name, entries, lines, runs: runsOf(lines, entries, name) }
}

export function lanesOf(runs: Run[], more: { role: Role; statement: Statement }[] = []): Lane[] {
  const oldest = [...runs].sort((a, b) => b.ago - a.ago)
  return (["adversary", "builder", "ci"] as const).map((role) =>
    laneOf(role, [...more.filter((one) => one.role === role).map(({ statement }) => statement), ...oldest.filter((run) => run.role === role).flatMap(statementsOf)], role !== "builder"),
  )
}

export const open: Answer = { open: true, reasons: [], subject, until: "2026-03-21T03:10:00.000Z", limited: [] }
export const shut = (...reasons: string[]): Answer => ({ ...open, open: false, reasons })

export function asked(lanes: Lane[], gate: Answer = open, more: Partial<Asked> = {}): Asked {
  return { target: "cc-ci", definition, suite, lanes, gate, now, ...more }
}

export function limitation(more: Partial<Limitation> = {}): Limitation {
  return {
    kind: "limitation", target: "cc-ci", id: "L-1", check: "C4.9", subject: { baseRev: subject.baseRev, hostKeyFingerprint: subject.hostKeyFingerprint },
    stillClaimed: "the first switch converges", stillTested: "C4.5 on the same machine", reason: "b1 has too little memory for a second switch this week",
    requestedBy: "builder", approvedBy: "adversary", issued: "2026-03-17T09:00:00.000Z", expires: "2026-03-24T09:00:00.000Z", ...more,
  }
}

/** A night's run of everything, for as many nights. */
export function nights(count: number, from = 5): Run[] {
  return Array.from({ length: count }, (_, night) => ({ role: "ci", ago: from + night * 24, checks: checks() }) satisfies Run)
}

export const healthy = (): Asked =>
  asked(lanesOf([...nights(30), { role: "builder", ago: 9, checks: checks() }, { role: "adversary", ago: 4.3, checks: checks() }]))

/** A bad week: red, limited and waiting checks, nights that are missing, other rules, another host, a run that died. */
export function failing(): Asked {
  const waits: Partial<CheckRecord> = { verdict: "not run", why: "waits for a run with --clean-room", waitsFor: "a run with --clean-room", observations: [], commands: [], assertions: 0, milliseconds: 0 }
  const room = Object.fromEntries(ids.filter((id) => id.startsWith("C4.")).map((id) => [id, waits]))
  const fail = { verdict: "fail", why: "private keys found: expected [ 'f6c0258:tls/lab.key' ] to deeply equal []" } as const
  const error = { verdict: "error", why: "no TLS handshake with 10.0.0.2:443 (sni ci.example.org, TLSv1.2): Connection refused" } as const
  const limited = { verdict: "limited", why: "L-1 until 2026-03-24T09:00:00.000Z, b1 has too little memory: expected 137 to be 0", limitation: { id: "L-1", verdict: "fail" } } as const
  const old = { ...suite, commit: hex("01d", 40) }
  const older = { start: { suite: old } }
  const lanes = lanesOf(
    [
      ...nights(9, 5 + 24 * 9).map((run) => ({ ...run, ...older, checks: checks(room) })),
      ...nights(4, 5 + 24 * 2).map((run, index) => ({ ...run, checks: checks({ ...room, ...(index < 2 ? { "C2.5": error, "C3.1": fail } : {}) }) })),
      { role: "ci", ago: 5, checks: checks({ ...room, "C2.5": fail, "C3.1": fail, "C1.11": { milliseconds: 3 } }), end: { exitCode: 1, problems: ["specs/c7-docs.spec.ts: SyntaxError: Unexpected token"], unhandled: ["Error: read ECONNRESET"] } },
      { role: "builder", ago: 60, checks: checks({ "C2.5": fail }), end: { subject: { ...subject, systemPath: "/nix/store/1111111111-nixos-system-cc-ci-26.05" } } },
      { role: "builder", ago: 30, checks: checks({}, ids.filter((id) => /^(C1|C2)\./.test(id))), end: { subject: { ...subject, systemPath: "/nix/store/1111111111-nixos-system-cc-ci-26.05" } } },
      { role: "adversary", ago: 70, checks: checks({ "C4.9": fail, "C6.2": error }) },
      { role: "adversary", ago: 4.3, checks: checks({ "C2.5": fail, "C3.1": error, "C4.9": limited }) },
      { role: "builder", ago: 2, checks: checks({}, ids.filter((id) => id.startsWith("C3."))), end: null },
    ],
    [{ role: "adversary", statement: limitation() }, { role: "adversary", statement: limitation({ id: "L-2", check: "C6.2", issued: "2026-02-20T09:00:00.000Z", expires: "2026-03-01T09:00:00.000Z" }) }],
  )
  return asked(
    lanes,
    shut(
      "the adversary's run of 2026-03-20T03:12:00.000Z: it was not cold: boot: the same (wanted: another)",
      `C2.5: fail in the adversary's run of 2026-03-20T03:12:00.000Z: ${fail.why}`,
      `C3.1: error in the adversary's run of 2026-03-20T03:12:00.000Z: ${error.why}`,
      ...ids.filter((id) => id.startsWith("C7.")).map((id) => `${id}: the adversary never ran it`),
    ),
  )
}

export const empty = (): Asked =>
  asked([], { ...shut(...ids.filter((id) => /^(C|D)/.test(id)).map((id) => `${id}: the adversary never ran it`)), subject: {}, until: undefined })

/** A year of nights; in the newest runs all is red, and they saw more of each check than any page has room for. */
export function year(): Asked {
  const inventory = Array.from({ length: 300 }, (_, n) => `/var/lib/docker/volumes/${n}/_data/"config" & <more>.json: regular (no secret in it)`)
  const why = "expected [ { path: '/run/secrets/x', mode: '0644' } ] to deeply equal []; ".repeat(40)
  const full = ids.map((id) => check(id, { verdict: "fail", why, observations: [...observationsOf(id), { what: "the inventory", seen: inventory }], commands: Array.from({ length: 20 }, () => commandsOf(id)).flat() }))
  return asked(lanesOf([...nights(364, 29), { role: "ci", ago: 5, checks: full }, { role: "builder", ago: 9, checks: full }, { role: "adversary", ago: 4.3, checks: full }]))
}

export const nasty = [
  "<script>globalThis.pwned = 1; alert(1)</script>", "</script><script>pwned = 1</script>", "</style><img src=x onerror=pwned=1>", '" onmouseover="pwned=1" autofocus onfocus="pwned=1', "' onclick='pwned=1",
  "<a href=\"javascript:pwned=1\">x</a>", "<svg onload=pwned=1>", "<iframe src=//evil.example/></iframe>", "]]><!--", "{{constructor.constructor('pwned=1')()}}",
  "\u202egnp.exe\u2066", "\u200b\u200d\ufeff", "\u001b[31mred\u001b[0m\u0000\u0007", "https://evil.example/x.png", "&lt;&#60;", "${pwned = 1}", "`", "\\u003cscript\\u003e",
].join("\n")
export const endless = "W".repeat(100_000)

/** Whatever a target, a role or a document can put into any field. */
export function hostile(): Asked {
  const text = `${nasty}\n${endless}`
  const observations: Observation[] = [{ what: text, seen: text }, { what: nasty, seen: { [nasty]: [text, { [text]: null }] } }, { what: "steps", seen: [step(text, text, 5)] }, { what: "units", seen: [{ ...unit("x", 5, 1), unit: text, state: text }] }, { what: "x", seen: 1, from: text }]
  const commands: Command[] = [{ where: text, argv: [text, nasty], exit: null, outputSha256: text, milliseconds: 1 }]
  const record = (id: string, verdict: CheckRecord["verdict"]): CheckRecord => check(id, { verdict, why: text, observations, commands, waitsFor: text, limitation: { id: text, verdict: "fail" } })
  const bad = { ...suite, commit: text, definitionSha256: nasty, lockfileSha256: text, node: text, vitest: text, dirty: true }
  const run = (role: Role, ago: number): Run => ({
    role, ago, checks: [record("C1.1", "fail"), record("C4.10", "error"), record("C4.5", "limited"), record("C2.5", "not run"), record(nasty, "fail")],
    start: { suite: bad, cold: { cold: true, because: text, probes: [{ what: text, want: text, got: nasty }] }, challenge: { nonce: text, sent: text, answered: text, why: text } },
    end: { finished: text, problems: [text], unhandled: [text], subject: { baseRev: text, [nasty]: text } as never },
  })
  const own: Item[] = [...definition, { id: "X9", title: text, sentence: text, checks: [{ id: "X9.1", sentence: text }] }]
  const lanes = lanesOf(
    [run("builder", 50), run("adversary", 4), { ...run("ci", 30), end: null }],
    [{ role: "adversary", statement: limitation({ id: text, check: "C4.5", reason: text, stillClaimed: text, stillTested: text, requestedBy: text, approvedBy: text, issued: text }) }],
  )
  return asked([...lanes, laneOf(nasty, [])], { ...shut(text, `C1.1: ${text}`, `C1.2: ${nasty}`, `C1.3: ${nasty}`), subject: { baseRev: text, [nasty]: nasty } as never, until: text, limited: [text] }, {
    target: nasty, definition: own, suite: bad,
  })
}
