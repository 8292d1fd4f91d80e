// What the programs that people call beside `npm run verify` have in common.

import { resolve } from "node:path"
import { type ParseArgsConfig, parseArgs } from "node:util"
import { loadTarget, type Target } from "../helpers/target.ts"
import { UsageError } from "./arguments.ts"

/** A path as whoever calls means it: npm itself runs in the suite's directory. */
export const pathOf = (given: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), given)

export function optionsIn<T extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (cause) {
    throw new UsageError((cause as Error).message.split(". ")[0] ?? "", { cause })
  }
}

/** The target file that --target names, or TARGET, and what it says. */
export async function targetOf(option: string | undefined): Promise<{ file: string; target: Target }> {
  const named = option ?? process.env.TARGET
  if (named === undefined || named === "") throw new UsageError("no target: --target FILE or TARGET names it")
  const file = pathOf(named)
  return { file, target: await loadTarget(file) }
}

/**
 * Runs `npm run NAME`; its exit code is 2 where it throws. `failed` says of errors that are nobody's usage or file what
 * was attempted.
 */
export async function program(
  name: string,
  help: string,
  main: (args: string[]) => Promise<number>,
  failed: (error: Error) => string,
): Promise<number> {
  const args = process.argv.slice(2)
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help.trim())
    return 0
  }
  try {
    return await main(args)
  } catch (thrown) {
    const error = thrown as Error
    if (error.name === "TargetError") console.error(error.message)
    else if (error instanceof UsageError)
      console.error(`error: ${error.message}\nnpm run ${name} -- --help says what can be asked`)
    else console.error(`error: ${failed(error)}`)
    return 2
  }
}
