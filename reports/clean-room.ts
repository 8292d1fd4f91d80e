// `npm run clean-room`: what a clean room that was killed has left, and how it goes away.

import { journalFile, statusOf } from "../helpers/clean-room/journal.ts"
import { recoverAlone } from "../helpers/clean-room/recover.ts"
import { UsageError } from "./arguments.ts"
import { optionsIn, program, targetOf } from "./program.ts"

const help = `
Looks after clean rooms. One is made by: npm run verify -- --clean-room --target FILE

  npm run clean-room -- status  --target FILE   says whose clean room is under way, or what a dead one may have left
  npm run clean-room -- recover --target FILE   destroys exactly what dead runs made, by their journals; a living one is
                                                left alone

  --target FILE  whose Incus; or the environment variable TARGET

The next run with --clean-room recovers by itself. Exit codes: 0 nothing is left; 1 status found something; 2 it could
not be done.
`

async function main(args: string[]): Promise<number> {
  const { values, positionals } = optionsIn(args, { target: { type: "string" } })
  const [verb = "", ...rest] = positionals
  if (!["status", "recover"].includes(verb) || rest.length > 0)
    throw new UsageError(`expected status or recover, not "${positionals.join(" ")}"`)
  const { target } = await targetOf(values.target)
  if (verb === "status") {
    const found = await statusOf(journalFile(target.incus))
    console.log(found.length === 0 ? "no clean room is under way, and none left anything" : found.join("\n"))
    return found.length === 0 ? 0 : 1
  }
  const recovered = await recoverAlone(target)
  if (recovered.length === 0) console.log("no dead run has left anything")
  for (const { run, holder, did } of recovered) console.log([`run ${run}, ${holder}:`, ...did].join("\n  "))
  return 0
}

// The connection to the operator's machine stays open for whoever comes next, which is nobody here.
process.exit(await program("clean-room", help, main, ({ message }) => `not recovered: ${message}`))
