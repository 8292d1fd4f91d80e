// `npm run baseline`: writes down how everything on the Incus server is now, for C6.6 to compare with later.

import { existsSync } from "node:fs"
import { incusFacts } from "../helpers/incus.ts"
import { baselineOf, baselineText } from "../helpers/incus-baseline.ts"
import { UsageError } from "./arguments.ts"
import { replaceFile } from "./atomic-file.ts"
import { optionsIn, program, targetOf } from "./program.ts"

const help = `
Records how the other instances and projects on the Incus server are now. C6.6 compares with it from then on.

  npm run baseline -- --target FILE [--replace]

  --target FILE  whose Incus; or the environment variable TARGET
  --replace      overwrite the baseline there is: what changed since is forgotten
`

async function main(args: string[]): Promise<number> {
  const { values, positionals } = optionsIn(args, { target: { type: "string" }, replace: { type: "boolean" } })
  if (positionals.length > 0) throw new UsageError(`nothing here is called ${positionals.join(" ")}`)
  const { target } = await targetOf(values.target)
  const { file } = target.incus.baseline
  if (existsSync(file) && !values.replace) {
    console.error(`error: ${file} exists; --replace overwrites it, and what changed since it was recorded is forgotten`)
    return 2
  }
  const facts = await incusFacts(target.incus)
  await replaceFile(file, baselineText(baselineOf(facts)))
  const count = facts.projects.reduce((sum, { instances }) => sum + instances.length, 0)
  console.log(`recorded ${count} instances in ${facts.projects.length} projects of ${target.incus.url} in ${file}`)
  return 0
}

process.exitCode = await program("baseline", help, main, ({ message }) => `no baseline was recorded: ${message}`)
