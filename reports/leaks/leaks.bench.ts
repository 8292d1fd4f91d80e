// How fast a run's texts are read in every way and looked through, beside a search for the secrets as they are:
// node --import tsx reports/leaks/leaks.bench.ts [MB]

import { median, race, timesAsFast } from "../../helpers/race.ts"
import { benignText } from "./benign-text.ts"
import { leaksIn } from "./leaks.ts"
import { proven } from "./proven.ts"
import { randomSecrets } from "./random-secrets.ts"

const rounds = 5
const megabytes = Number(process.argv[2] ?? 10)
const secrets = randomSecrets(50, 5)
const text = Buffer.from(benignText(megabytes * 1e6, 3, []))

const times = await race(rounds, {
  leaksIn: () => leaksIn([["evidence", text]], secrets),
  "includes, each secret raw": () => secrets.filter(({ bytes }) => text.includes(Buffer.from(bytes))),
  proven: () => proven(leaksIn),
})

const ratio = timesAsFast(times["includes, each secret raw"], times.leaksIn)
for (const [contender, took] of Object.entries(times)) {
  const milliseconds = median(took)
  const speed = contender === "proven" ? "" : ` ${(text.length / 1e3 / milliseconds).toFixed(1).padStart(8)} MB/s`
  console.log(`${contender.padEnd(30)} ${milliseconds.toFixed(0).padStart(6)} ms${speed}`)
}
const rss = process.resourceUsage().maxRSS / 1024
console.log(
  `${(text.length / 1e6).toFixed(0)} MB of evidence, ${secrets.length} secrets, ${rounds} rounds, medians; ` +
    `leaksIn takes ${ratio.toFixed(1)}x the time of includes; at most ${rss.toFixed(0)} MiB of memory here`,
)
