import { readFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import glob from "fast-glob"
import { expect, test } from "vitest"

// Imports flow one way: specs → helpers → node and libraries. What a folder may reach besides itself, with the exceptions.
const root = dirname(import.meta.dirname)
const allowed: Record<string, string[]> = {
  specs: ["helpers/"],
  helpers: [],
  fixtures: ["helpers/"],
  reports: [],
  // The demo tells "everything passes, the rest waits for a clean room" from the ledger that its run wrote.
  "fixtures/lab/demo.ts": ["helpers/", "reports/latest-verdicts.ts"],
  "fixtures/lab/heated.ts": ["reports/"],
  // The command line is where everything is put together.
  "reports/verify.ts": ["helpers/target.ts", "helpers/target-files.ts", "helpers/evidence.ts", "helpers/clean-room/"],
  // The name of the variable by which the processes of a run find the pipe that they announce secrets to.
  "reports/run-suite.ts": ["helpers/announce.ts"],
  "reports/announced.test.ts": ["helpers/announce.ts"],
  // Whose signatures count is read as the repos are.
  "reports/trust.ts": ["helpers/git.ts", "helpers/target.ts", "helpers/target-files.ts"],
  "reports/trust.test.ts": ["helpers/target.ts"],
  "reports/beginning.ts": ["helpers/target.ts"],
  "reports/beginning.test.ts": ["helpers/target.ts"],
  // The target answers to a nonce over the same connection that a check looks through.
  "reports/echo.ts": ["helpers/host-echo.ts", "helpers/incus-clock.ts", "helpers/ssh.ts", "helpers/target.ts"],
  "reports/program.ts": ["helpers/target.ts"],
  "reports/evidence.ts": ["helpers/target.ts"],
  // Benches have one loop.
  "reports/leaks/leaks.bench.ts": ["helpers/race.ts"],
  "reports/page/page.bench.ts": ["helpers/race.ts"],
  "reports/redaction/redaction.bench.ts": ["helpers/race.ts"],
  // The baseline is taken by looking, as a check would.
  "reports/baseline.ts": ["helpers/"],
  // What a clean room left is removed by what made it.
  "reports/clean-room.ts": ["helpers/"],
}

test("imports flow one way between the folders", async () => {
  const files = await glob("{specs,helpers,fixtures,reports}/**/*.ts", { cwd: root, ignore: ["**/testdata/**"] })
  expect(files).toContain("reports/verify.ts")
  const trespasses: string[] = []
  for (const file of files) {
    const folder = file.slice(0, file.indexOf("/"))
    const reach = [`${folder}/`, ...(allowed[file] ?? allowed[folder] ?? [])]
    for (const path of importsOf(await readFile(join(root, file), "utf8"))) {
      const place = relative(root, join(root, dirname(file), path))
      if (!reach.some((start) => place.startsWith(start))) trespasses.push(`${file} imports ${place}`)
    }
  }
  expect(trespasses).toEqual([])
})

test("an import is seen in each of its forms", () => {
  const forms = ['import a from "./a.ts"', 'import "./b.ts"', 'export * from "./c.ts"', 'await import("./d.ts")']
  expect(importsOf(forms.join("\n"))).toEqual(["./a.ts", "./b.ts", "./c.ts", "./d.ts"])
})

function importsOf(source: string): string[] {
  return [...source.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.[^"']*)["']/g)].map(([, path = ""]) => path)
}
