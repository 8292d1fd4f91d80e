// How fast evidence is redacted, beside what one would write first: node --import tsx reports/redaction/redaction.bench.ts [MiB]
// The naive one replaces each secret as it is, in JSON, in a URL and in base64, text by text, and finds nothing else.
// Then what registration costs: many at once, and late ones, each before a short text.

import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { median, race, timesAsFast } from "../../helpers/race.ts"
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
const byRedactor = (text: string) => redactor.text(text)
const bySplitting = (text: string) => needles.reduce((left, needle) => left.split(needle).join("[REDACTED]"), text)

const all = (redact: (text: string) => string) => () => {
  let hidden = 0
  for (const text of shown) if (redact(text).includes("[REDACTED")) hidden++
  if (hidden < shown.length / 100) throw new Error(`only ${hidden} were hidden`)
}
const contenders = { redactor: all(byRedactor), "split and join": all(bySplitting) }
const times = await race(rounds, contenders, 1)
const speed = (contender: keyof typeof contenders) => characters / 1e6 / (median(times[contender]) / 1000)
const ratio = timesAsFast(times.redactor, times["split and join"])
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
