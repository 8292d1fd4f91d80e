import { existsSync } from "node:fs"
import { mkdtemp, readdir, writeFile } from "node:fs/promises"
import { hostname, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { execa } from "execa"
import { beforeEach, expect, test } from "vitest"
import { locked } from "./lock.ts"

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "lock-")), "file")
})

test("a lock lets one work at a time and leaves nothing behind", async () => {
  let inside = 0
  const work = () =>
    locked(file, async () => {
      inside += 1
      const seen = inside
      await sleep(2)
      inside -= 1
      return seen
    })
  expect(await Promise.all(Array.from({ length: 10 }, work))).toEqual(Array(10).fill(1))
  expect(await readdir(dirname(file))).toEqual([])
})

test("a lock is given back when the work throws", async () => {
  await expect(locked(file, () => Promise.reject(new Error("mine")))).rejects.toThrow("mine")
  expect(existsSync(`${file}.lock`)).toBe(false)
})

test("a lock whose owner died is taken over, by one of many", async () => {
  const dead = execa("true")
  await dead
  await writeFile(`${file}.lock`, `pid ${dead.pid} on ${hostname()}\n`)
  let inside = 0
  const work = () =>
    locked(file, async () => {
      inside += 1
      const seen = inside
      await sleep(2)
      inside -= 1
      return seen
    })
  expect(await Promise.all(Array.from({ length: 10 }, work))).toEqual(Array(10).fill(1))
})

test.each([
  ["a process that lives", `pid ${process.pid} on ${hostname()}\n`],
  ["another machine, whose processes cannot be seen", "pid 4194300 on elsewhere\n"],
  ["nobody knows whom", ""],
])("a lock held by %s is waited for, and the wait ends with advice", async (_, owner) => {
  await writeFile(`${file}.lock`, owner)
  await expect(locked(file, async () => {}, 100)).rejects.toThrow(
    /is held by .*if that process is gone, remove the file/,
  )
  expect(existsSync(`${file}.lock`)).toBe(true)
})
