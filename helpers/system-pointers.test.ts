// Systems in a temporary directory, looked at in a process namespace of our own: whoever runs this may read its process 1.

import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { here, type Machine } from "./machine.ts"
import { systemPointers } from "./system-pointers.ts"

let root = ""
const at = (path: string) => join(root, path)

async function write(path: string, text: string) {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), text)
}

async function linked(path: string, to: string) {
  await mkdir(dirname(at(path)), { recursive: true })
  await symlink(to, at(path))
}

async function system(name: string, parts: Record<string, string>) {
  await mkdir(at(`store/${name}`), { recursive: true })
  for (const [part, of] of Object.entries(parts)) {
    await write(`store/${of}`, of)
    await linked(`store/${name}/${part}`, at(`store/${of}`))
  }
}

/** Process 1 of a new process namespace is a shell with `environment` that does as it is told and waits for its end. */
const inside = (environment: string[] = []): Machine => ({
  where: "inside",
  run: (argv, options) => {
    const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]
    const shell = ["/usr/bin/sh", "-c", '"$@"; exit "$?"', "sh"]
    const unshare = ["/usr/bin/unshare", ...user, "--pid", "--fork", "--mount-proc"]
    return here.run(["/usr/bin/env", ...environment, ...unshare, ...shell, ...argv], options)
  },
})
const look = (machine = inside()) => systemPointers(machine, "/usr/bin", root)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "system-pointers-"))
  await system("sys-b", { kernel: "linux-2", initrd: "initrd-2", "kernel-modules": "modules-2", systemd: "systemd-2" })
  await write("store/sys-b/kernel-params", "quiet loglevel=4\n")
  await write("store/sys-b/etc/hosts", "")
  await linked("run/current-system", at("store/sys-b"))
  await linked("run/booted-system", at("store/sys-b"))
  await linked("nix/var/nix/profiles/system", "system-2-link")
  await linked("nix/var/nix/profiles/system-2-link", at("store/sys-b"))
  await linked("etc/static", at("store/sys-b/etc"))
})

afterEach(() => rm(root, { recursive: true, force: true }))

test("tells where every pointer leads", async () => {
  const seen = await look()
  const boot = {
    kernel: at("store/linux-2"),
    initrd: at("store/initrd-2"),
    modules: at("store/modules-2"),
    systemd: at("store/systemd-2"),
    parameters: "quiet loglevel=4\n",
  }
  const real = at("store/sys-b")
  expect(seen).toMatchObject({
    current: { path: "/run/current-system", link: real, real },
    booted: { path: "/run/booted-system", link: real, real },
    profile: { path: "/nix/var/nix/profiles/system", link: "system-2-link", real },
    static: { path: "/etc/static", link: at("store/sys-b/etc"), real: at("store/sys-b/etc") },
    boot: { current: boot, booted: boot },
    generations: [{ name: "system-2-link", link: real }],
    runNixos: null,
  })
})

test("tells what runs: the executable of process 1 and the kernel", async () => {
  const { init, kernel, commandLine } = await look()
  expect(init).toBe((await inside().run(["/usr/bin/readlink", "/proc/1/exe"])).stdout.toString().trim())
  expect(init).toMatch(/^\/.*sh$/)
  expect(kernel).toBe((await here.run(["/usr/bin/uname", "-r"])).stdout.toString().trim())
  expect(commandLine).toBe((await here.run(["/usr/bin/cat", "/proc/cmdline"])).stdout.toString().trim())
})

test("a machine that was not booted as NixOS has null, not an error", async () => {
  await rm(at("run/booted-system"))
  for (const part of ["kernel", "initrd", "kernel-modules", "systemd", "kernel-params"]) {
    await rm(at(`store/sys-b/${part}`))
  }
  const none = { kernel: null, initrd: null, modules: null, systemd: null, parameters: null }
  expect(await look()).toMatchObject({
    booted: { link: null, real: null },
    boot: { current: none, booted: none },
  })
})

