// How fast evidence is redacted, beside what one would write first: node --import tsx reports/redaction/redaction.bench.ts [MiB]
// The naive one replaces each secret as it is, in JSON, in a URL and in base64, text by text, and finds nothing else.
// Both run in turn, several rounds, by the clock on the wall, and ratios within a round are compared: other jobs may run on
// this machine. Then what registration costs: many at once, and late ones, each before a short text.

import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Redactor } from "./redactor.ts"

const rounds = 7
const secrets = 50
/** In MB/s: what is expected of an unloaded machine. */
const enough = 50
const many = 200
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

const times: Record<string, number[]> = {}
for (let round = 0; round <= rounds; round++) {
  for (const [contender, redact] of Object.entries(contenders)) {
    const started = performance.now()
    let hidden = 0
    for (const text of shown) if (redact(text).includes("[REDACTED")) hidden++
    if (hidden < shown.length / 100) throw new Error(`${contender} hid only ${hidden}`)
    // The first round warms up.
    if (round > 0) times[contender] = [...(times[contender] ?? []), performance.now() - started]
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

const timed = (work: () => void) => {
  const started = performance.now()
  work()
  return performance.now() - started
}
const token = () => ({ name: "token", bytes: Buffer.from(randomBytes(24).toString("base64url")) })
const line = "x".repeat(100)
const registry = new Redactor()
const first = timed(() => {
  for (let count = 0; count < many; count++) registry.add(token())
})
const late = timed(() => {
  for (let count = 0; count < many; count++) {
    registry.add(token())
    registry.text(line)
  }
})
const reached = speed("redactor") >= enough ? "reached" : "not reached"
console.log(`goal: ${enough} MB/s with ${secrets} secrets, ${reached}`)
console.log(
  `${many} secrets are registered in ${first.toFixed(0)} ms; ${many} more, each before a short text, in ${late.toFixed(0)} ms`,
)
