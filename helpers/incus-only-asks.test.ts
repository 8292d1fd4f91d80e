import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import glob from "fast-glob"
import { expect, test } from "vitest"

// What may change something on Incus stands in few places, so that these have to be read to know what can be changed.
const root = dirname(import.meta.dirname)
const changing = ["helpers/clean-room/throwaway.ts", "helpers/incus-exec.ts"]

test("only the throwaway's own code changes anything on Incus", async () => {
  const files = await glob("{specs,helpers,reports}/**/*.ts", { cwd: root, ignore: ["**/*.test.ts"] })
  const found: string[] = []
  for (const file of files) {
    const source = await readFile(join(root, file), "utf8")
    if (/\bconnection\s*\.change\(|\bchange\s*\}\s*=\s*connection/.test(source)) found.push(file)
  }
  expect(found.sort()).toEqual(changing)
})

test("only the throwaway's own code runs a program in an instance", async () => {
  const files = await glob("{specs,helpers,reports}/**/*.ts", { cwd: root, ignore: ["**/*.test.ts"] })
  const found: string[] = []
  for (const file of files) {
    if (/incus-exec\.ts"/.test(await readFile(join(root, file), "utf8"))) found.push(file)
  }
  expect(found.sort()).toEqual(["helpers/clean-room/blank.ts", "helpers/clean-room/throwaway.ts"])
})
