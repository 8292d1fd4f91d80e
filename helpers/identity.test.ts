// The script in a real shell, on files laid out as a NixOS host has them.

import { createHash } from "node:crypto"
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { hostIdentity } from "./identity.ts"
import type { Target } from "./target.ts"
import { thisMachine } from "./this-machine.ts"

let directory = ""
const at = (name: string) => join(directory, name)
const key = Buffer.from("a host key")
const target = { host: { programs: "/usr/bin", hostKey: `ssh-ed25519 ${key.toString("base64")}` } } as Target
const files = { "etc/machine-id": "0123abcd\n", "proc/sys/kernel/random/boot_id": "89ab-cdef\n" }

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "identity-")))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function lay(files: Record<string, string>, system?: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true })
    await writeFile(at(name), text)
  }
  await mkdir(at("run"))
  if (system === undefined) return
  await mkdir(at(system), { recursive: true })
  await symlink(at("run/link"), at("run/current-system"))
  await symlink(at(system), at("run/link"))
}
const look = () => {
  const inside = (word: string) => word.replaceAll(/(?<= )\/(?=(?:run|etc|proc)\/)/g, `${directory}/`)
  return hostIdentity(thisMachine([], inside), target)
}

test("a host is its running system, its host key, its machine and its boot", async () => {
  await lay(files, "nix/store/x-system")
  expect(await look()).toEqual({
    systemPath: at("nix/store/x-system"),
    hostKeyFingerprint: `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`,
    machineId: "0123abcd",
    bootId: "89ab-cdef",
  })
})

test("a host without a running system has no identity", async () => {
  await lay(files)
  await expect(look()).rejects.toThrow(/exit 3\n.*no .*\/run\/current-system/s)
  await symlink(at("nix/store/gone"), at("run/current-system"))
  await expect(look()).rejects.toThrow(/exit 3\n.*no .*\/run\/current-system/s)
})

test.each([
  ["without a machine id", { "proc/sys/kernel/random/boot_id": "b\n" }, /machine-id: No such file or directory/],
  ["without a boot id", { "etc/machine-id": "m\n" }, /boot_id: No such file or directory/],
  ["whose machine id is empty", { ...files, "etc/machine-id": "" }, /its identity is not three lines/],
  ["whose machine id is an empty line", { ...files, "etc/machine-id": "\n" }, /its identity is not three lines/],
  ["whose machine id has two lines", { ...files, "etc/machine-id": "a\nb\n" }, /its identity is not three lines/],
])("a host %s has no identity", async (_, files, message) => {
  await lay(files, "nix/store/x-system")
  await expect(look()).rejects.toThrow(message)
})

test("a path of two lines is no identity", async () => {
  await lay(files, "nix/store/x\nsystem")
  await expect(look()).rejects.toThrow("ssh root@here: its identity is not three lines")
})
