// The script in a real shell, on files laid out as /proc and /sys are; and once on this machine's own.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir, totalmem } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { usableMemory } from "./memory.ts"
import { thisMachine } from "./this-machine.ts"

let directory = ""
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "memory-"))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const meminfo = "MemTotal:        4194304 kB\nMemFree:          100000 kB\nSwapTotal:       9999999 kB\n"
const v2 = "sys/fs/cgroup/memory.max"
const v1 = "sys/fs/cgroup/memory/memory.limit_in_bytes"

async function look(files: Record<string, string>): Promise<number> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
  const inside = (word: string) => word.replaceAll(/(?<=[ ])\/(?=(?:proc|sys)\/)/g, `${directory}/`)
  return usableMemory(thisMachine([], inside), "/usr/bin")
}

test.each([
  ["what the kernel has, without a control group", {}, 4 * 2 ** 30],
  ["what the kernel has, under a limit of max", { [v2]: "max\n" }, 4 * 2 ** 30],
  ["what the kernel has, under a larger limit", { [v2]: `${8 * 2 ** 30}\n` }, 4 * 2 ** 30],
  ["a smaller limit of v2", { [v2]: `${3 * 2 ** 30}\n` }, 3 * 2 ** 30],
  ["a smaller limit of v1", { [v1]: `${2 ** 30}\n` }, 2 ** 30],
  ["what the kernel has, under what v1 has for no limit", { [v1]: "9223372036854771712\n" }, 4 * 2 ** 30],
  ["the smaller of both", { [v1]: `${2 ** 30}\n`, [v2]: `${3 * 2 ** 30}\n` }, 2 ** 30],
])("the memory that can be used is %s", async (_, limits, bytes) => {
  expect(await look({ "proc/meminfo": meminfo, ...limits })).toBe(bytes)
})

test("without /proc/meminfo, or a MemTotal in it, there is no answer", async () => {
  await expect(look({})).rejects.toThrow(/meminfo: No such file or directory/)
  await expect(look({ "proc/meminfo": "MemFree: 100000 kB\n" })).rejects.toThrow(
    "ssh root@here: /proc/meminfo has no MemTotal",
  )
  await expect(look({ "proc/meminfo": "MemTotal: 4 GB\n" })).rejects.toThrow("/proc/meminfo has no MemTotal")
})

test("of this machine it is no more than its kernel has", async () => {
  const usable = await usableMemory(thisMachine(), "/usr/bin")
  expect(usable).toBeGreaterThan(0)
  expect(usable).toBeLessThanOrEqual(totalmem())
})
