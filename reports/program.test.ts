// Wrong usage of the programs that look at Incus: refused before anything is asked.

import { join } from "node:path"
import { execa } from "execa"
import { expect, test } from "vitest"
import { alone } from "./testdata/small.ts"
import { program } from "./testdata/start.ts"

async function said(name: string, ...args: string[]) {
  const script = join(import.meta.dirname, `${name}.ts`)
  const { stdout, stderr, exitCode } = await execa("node", [...program, script, ...args], { reject: false, env: alone })
  return { stdout, stderr, exitCode }
}

const missing = "/nowhere/target.yaml"

test.each([
  ["baseline", [], "no target: --target FILE or TARGET names it"],
  ["baseline", ["now", "--target", missing], "nothing here is called now"],
  ["baseline", ["--force", "--target", missing], "Unknown option '--force'"],
  ["clean-room", [], 'expected status or recover, not ""'],
  ["clean-room", ["status"], "no target: --target FILE or TARGET names it"],
  ["clean-room", ["status", "all", "--target", missing], 'expected status or recover, not "status all"'],
])("npm run %s %j is refused", async (name, args, message) => {
  expect(await said(name, ...args)).toEqual({
    stdout: "",
    stderr: `error: ${message}\nnpm run ${name} -- --help says what can be asked`,
    exitCode: 2,
  })
})

test.each(["baseline", "clean-room"])("npm run %s names a target file that is not there", async (name) => {
  const { stderr, exitCode } = await said(name, ...(name === "clean-room" ? ["status"] : []), "--target", missing)
  expect({ exitCode, named: stderr.includes(missing) }).toEqual({ exitCode: 2, named: true })
})

test.each(["baseline", "clean-room"])("npm run %s -- --help explains itself", async (name) => {
  const { stdout, exitCode } = await said(name, "--help")
  expect({ exitCode, explains: stdout.includes(`npm run ${name} -- `) }).toEqual({ exitCode: 0, explains: true })
})
