import { join } from "node:path"
import { execa } from "execa"
import { expect, test } from "vitest"
import { program } from "./testdata/start.ts"

const script = join(import.meta.dirname, "testdata", "crash.ts")

test.each([
  ["an answer to a worker that died is no crash", "dead", { stdout: "went on", exitCode: 0 }],
  ["what is thrown while nobody waits is one", "thrown", { stdout: "crashed: nobody waits for this", exitCode: 2 }],
  ["and so is a promise", "rejected", { stdout: "crashed: nobody waits for this", exitCode: 2 }],
])("%s", async (_, how, expected) => {
  const { stdout, exitCode } = await execa("node", [...program, script, how], { reject: false })
  expect({ stdout, exitCode }).toEqual(expected)
})
