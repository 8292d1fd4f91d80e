// How fast trees are searched, beside ripgrep and cat on the same tree, and what is found in a planted one:
// node --import tsx helpers/search/search.bench.ts [MiB]. With UPDATE=1 the table goes into docs/performance.md.

import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { ontoThePage } from "../performance-page.ts"
import { median, race, type Times, timesAsFast } from "../race.ts"
import { Secret } from "../secret.ts"
import { writeLongLine, writePlants, writeStoreLikeTree } from "./bench-tree.ts"
import { searchPlan } from "./engine.ts"
import { type Needle, needlesOf } from "./needles.ts"
import { all } from "./planted-forms.ts"
import { shell, writePatterns } from "./ripgrep.ts"
import { searchTree } from "./tree.ts"

const mebibyte = 2 ** 20
const rounds = 7
const mostMemory = 200

const random = (count: number): Needle[] =>
  Array.from({ length: count }, (_, index) => ({
    secret: `random ${index}`,
    form: "raw",
    bytes: Buffer.from(randomBytes(18).toString("base64url")),
  }))

function formsOfTwenty(): Needle[] {
  const more = Array.from({ length: 20 - Object.keys(all).length }, (_, index) => [
    `more ${index}`,
    randomBytes(24).toString("base64url"),
  ])
  const secrets = [...Object.entries(all), ...(more as [string, string][])]
  return needlesOf(secrets.map(([name, value]) => new Secret(name, Buffer.from(value)))).needles
}

interface Row extends Times<"ours" | "theirs"> {
  what: string
  goal: number
  note: string
}

async function besideRipgrep(
  what: string,
  needles: Needle[],
  goal: number,
  tree: string,
  scratch: string,
): Promise<Row> {
  const patterns = join(scratch, "patterns")
  const given = writePatterns(patterns, needles)
  const plan = searchPlan(needles)
  const times = await race(rounds, {
    ours: async () => {
      const { findings, notScanned } = await searchTree([tree], plan)
      if (findings.length > 0)
        throw new Error(`${findings.length} false findings, first ${JSON.stringify(findings[0])}`)
      if (notScanned.length > 0) console.log(`${notScanned.length} not scanned, first ${JSON.stringify(notScanned[0])}`)
    },
    theirs: () => shell(`rg -uuu -a -F -f '${patterns}' '${tree}'`, [1]),
  })
  return { what, goal, note: `${needles.length} needles; ripgrep got ${given}`, ...times }
}

async function besideCat(tree: string): Promise<Row> {
  const plan = searchPlan(random(200))
  const times = await race(rounds, {
    ours: () => searchTree([tree], plan),
    theirs: () => shell(`find '${tree}' -type f -print0 | xargs -0 -n 200 -P 2 cat >/dev/null`),
  })
  return { what: "cat of the tree, 2 processes", goal: 0.6, note: "200 needles", ...times }
}

/** Peak memory in MiB of a process that does nothing but search once, and the milliseconds that takes it. */
async function alone(tree: string): Promise<{ memory: number; time: number }> {
  const child = spawn(process.execPath, ["--import", "tsx", import.meta.filename, "--alone", tree], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  let text = ""
  for await (const chunk of child.stdout) text += chunk
  const [memory = 0, time = 0] = text.split(" ").map(Number)
  if (!(memory > 0 && time > 0))
    throw new Error(`a process of its own that searched ${tree} said ${JSON.stringify(text)}`)
  return { memory, time }
}

async function detection(root: string): Promise<{ plants: number; missed: string[] }> {
  const plants = writePlants(root, 2)
  const { needles } = needlesOf(Object.entries(all).map(([name, bytes]) => new Secret(name, bytes)))
  const { findings } = await searchTree([root], searchPlan(needles))
  const found = new Set(findings.map(({ where, secret }) => `${where}\n${secret}`))
  const wanted = [...plants].flatMap(([path, secrets]) => secrets.map((secret) => `${path}\n${secret}`))
  return { plants: wanted.length, missed: wanted.filter((plant) => !found.has(plant)) }
}

async function bench(size: number): Promise<void> {
  await shell("rg --version").catch((cause) => {
    throw new Error("ripgrep is not installed, and this bench compares with it: apt-get install ripgrep", { cause })
  })
  const scratch = await mkdtemp(join(tmpdir(), "search-bench-"))
  try {
    const [tree, long, planted] = [join(scratch, "tree"), join(scratch, "long"), join(scratch, "planted")]
    for (const folder of [tree, long, planted]) await mkdir(folder)
    const bytes = writeStoreLikeTree(tree, size)
    const plants = await detection(planted)
    const rows = [
      await besideRipgrep("ripgrep, 20 needles", random(20), 0.8, tree, scratch),
      await besideRipgrep("ripgrep, 200 needles", random(200), 3, tree, scratch),
      await besideRipgrep("ripgrep, 1,000 needles", random(1000), 3, tree, scratch),
      await besideRipgrep("ripgrep, all forms of 20 secrets", formsOfTwenty(), 2, tree, scratch),
      await besideCat(tree),
    ]
    const first = await alone(tree)
    writeLongLine(join(long, "line"), 4 * 2 ** 30)
    const longLine = await alone(long)
    const speed = (times: number[]) => (bytes / median(times) / 1e6).toFixed(2)
    const ratio = ({ ours, theirs }: Row) => timesAsFast(ours, theirs)
    const table = [
      "| beside | theirs, GB/s | ours, GB/s | ratio | goal | |",
      "| --- | --- | --- | --- | --- | --- |",
      ...rows.map(
        (row) =>
          `| ${row.what} | ${speed(row.theirs)} | ${speed(row.ours)} | ${ratio(row).toFixed(2)} | ${row.goal} | ${row.note} |`,
      ),
      "",
      `${(bytes / 1e9).toFixed(1)} GB of programs, texts and derivations, in the page cache; ${rounds} rounds, medians; ${cpus().length} processors.`,
      "Ours looks at names, symbolic links and attributes too, and for what could be unpacked.",
      `No false findings there. Of ${plants.plants} plants (every form of every secret) ${plants.plants - plants.missed.length} are found.`,
      `Threads have searched before; the first search of a process, all forms of 20 secrets: ${speed([first.time])} GB/s.`,
      `Peak memory: ${first.memory.toFixed(0)} MiB; with a file of one line of 4 GiB ${longLine.memory.toFixed(0)} MiB (goal: ${mostMemory}).`,
    ].join("\n")
    console.log(table)
    ontoThePage("search", table)
    const slow = rows.filter((row) => !(ratio(row) >= row.goal)).map(({ what }) => `slower than wanted: ${what}`)
    const failures = [...slow, ...plants.missed.map((plant) => `not found: ${plant.replaceAll("\n", ", ")}`)]
    if (Math.max(first.memory, longLine.memory) > mostMemory) failures.push("more memory than wanted")
    for (const failure of failures) console.log(failure)
    if (failures.length > 0) process.exitCode = 1
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const [option, path] = process.argv.slice(2)
if (option === "--alone" && path !== undefined) {
  const plan = searchPlan(formsOfTwenty())
  const started = performance.now()
  await searchTree([path], plan)
  process.stdout.write(`${process.resourceUsage().maxRSS / 1024} ${performance.now() - started}`)
} else await bench(Number(option ?? 2300) * mebibyte)
