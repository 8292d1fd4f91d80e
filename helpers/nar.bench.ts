// How fast trees are hashed, beside the tools that do the same: node --import tsx helpers/nar.bench.ts [MiB]

import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mebibyte, writeTree } from "./bench-tree.ts"
import { narOfDirectory } from "./nar.ts"
import { narsOfTar } from "./nar-of-tar.ts"
import { sri } from "./nix-hash.ts"
import { median, race, timesAsFast } from "./race.ts"
import { run } from "./run.ts"

const rounds = 7
const enough = { ratio: 0.9, rss: 200 }
const name = "0123456789abcdfghijklmnpqrsvwxyz-bench"

async function narOfTar(store: string): Promise<string> {
  const options = ["--format=gnu", "--sort=name", "--hard-dereference", "-C", store, "-cf", "-", "--", name]
  const tar = spawn("tar", options, { stdio: ["ignore", "pipe", "inherit"] })
  let hash = ""
  for await (const { nar } of narsOfTar(tar.stdout)) hash = sri(nar.narHash)
  return hash
}

const hex = (text: string) => sri(Buffer.from(text.slice(0, 64), "hex"))

const tools = ["nix-store --dump | sha256sum", "nix hash path"]
const store = await mkdtemp(join(tmpdir(), "nar-bench-"))
const path = join(store, name)
const dump = `nix-store --dump ${path} | sha256sum`
const contenders: Record<string, () => Promise<string>> = {
  "ours, directory": async () => sri((await narOfDirectory(path)).narHash),
  "ours, tar stream": () => narOfTar(store),
  "nix-store --dump | sha256sum": async () => hex((await run("sh", ["-c", dump])).stdout),
  "nix hash path": async () =>
    (await run("nix", ["--extra-experimental-features", "nix-command", "hash", "path", path])).stdout.trim(),
}

try {
  await writeTree(path, Number(process.argv[2] ?? 1024))
  const { narSize, narHash } = await narOfDirectory(path)
  const checked = Object.entries(contenders).map(([contender, hash]) => [
    contender,
    async () => {
      if ((await hash()) !== sri(narHash)) throw new Error(`${contender} has another hash`)
    },
  ])
  const times = await race(rounds, Object.fromEntries(checked))
  const of = (contender: string) => times[contender] ?? []
  const ratio = (ours: string, theirs: string) => timesAsFast(of(ours), of(theirs))
  for (const contender of Object.keys(contenders)) {
    const milliseconds = median(of(contender))
    const speed = `${((narSize / mebibyte / milliseconds) * 1000).toFixed(0)} MiB/s`
    const ratios = tools.map((tool) => `${ratio(contender, tool).toFixed(2)}x ${tool}`).join(", ")
    console.log(`${contender.padEnd(30)} ${milliseconds.toFixed(0).padStart(6)} ms ${speed.padStart(12)}  ${ratios}`)
  }
  const rss = process.resourceUsage().maxRSS / 1024
  console.log(
    `${(narSize / mebibyte).toFixed(0)} MiB of NAR, ${rounds} rounds, medians; at most ${rss.toFixed(0)} MiB of memory here`,
  )
  const slow = tools.some((tool) => ratio("ours, directory", tool) < enough.ratio)
  if (slow || rss > enough.rss) process.exitCode = 1
} finally {
  await rm(store, { recursive: true, force: true })
}
