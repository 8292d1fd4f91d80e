// A command that shows whether something done before still holds. It may only read, and is kept from anything else.

import type { Ssh } from "./ssh.ts"
import type { Target } from "./target.ts"

/** What was done before phase 1c; D8 has checks of its own. */
export type Done = keyof Target["regressions"]
type Regression = Exclude<NonNullable<Target["regressions"][Done]>, { notApplicable: string }>

export interface Shown {
  exit: number
  stdout: string
  /** What it changed nevertheless: parts of the swarm, by name. */
  changed: string[]
}

/** The target file's command for it; where it has none, what a check of it waits for. */
export function commandFor({ regressions }: Target, id: Done): { command: Regression; missing: string[] } {
  const declared = regressions[id]
  const none = { command: "" as never, output: "", exit: 0, seconds: 0 }
  if (declared === undefined) return { command: none, missing: [`a command for ${id} in the target file`] }
  if ("notApplicable" in declared) {
    return { command: none, missing: [`a command for ${id}: ${declared.notApplicable}`] }
  }
  return { command: declared, missing: [] }
}

const guard = "cc-ci-verifier"
// In a mount namespace of its own, in which nothing can be written: what the command tries to write is refused there.
const readOnly = `
export PATH="$1:$PATH"
shift
{ mount --make-rprivate / && mount -o remount,bind,ro=recursive /; } || { echo "$0: not read only" >&2; exit 125; }
exec "$@"
`.trim()

/**
 * Runs a command on the host with every file system read only, and says whether the swarm is as it was: over its socket a
 * command could change what no mount protects. Throws when it does not end in time, or cannot be kept from writing.
 */
export async function shows(
  ssh: Ssh,
  programs: string,
  { command, seconds }: Pick<Regression, "command" | "seconds">,
): Promise<Shown> {
  const [program = "", ...args] = command
  const path = program.includes("/") ? program : `${programs}/${program}`
  const before = await swarmState(ssh, programs)
  const argv = [`${programs}/unshare`, "--mount", `${programs}/sh`, "-euc", readOnly, guard, programs, path, ...args]
  // Above are a program that is not there, and signals: then nothing was shown.
  const answers = Array.from({ length: 126 }, (_, code) => code)
  const ran = await ssh.run(argv, { timeoutMs: seconds * 1000, maxBytes: 1024 * 1024, answers })
  if (ran.stderr.startsWith("unshare: ") || ran.stderr.includes(`${guard}: not read only`)) {
    throw new Error(`${ssh.where}: the command could not be kept from writing, so it was not run\n${ran.stderr.trim()}`)
  }
  const after = await swarmState(ssh, programs)
  const names = new Set([...before.keys(), ...after.keys()])
  return {
    exit: ran.exitCode,
    stdout: ran.stdout.toString(),
    changed: [...names].filter((name) => before.get(name) !== after.get(name)).sort(),
  }
}

/** Each service, secret and config of the swarm with its version, which every change of it makes another. */
async function swarmState(ssh: Ssh, programs: string): Promise<Map<string, string>> {
  const state = new Map<string, string>()
  for (const kind of ["service", "secret", "config"]) {
    const ids = (await ssh.run([`${programs}/docker`, kind, "ls", "-q"])).stdout.toString().split("\n").filter(Boolean)
    if (ids.length === 0) continue
    const format = "{{.ID}} {{.Version.Index}}"
    const { stdout } = await ssh.run([`${programs}/docker`, kind, "inspect", "--format", format, ...ids])
    for (const line of stdout.toString().split("\n").filter(Boolean)) {
      const [id = "", version = ""] = line.split(" ")
      state.set(`${kind} ${id.slice(0, 12)}`, version)
    }
  }
  return state
}
