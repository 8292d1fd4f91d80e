// `npm run clean-room`: what a clean room that was killed has left, and how it goes away.

import { resolve } from "node:path"
import { journalFile, statusOf } from "../helpers/clean-room/journal.ts"
import { recoverAlone } from "../helpers/clean-room/recover.ts"
import { loadTarget } from "../helpers/target.ts"

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
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help.trim())
    return 0
  }
  const at = args.indexOf("--target")
  const named = at === -1 ? process.env.TARGET : args[at + 1]
  const words = args.filter((_, index) => at === -1 || (index !== at && index !== at + 1))
  const [verb = "", ...rest] = words
  const known = ["status", "recover"].includes(verb) && rest.length === 0
  if (!known || named === undefined || named === "") {
    const what = known
      ? "no target: --target FILE or TARGET names it"
      : `expected status or recover, not "${words.join(" ")}"`
    console.error(`error: ${what}\nnpm run clean-room -- --help says what can be asked`)
    return 2
  }
  const target = await loadTarget(resolve(process.env.INIT_CWD ?? process.cwd(), named))
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
process.exit(
  await main(process.argv.slice(2)).catch((cause: Error) => {
    console.error(cause.name === "TargetError" ? cause.message : `error: not recovered: ${cause.message}`)
    return 2
  }),
)
