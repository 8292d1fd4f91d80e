// The command itself, as it is typed.

import { mkdtemp, readdir, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { execa } from "execa"
import { describe, test } from "vitest"
import { alone } from "./testdata/small.ts"
import { program } from "./testdata/start.ts"

const command = join(import.meta.dirname, "verify.ts")
const cwd = dirname(import.meta.dirname)

async function verify(args: string[], env: Record<string, string> = {}) {
  const options = { cwd, reject: false, env: { ...alone, ...env } } as const
  const { exitCode, stdout, stderr } = await execa("node", [...program, command, ...args], options)
  return { exitCode, stdout, stderr }
}

describe.concurrent("npm run verify", () => {
  test("without a target refuses to start, and says how to make one", async ({ expect }) => {
    const { exitCode, stdout, stderr } = await verify([])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" })
    expect(stderr).toMatch(/^error: no target: nothing says what to look at\.\n/)
    expect(stderr).toMatch(/--target FILE .* TARGET\. To get one:\n {2}npm run lab -- up .*\n {2}fixtures\/targets\//)
  })

  test("--help explains itself and looks at nothing", async ({ expect }) => {
    const { exitCode, stdout, stderr } = await verify(["--help", "--target", "/nowhere.yaml"])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
    for (const word of ["--target FILE", "--role ROLE", "--out DIR", "-t pattern", "Exit codes", "Examples"]) {
      expect(stdout).toContain(word)
    }
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  test.for<[string, string]>([
    [
      "--retry 3",
      "error: --retry does not exist here: it could weaken a verdict; what exists is -t, files and --target,",
    ],
    ["-t (", "error: -t ( is no regular expression: "],
  ])("%s is refused", async ([line, message], { expect }) => {
    const { exitCode, stdout, stderr } = await verify(line.split(" "), { TARGET: "/nowhere.yaml" })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" })
    expect(stderr.slice(0, message.length)).toBe(message)
    expect(stderr.split("\n").at(-1)).toBe("npm run verify -- --help says what can be asked")
  })

  test("with a target file that is not there, or is wrong, says which and where", async ({ expect }) => {
    const directory = await mkdtemp(join(tmpdir(), "target-"))
    const file = join(directory, "target.yaml")
    const missing = await verify(["--target", file])
    expect(missing).toMatchObject({ exitCode: 2, stdout: "" })
    expect(missing.stderr).toMatch(new RegExp(`^cannot read the target file ${file}: ENOENT`))

    await writeFile(file, "name: lab\nhots: {}\n")
    const wrong = await verify([], { TARGET: "target.yaml", INIT_CWD: directory })
    expect(wrong).toMatchObject({ exitCode: 2, stdout: "" })
    expect(wrong.stderr).toContain(`${file}:2: hots: unknown key, nearest is host`)
    expect(wrong.stderr).not.toContain("    at ")
    expect(await readdir(directory)).toEqual(["target.yaml"])
  })
})
