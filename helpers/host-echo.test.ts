// The script in a real shell, with a real host key, on files laid out as a NixOS host has them.

import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { hostEcho } from "./host-echo.ts"
import { run } from "./run.ts"
import type { Target } from "./target.ts"
import { thisMachine } from "./this-machine.ts"

let directory = ""
let hostKey = ""
const at = (name: string) => join(directory, name)
const question = {
  nonce: "ab".repeat(32),
  run: "01234567-0123-4123-8123-0123456789ab",
  namespace: "dod-echo@cc-ci-verifier",
}

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "echo-")))
  const files = { "etc/machine-id": "0123abcd\n", "proc/sys/kernel/random/boot_id": "89ab-cdef\n", "run/x": "" }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true })
    await writeFile(at(name), text)
  }
  await mkdir(at("system"))
  await symlink(at("system"), at("run/current-system"))
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", at("key")])
  hostKey = (await readFile(at("key.pub"), "utf8")).trim()
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const ask = (more = {}, keyFile = at("key")) => {
  const inside = (word: string) => word.replaceAll(/(?<= )\/(?=(?:run|etc|proc)\/)/g, `${directory}/`)
  const host = { programs: "/usr/bin", hostKey } as Target["host"]
  return hostEcho(thisMachine([], inside), { host, keyFile }, { ...question, ...more })
}

test("the host says what it is, and signs that with its host key", async () => {
  const { said, signature, sent, answered } = await ask()
  const { clock, ...rest } = JSON.parse(said) as Record<string, string>
  const { nonce, run: id } = question
  expect(rest).toEqual({ bootId: "89ab-cdef", machineId: "0123abcd", nonce, run: id, systemPath: at("system") })
  expect([sent, clock, answered].toSorted()).toEqual([sent, clock, answered])
  await writeFile(at("signature"), `${signature}\n`)
  await writeFile(at("allowed"), `host ${hostKey}\n`)
  const args = ["-Y", "verify", "-f", at("allowed"), "-I", "host", "-n", question.namespace, "-s", at("signature")]
  expect((await run("ssh-keygen", args, { input: said })).stdout).toMatch(/^Good/)
})

test("a host without that key signs nothing, and ssh-keygen says why", async () => {
  await expect(ask({}, at("none"))).rejects.toThrow(/No such file or directory/)
})

test("what a shell could read is refused", async () => {
  await expect(ask({ nonce: "$(id)" })).rejects.toThrow("neither nonce, run nor namespace")
  await expect(ask({ run: "; id" })).rejects.toThrow("neither nonce, run nor namespace")
})