test("a pointer that dangles has its text and leads nowhere", async () => {
  await rm(at("run/current-system"))
  await linked("run/current-system", "/gone/system")
  expect((await look()).current).toEqual({ path: "/run/current-system", link: "/gone/system", real: null })
})

test("a directory in the place of a link is no link", async () => {
  await rm(at("etc/static"))
  await mkdir(at("etc/static"))
  expect((await look()).static).toEqual({ path: "/etc/static", link: null, real: at("etc/static") })
})

test("each pointer is told as it is when they differ", async () => {
  await system("sys-a", { kernel: "linux-1", initrd: "initrd-2" })
  await rm(at("run/booted-system"))
  await linked("run/booted-system", at("store/sys-a"))
  await linked("nix/var/nix/profiles/system-1-link", at("store/sys-a"))
  await rm(at("nix/var/nix/profiles/system"))
  await linked("nix/var/nix/profiles/system", "system-1-link")
  const { current, booted, profile, boot, generations } = await look()
  expect([current.real, booted.real, profile.real, profile.link]).toEqual([
    at("store/sys-b"),
    at("store/sys-a"),
    at("store/sys-a"),
    "system-1-link",
  ])
  expect([boot.booted.kernel, boot.current.kernel]).toEqual([at("store/linux-1"), at("store/linux-2")])
  expect(generations.map(({ name }) => name).sort()).toEqual(["system-1-link", "system-2-link"])
})

test("names with newlines and quotes come whole", async () => {
  const odd = "odd\n'name'\n"
  await mkdir(at(`store/${odd}`))
  await rm(at("run/current-system"))
  await linked("run/current-system", at(`store/${odd}`))
  expect((await look()).current).toMatchObject({ link: at(`store/${odd}`), real: at(`store/${odd}`) })
})

describe("what a switch left in /run/nixos", () => {
  test("every file is told with its size", async () => {
    await write("run/nixos/start-list", "a.service\n")
    await write("run/nixos/switch-to-configuration.lock", "")
    const { runNixos } = await look()
    expect(runNixos?.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "start-list", type: "f", size: 10 },
      { name: "switch-to-configuration.lock", type: "f", size: 0 },
    ])
  })

  test("an empty directory is told from none", async () => {
    await mkdir(at("run/nixos"))
    expect((await look()).runNixos).toEqual([])
  })
})

describe("signs of a container", () => {
  test("there are none without one", async () => {
    expect((await look(inside(["-u", "container"]))).container).toEqual([])
  })

  test("the environment of process 1 is one, and so are the files of container managers", async () => {
    await write("run/systemd/container", "lxc\n")
    await write(".dockerenv", "")
    expect((await look(inside(["container=lxc", "other=container=x"]))).container).toEqual([
      { sign: "/proc/1/environ", value: "lxc" },
      { sign: "/run/systemd/container", value: "lxc" },
      { sign: "/.dockerenv", value: "" },
    ])
  })
})

describe("could not look", () => {
  test("a program that is not there is an error", async () => {
    await mkdir(at("bin"))
    await linked("bin/sh", "/bin/sh")
    await expect(systemPointers(inside(), at("bin"), root)).rejects.toThrow(/exit 127/)
  })

  test("an answer that was cut is an error", async () => {
    const cut = (drop: number): Machine => ({
      where: "cut",
      run: async (argv, options) => {
        const ran = await inside().run(argv, options)
        return { ...ran, stdout: ran.stdout.subarray(0, ran.stdout.length - drop) }
      },
    })
    await expect(look(cut(1))).rejects.toThrow(/^cut: \d+ fields, not whole records of 4$/)
    await expect(look(cut("end\0\0\0\0".length))).rejects.toThrow("no end of what was said about the running system")
  })
})

test("leaves nothing behind", async () => {
  const before = await readdir(root, { recursive: true })
  await look()
  expect((await readdir(root, { recursive: true })).sort()).toEqual(before.sort())
})
