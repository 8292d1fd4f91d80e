// Why nix did not build: because of what it looked at, or because it could not look.

import { withoutCredentials } from "./flake-url.ts"

export type Reason =
  | "lock file would change"
  | "an input is not what flake.lock says"
  | "an input has no such revision"
  | "evaluation failed"
  | "build failed"

export interface Refusal {
  reason: Reason
  /** The last lines that nix said, without secrets. */
  lines: string[]
}

const facts: [RegExp, Reason][] = [
  [/requires lock file changes|cannot write modified lock file|not writing modified lock/, "lock file would change"],
  [/cannot update (?:unlocked )?(?:flake )?input|contains (?:unlocked|mutable) /, "lock file would change"],
  [
    /NAR hash mismatch|mismatch in field '\w+' of input|'\w+' attribute mismatch in input/,
    "an input is not what flake.lock says",
  ],
]

// Nix says so, too, when it could not fetch; then git says why.
const missing = /[Cc]annot find Git revision|not our ref|couldn't find remote ref|unadvertised object|unknown revision/
const gitFailed = /^fatal: (?!.*(?:not our ref|couldn't find remote ref|unadvertised object|unknown revision))/m

// Nothing that nix says only when it looked; a flake that throws such a text is an error, too, and no pass.
const blind = [
  /could(?: not|n't) resolve (?:host|proxy)|could not connect|couldn't connect|failed to connect/i,
  /connection (?:refused|reset|timed out|closed)|operation timed out|network is unreachable|no route to host/i,
  /unable to access '|could not read (?:Username|Password|from remote)|authentication failed|terminal prompts disabled/i,
  /SSL (?:certificate|connect|peer)|requested URL returned error|HTTP error \d|unable to download|curl: \(\d+\)/i,
  /repository '[^']*' not found|does not appear to be a git repository|early EOF|remote end hung up/i,
  /no space left|disk quota|read-only file system|cannot allocate memory|too many open files|input\/output error/i,
  /permission denied|operation not permitted|cloning builder process|unable to start build process|setting up the build/i,
  /(?:private|user|mount|kernel) namespaces?|sandbox(?:ing)? (?:is|isn't|not)|pivot_root|chroot/i,
  /interrupted by the user|due to signal|database (?:is busy|is locked|disk image)|build users? group|all build users/i,
  // Beside it stands a warning of the same words, which says nothing.
  /error: the group '[^']*' specified in 'build-users-group'/,
  /is required to build '[^']*', but I am a|required (?:system|features?)/i,
  /unrecognised (?:flag|option)|unknown setting|experimental (?:Nix )?feature '[^']*' is disabled/i,
]

/**
 * Judges what nix said when it ended with an exit code other than 0. Throws when it could not look: no network, no login,
 * no space, no sandbox, a killed nix.
 */
export function refusal(
  what: string,
  step: "eval" | "build",
  exitCode: number,
  stderr: string,
  secrets: string[],
): Refusal {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
  const text = stderr.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "")
  const lines = lastLines(text, secrets)
  // What a builder printed is quoted: only a lost network there keeps us from having looked.
  const own = text.replace(/^\s*> .*$/gm, (line) => /curl: \(\d+\)/.exec(line)?.[0] ?? "")
  const fact = facts.find(([pattern]) => pattern.test(own))?.[1]
  if (fact !== undefined) return { reason: fact, lines }
  const errored = /^\s*error:/m.test(own)
  if (exitCode >= 124 || !errored || gitFailed.test(own) || blind.some((pattern) => pattern.test(own))) {
    throw new Error(`${what}: nix ${step} could not look: exit ${exitCode}\n${lines.join("\n")}`)
  }
  if (missing.test(own)) return { reason: "an input has no such revision", lines }
  const built = step === "build" || /builder for '[^']*' failed|Cannot build '[^']*'|build of '[^']*' failed/.test(own)
  return { reason: built ? "build failed" : "evaluation failed", lines }
}

// Where it was, and what was quoted or built on the way there.
const chatter =
  /^\s*(?:\d*\||… while |at <nix|building '|copying path '|\(stack trace truncated|warning: you don't have Internet)/

function lastLines(text: string, secrets: string[]): string[] {
  const clean = secrets.reduce((all, secret) => all.replaceAll(secret, "[secret]"), text)
  const lines = clean.split("\n").filter((line) => line.trim() !== "" && !chatter.test(line))
  // Where it lay differs from run to run, and means nothing.
  const short = lines.slice(-20).map((line) => line.replace(/\/[^\s'"]*\/cc-ci-verifier-cold-\w+(?:\/store\b)?/g, ""))
  return short.map((line) => withoutCredentials(line).slice(0, 1000))
}
