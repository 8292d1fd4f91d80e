// How fast a run's texts are read in every way and looked through, beside a search for the secrets as they are:
// node --import tsx reports/leaks/leaks.bench.ts [MB]
// Both run in turn, several rounds, and ratios within a round are compared: other jobs may run on this machine.

import { benignText } from "./benign-text.ts"
import { leaksIn } from "./leaks.ts"
import { proven } from "./proven.ts"
import { randomSecrets } from "./random-secrets.ts"

const rounds = 5
const megabytes = Number(process.argv[2] ?? 10)
const secrets = randomSecrets(50, 5)
const text = Buffer.from(benignText(megabytes * 1e6, 3, []))

const contenders: Record<string, () => unknown> = {
  leaksIn: () => leaksIn([["evidence", text]], secrets),
  "includes, each secret raw": () => secrets.filter(({ bytes }) => text.includes(Buffer.from(bytes))),
  proven: () => proven(leaksIn),
}
const times: Record<string, number[]> = {}
for (let round = 0; round < rounds; round++) {
  for (const [contender, work] of Object.entries(contenders)) {
    const started = performance.now()
    await work()
    times[contender] = [...(times[contender] ?? []), performance.now() - started]
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN
const of = (contender: string) => times[contender] ?? []
const ratio = median(of("includes, each secret raw").map((time, round) => (of("leaksIn")[round] ?? 0) / time))
for (const contender of Object.keys(contenders)) {
  const milliseconds = median(of(contender))
  const speed = contender === "proven" ? "" : ` ${(text.length / 1e3 / milliseconds).toFixed(1).padStart(8)} MB/s`
  console.log(`${contender.padEnd(30)} ${milliseconds.toFixed(0).padStart(6)} ms${speed}`)
}
const rss = process.resourceUsage().maxRSS / 1024
console.log(
  `${(text.length / 1e6).toFixed(0)} MB of evidence, ${secrets.length} secrets, ${rounds} rounds, medians; ` +
    `leaksIn takes ${ratio.toFixed(1)}x the time of includes; at most ${rss.toFixed(0)} MiB of memory here`,
)
