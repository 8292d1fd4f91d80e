// `npm run baseline`: writes down how everything on the Incus server is now, for C6.6 to compare with later.

import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { incusFacts } from "../helpers/incus.ts"
import { baselineOf, baselineText } from "../helpers/incus-baseline.ts"
import { loadTarget } from "../helpers/target.ts"
import { replaceFile } from "./atomic-file.ts"

const help = `
Records how the other instances and projects on the Incus server are now. C6.6 compares with it from then on.

  npm run baseline -- --target FILE [--replace]

  --target FILE  whose Incus; or the environment variable TARGET
  --replace      overwrite the baseline there is: what changed since is forgotten
`

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help.trim())
    return 0
  }
  const at = args.indexOf("--target")
  const named = at === -1 ? process.env.TARGET : args[at + 1]
  const rest = args.filter((arg, index) => arg !== "--replace" && (at === -1 || (index !== at && index !== at + 1)))
  if (named === undefined || named === "" || rest.length > 0) {
    const what =
      rest.length > 0 ? `nothing here is called ${rest.join(" ")}` : "no target: --target FILE or TARGET names it"
    console.error(`error: ${what}\nnpm run baseline -- --help says what can be asked`)
    return 2
  }
  const target = await loadTarget(resolve(process.env.INIT_CWD ?? process.cwd(), named))
  const { file } = target.incus.baseline
  if (existsSync(file) && !args.includes("--replace")) {
    console.error(`error: ${file} exists; --replace overwrites it, and what changed since it was recorded is forgotten`)
    return 2
  }
  const facts = await incusFacts(target.incus)
  await replaceFile(file, baselineText(baselineOf(facts)))
  const count = facts.projects.reduce((sum, { instances }) => sum + instances.length, 0)
  console.log(`recorded ${count} instances in ${facts.projects.length} projects of ${target.incus.url} in ${file}`)
  return 0
}

process.exitCode = await main(process.argv.slice(2)).catch((cause: Error) => {
  console.error(cause.name === "TargetError" ? cause.message : `error: no baseline was recorded: ${cause.message}`)
  return 2
})
