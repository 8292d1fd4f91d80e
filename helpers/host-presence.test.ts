import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { absentOn } from "./host-presence.ts"
import { thisMachine } from "./this-machine.ts"

let directory = ""
const at = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "presence-"))
  await mkdir(at("programs"))
  await symlink("/bin/sh", at("programs/sh"))
  await writeFile(at("programs/ours"), "#!/bin/sh\n", { mode: 0o755 })
  await writeFile(at("programs/no-program"), "")
  await writeFile(at("with space"), "")
  await symlink("/nonexistent", at("dangling"))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test("what is not there is told, of programs and of paths", async () => {
  const wanted = {
    programs: ["ours", "sh", "no-program", "no-such-program-anywhere"],
    paths: [at("with space"), at("dangling"), at("w*"), at("x*"), at("gone"), "/etc"],
  }
  expect(await absentOn(thisMachine(), at("programs"), wanted)).toEqual({
    programs: ["no-program", "no-such-program-anywhere"],
    paths: [at("x*"), at("gone")],
  })
})

test("nothing wanted is nothing absent", async () => {
  expect(await absentOn(thisMachine(), at("programs"), { programs: [], paths: [] })).toEqual({
    programs: [],
    paths: [],
  })
})

test("what is no name of a program is not asked for", async () => {
  await expect(absentOn(thisMachine(), at("programs"), { programs: ["a;b"], paths: [] })).rejects.toThrow("no name")
})
