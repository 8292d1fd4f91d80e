// What the programs that people call beside `npm run verify` have in common.

import { resolve } from "node:path"
import { type ParseArgsConfig, parseArgs } from "node:util"
import { loadTarget, type Target, TargetError } from "../helpers/target.ts"
import { SignersError } from "./allowed-signers.ts"
import { UsageError } from "./arguments.ts"
import { SignerError } from "./signer.ts"

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

/** What is said of an error; `failed` says of those that do not say it what was attempted. */
export function complaint(name: string, error: Error, failed: (error: Error) => string): string {
  if (error instanceof TargetError) return error.message
  if (error instanceof SignerError || error instanceof SignersError) return `error: ${error.message}`
  if (error instanceof UsageError) return `error: ${error.message}\nnpm run ${name} -- --help says what can be asked`
  return `error: ${failed(error)}`
}

/** Runs `npm run NAME`; its exit code is 2 where it throws. */
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
  } catch (error) {
    console.error(complaint(name, error as Error, failed))
    return 2
  }
}
