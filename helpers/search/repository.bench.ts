// How fast a repository's objects are searched, beside git reading them all for nobody, and beside ripgrep on what git
// reads: node --import tsx helpers/search/repository.bench.ts. With UPDATE=1 the line goes into docs/performance.md.

import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ontoThePage } from "../performance-page.ts"
import { median, race } from "../race.ts"
import { run } from "../run.ts"
import { Secret } from "../secret.ts"
import { searchPlan } from "./engine.ts"
import { needlesOf } from "./needles.ts"
import { Report } from "./report.ts"
import { searchRepository } from "./repository.ts"
import { shell, writePatterns } from "./ripgrep.ts"

const commits = 5_000
const rounds = 5
const goalSeconds = 10
const planted = "Zk3-planted_in-the-history-9Qx"

/** A history of small changes to many files: each commit brings a blob and two trees. */
function history(): string {
  const pieces: string[] = []
  for (let index = 0; index < commits; index++) {
    const secret = index === 1234 ? `\ntoken = ${planted}` : ""
    const text = `{ lib, pkgs, ... }:\n{\n  services.app${index % 97}.enable = true;\n  revision = ${index};\n${"  # a line as modules have them\n".repeat(40)}}${secret}\n`
    const data = (content: string) => `data ${Buffer.byteLength(content)}\n${content}\n`
    pieces.push(
      `commit refs/heads/main\ncommitter a <a@b> ${1_700_000_000 + index} +0000\n${data(`change ${index}`)}`,
      `M 100644 inline modules/app${index % 97}.nix\n${data(text)}`,
    )
  }
  return pieces.join("")
}

const scratch = await mkdtemp(join(tmpdir(), "repository-bench-"))
try {
  const git = (...args: string[]) => run("git", ["-C", scratch, ...args])
  await git("init", "-q", "--bare")
  await run("git", ["-C", scratch, "fast-import", "--quiet"], { input: history() })
  const secrets = [planted, ...Array.from({ length: 19 }, () => randomBytes(24).toString("base64url"))]
  const { needles } = needlesOf(secrets.map((value, index) => new Secret(`secret ${index}`, Buffer.from(value))))
  const plan = searchPlan(needles)
  const patterns = join(scratch, "patterns")
  writePatterns(patterns, needles)
  const all = `git -C '${scratch}' cat-file --batch-all-objects --batch --unordered --buffer`
  let objects = 0
  const times = await race(rounds, {
    ours: async () => {
      const report = new Report()
      const found = await searchRepository(scratch, "bench", plan, report)
      objects = Object.values(found.objects).reduce((sum, count) => sum + count, 0)
      if (report.findings.length !== 1) throw new Error(`${report.findings.length} findings of one that was planted`)
    },
    git: () => shell(`${all} >/dev/null`),
    ripgrep: () => shell(`${all} | rg -a -F -f '${patterns}' >/dev/null`),
  })
  const seconds = (took: number[]) => median(took) / 1000
  const [ours, alone, ripgrep] = [seconds(times.ours), seconds(times.git), seconds(times.ripgrep)]
  const line = `${objects.toLocaleString("en")} objects, ${needles.length} needles: ${ours.toFixed(2)} s (goal: ${goalSeconds}); git alone reads them in ${alone.toFixed(2)} s, into ripgrep in ${ripgrep.toFixed(2)} s: ${(ripgrep / ours).toFixed(2)}x. ${rounds} rounds, medians.`
  console.log(line)
  ontoThePage("repository", line)
  if (ours > goalSeconds || objects < 20_000) process.exitCode = 1
} finally {
  await rm(scratch, { recursive: true, force: true })
}
