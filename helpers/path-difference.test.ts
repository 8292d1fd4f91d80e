import { chmod, cp, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { here } from "./machine.ts"
import { firstDifferences } from "./path-difference.ts"

let root = ""
const side = (name: string) => ({ machine: here, programs: "/usr/bin", root: join(root, name) })
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "path-difference-"))
  await mkdir(join(root, "git/nix/store/x/lib"), { recursive: true })
  await writeFile(join(root, "git/nix/store/x/lib/a file"), "one\n")
  await writeFile(join(root, "git/nix/store/x/run"), "two\n")
  await symlink("run", join(root, "git/nix/store/x/link"))
  await writeFile(join(root, "git/nix/store/y"), "alone\n")
  await cp(join(root, "git"), join(root, "host"), { recursive: true, verbatimSymlinks: true })
})
afterEach(() => rm(root, { recursive: true, force: true }))

const differences = async (path: string) =>
  (await firstDifferences(side("git"), side("host"), [path])).map((line) => line.replaceAll(/[0-9a-f]{64}/g, "DIGEST"))

test("two copies that are the same have no difference", async () => {
  expect(await differences("/nix/store/x")).toEqual([])
  expect(await differences("/nix/store/y")).toEqual([])
})

test("other bytes, another target, what is missing and what can be executed are each named", async () => {
  await writeFile(join(root, "host/nix/store/x/lib/a file"), "other\n")
  expect(await differences("/nix/store/x")).toEqual([
    "/nix/store/x: file lib/a file: DIGEST in git, DIGEST on the host",
  ])
  await unlink(join(root, "host/nix/store/x/link"))
  await symlink("lib", join(root, "host/nix/store/x/link"))
  await unlink(join(root, "host/nix/store/x/lib/a file"))
  await chmod(join(root, "host/nix/store/x/run"), 0o755)
  expect(await differences("/nix/store/x")).toEqual([
    "/nix/store/x: executable run: nothing in git, there on the host",
    "/nix/store/x: file lib/a file: DIGEST in git, nothing on the host",
    "/nix/store/x: link link: run in git, lib on the host",
  ])
})

test("a store path that is one file is named as such", async () => {
  await writeFile(join(root, "host/nix/store/y"), "other\n")
  expect(await differences("/nix/store/y")).toEqual([
    "/nix/store/y: file the path itself: DIGEST in git, DIGEST on the host",
  ])
})

test("a copy that is not there is an error", async () => {
  await expect(differences("/nix/store/z")).rejects.toThrow()
})
