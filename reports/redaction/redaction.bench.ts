// How fast evidence is redacted, beside what one would write first: node --import tsx reports/redaction/redaction.bench.ts [MiB]
// The naive one replaces each secret as it is, in JSON, in a URL and in base64, text by text, and finds nothing else.
// Both run in turn, several rounds, in time of the processor, and ratios within a round are compared: other jobs may run
// on this machine.

import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Redactor } from "./redactor.ts"

const rounds = 7
const secrets = 50
const enough = 50
const mebibyte = 2 ** 20
const size = Number(process.argv[2] ?? 16) * mebibyte

const folder = join(import.meta.dirname, "testdata/benign")
const benign = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))
// As excerpts come: one command's output each.
const texts: string[] = []
for (let length = 0, next = 0; length < size; next++) {
  const text = benign[next % benign.length] ?? ""
  texts.push(text)
  length += text.length
}
const characters = texts.reduce((sum, text) => sum + text.length, 0)

const values = Array.from({ length: secrets }, () => randomBytes(24).toString("base64url"))
const redactor = new Redactor()
for (const value of values) redactor.add({ name: "token", bytes: Buffer.from(value) })
// One text in a hundred shows one.
const shown = texts.map((text, index) => (index % 100 === 0 ? `${text}${values[index % secrets]}\n` : text))

const needles = values.flatMap((value) => [
  ...new Set([
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
  ]),
])
const contenders: Record<string, (text: string) => string> = {
  redactor: (text) => redactor.text(text),
  "split and join": (text) => needles.reduce((left, needle) => left.split(needle).join("[REDACTED]"), text),
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000
const times: Record<string, number[]> = {}
for (let round = 0; round <= rounds; round++) {
  for (const [contender, redact] of Object.entries(contenders)) {
    const started = process.cpuUsage()
    let hidden = 0
    for (const text of shown) if (redact(text).includes("[REDACTED")) hidden++
    if (hidden < shown.length / 100) throw new Error(`${contender} hid only ${hidden}`)
    // The first round warms up.
    if (round > 0) times[contender] = [...(times[contender] ?? []), milliseconds(process.cpuUsage(started))]
  }
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN
const of = (contender: string) => times[contender] ?? []
const speed = (contender: string) => characters / 1e6 / (median(of(contender)) / 1000)
const ratio = median(of("split and join").map((time, round) => time / (of("redactor")[round] ?? 0)))
console.log("| redacting | MB/s | forms of a secret | beside |")
console.log("| --- | --- | --- | --- |")
console.log(`| split and join | ${speed("split and join").toFixed(0)} | 4 | |`)
console.log(`| reports/redaction | ${speed("redactor").toFixed(0)} | all | ${ratio.toFixed(2)}x its speed |`)
console.log(
  `${(characters / mebibyte).toFixed(0)} MiB of evidence in ${texts.length} texts, ${secrets} secrets, ${rounds} rounds, medians`,
)
if (!(speed("redactor") >= enough)) process.exitCode = 1
