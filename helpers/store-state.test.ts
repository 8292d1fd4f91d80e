// A store in a temporary directory, in process and mount namespaces of our own, where anything may be mounted over it.

import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { setTimeout as after } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { here, type Machine } from "./machine.ts"
import { storeState } from "./store-state.ts"

const programs = "/usr/bin"
const asRoot = process.getuid?.() === 0
const owner = userInfo().username
let root = ""
let world: ChildProcess
let inside: Machine
const at = (name: string) => join(root, name)
const store = () => at("nix/store")

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "store.state-")))
  for (const directory of ["nix/store/aaa-one/bin", "nix/store/.links", "evil/aaa-one/bin"]) {
    await mkdir(at(directory), { recursive: true })
  }
  await writeFile(at("nix/store/aaa-one/bin/sh"), "", { mode: 0o555 })
  await symlink("/", at("nix/store/aaa-one/link"))
  await here.run(["/usr/bin/chmod", "0555", at("nix/store/aaa-one/bin"), at("nix/store/aaa-one")])
  await chmod(at("nix/store"), 0o1775)
  const user = asRoot ? [] : ["--user", "--map-root-user"]
  const init = ["/usr/bin/sh", "-c", "echo up; exec /usr/bin/sleep 300"]
  world = spawn("/usr/bin/unshare", [...user, "--pid", "--fork", "--kill-child", "--mount-proc", ...init])
  await new Promise((up) => world.stdout?.once("data", up))
  const first = (await readFile(`/proc/${world.pid}/task/${world.pid}/children`, "utf8")).trim()
  const enter = ["/usr/bin/nsenter", "--target", first, "--pid", "--mount"]
  if (!asRoot) enter.push("--user", "--preserve-credentials")
  inside = { where: "inside", run: (argv, options) => here.run([...enter, "--", ...argv], options) }
})

afterEach(async () => {
  world.kill("SIGKILL")
  await here.run(["/usr/bin/chmod", "-R", "u+rwX", root])
  await rm(root, { recursive: true, force: true })
})

const look = (except: string[] = [], machine = inside) =>
  // In a user namespace everything of ours is root's.
  storeState(machine, programs, except, store(), asRoot ? owner : "root")
const mount = (...args: string[]) => inside.run(["/usr/bin/mount", ...args])

/** Runs a command line in a mount namespace of its own that stays; answers with a process in it. */
async function elsewhere(line: string, how = "unshare --mount"): Promise<number> {
  const script = `${line} && echo up && exec /usr/bin/sleep 300`
  const { stdout } = await inside.run([
    "/usr/bin/sh",
    "-c",
    `${how} sh -c '${script}' >${at("up")} 2>&1 </dev/null & echo "$!"`,
  ])
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await readFile(at("up"), "utf8").catch(() => "")).includes("up")) return Number(stdout.toString())
    await after(20)
  }
  throw new Error(`not up: ${line}: ${await readFile(at("up"), "utf8")}`)
}

describe("mounts", () => {
  test("without any, every process sees the store of process 1", async () => {
    const { namespaces, mounts, leftOut } = await look()
    expect(namespaces).toMatchObject([{ pid: 1, namespace: expect.stringMatching(/^mnt:\[\d+\]$/) }])
    expect(namespaces[0]?.processes).toBeGreaterThanOrEqual(2)
    expect(namespaces[0]?.directory?.endsWith(store())).toBe(true)
    expect([mounts, leftOut]).toEqual([[], 0])
  })

  test("a bind mount over a store path is told", async () => {
    await mount("--bind", at("evil/aaa-one"), at("nix/store/aaa-one"))
    const { mounts } = await look()
    expect(mounts).toMatchObject([{ pid: 1, path: at("nix/store/aaa-one"), readOnly: false }])
    expect(mounts[0]?.root.endsWith(at("evil/aaa-one"))).toBe(true)
  })

  test("one over the store itself changes what is seen as the store", async () => {
    const before = await look()
    await mount("--bind", at("evil"), store())
    const { namespaces, mounts } = await look()
    expect(mounts).toMatchObject([{ path: store() }])
    expect(namespaces[0]?.directory).toBe(before.namespaces[0]?.directory?.replace(store(), at("evil")))
  })

  test("one over a directory above the store hides a mount at the store", async () => {
    await mount("-o", "bind,ro", store(), store())
    await mount("-t", "tmpfs", "covering", at("nix"))
    const { stdout } = await inside.run(["/usr/bin/stat", "-c", "%d", at("nix")])
    const device = Number(stdout.toString())
    await inside.run(["/usr/bin/mkdir", "-p", at("nix/store/bbb")])
    const { namespaces, mounts } = await look()
    expect(mounts.map(({ path, type, source }) => [path, type, source])).toContainEqual([
      at("nix"),
      "tmpfs",
      "covering",
    ])
    expect(mounts.map(({ path }) => path)).toContain(store())
    expect(namespaces).toMatchObject([{ device: `${device >> 8}:${device & 255}`, directory: "/store" }])
  })

  test("one in another namespace is told with a process that sees it", async () => {
    const pid = await elsewhere(`mount --bind ${at("evil")} ${store()}`)
    const { namespaces, mounts } = await look()
    expect(namespaces).toMatchObject([{ pid: 1 }, { pid, processes: 1 }])
    expect(namespaces[1]?.namespace).not.toBe(namespaces[0]?.namespace)
    expect(namespaces[1]?.directory?.endsWith(at("evil"))).toBe(true)
    expect(mounts).toMatchObject([{ pid, path: store(), namespace: namespaces[1]?.namespace }])
  })

  test("a namespace that is left out is counted and nothing more", async () => {
    await elsewhere(`mount --bind ${at("evil")} ${store()}`)
    const { namespaces } = await look()
    const left = await look([namespaces[1]?.namespace ?? ""])
    expect(left).toMatchObject({ namespaces: [{ pid: 1 }], leftOut: 1, mounts: [] })
  })

  test("a namespace of its own that mounts nothing there sees the same store", async () => {
    const pid = await elsewhere("true")
    const { namespaces, mounts } = await look()
    const [first, second] = namespaces
    expect(second).toMatchObject({ pid, device: first?.device, directory: first?.directory })
    expect(mounts).toEqual([])
  })

  test("a process locked into another view of the same file system sees the same store", async () => {
    await mkdir(at("jail"))
    await mount("--bind", "/", at("jail"))
    await elsewhere("true", `chroot ${at("jail")}`)
    const { namespaces } = await look()
    expect(namespaces).toMatchObject([{ pid: 1 }])
    // Whoever looks is one or two of them: the two commands run side by side.
    expect(namespaces[0]?.processes).toBeGreaterThanOrEqual(3)
  })

  test.skipIf(!existsSync("/usr/bin/perl"))("one locked into a directory sees no store, and is told", async () => {
    const perl = `/usr/bin/perl -e 'chroot "${at("evil")}" or die; open F, ">", "/up"; sleep 300'`
    await inside.run(["/usr/bin/sh", "-c", `${perl} >/dev/null 2>&1 </dev/null &`])
    for (let tries = 0; tries < 100 && !existsSync(at("evil/up")); tries += 1) await after(20)
    const { namespaces } = await look()
    expect(namespaces).toMatchObject([
      { pid: 1 },
      { processes: 1, namespace: namespaces[0]?.namespace, device: null, directory: null },
    ])
  })
})

describe("entries", () => {
  test("without anything loose, all are counted and the store itself is told apart", async () => {
    const { looked, loose, directory } = await look()
    expect([looked, loose]).toEqual([4, []])
    expect(directory).toMatchObject({ path: store(), type: "d", mode: "1775" })
  })

  test("writable, setuid and sticky ones are told, whatever their names", async () => {
    const name = "ccc-new\nline"
    await writeFile(at(`nix/store/${name}`), "")
    await chmod(at(`nix/store/${name}`), 0o644)
    await writeFile(at("nix/store/ddd-su"), "")
    await chmod(at("nix/store/ddd-su"), 0o4555)
    await mkdir(at("nix/store/eee-dir"))
    await chmod(at("nix/store/eee-dir"), 0o1555)
    const { looked, loose } = await look()
    expect(looked).toBe(7)
    expect(loose.map(({ path, type, mode }) => [path, type, mode]).sort()).toEqual([
      [at(`nix/store/${name}`), "f", "644"],
      [at("nix/store/ddd-su"), "f", "4555"],
      [at("nix/store/eee-dir"), "d", "1555"],
    ])
  })

  test.skipIf(!asRoot)("one of another owner is told, also a link", async () => {
    await here.run(["/usr/bin/chown", "-h", "nobody", at("nix/store/aaa-one/link")])
    expect((await look()).loose).toMatchObject([{ path: at("nix/store/aaa-one/link"), type: "l", owner: "nobody" }])
  })

  test("the hard links that deduplicate are not looked at twice", async () => {
    await writeFile(at("nix/store/.links/abc"), "")
    expect(await look()).toMatchObject({ looked: 4, loose: [] })
  })
})

describe("could not look", () => {
  test("a host without a store is an error, and so is an empty one", async () => {
    const none = storeState(inside, programs, [], at("none"))
    await expect(none).rejects.toThrow(/exit [12]/)
    await mkdir(at("empty"))
    await expect(storeState(inside, programs, [], at("empty"))).rejects.toThrow(`inside: nothing in ${at("empty")}`)
  })

  const edited = (edit: (text: string) => string): Machine => ({
    where: "edited",
    run: async (argv, options) => {
      const ran = await inside.run(argv, options)
      return { ...ran, stdout: Buffer.from(edit(ran.stdout.toString())) }
    },
  })

  test("an answer without process 1, or without its mounts, is an error", async () => {
    const message = "edited: what process 1 sees as the store could not be read"
    const noProcess = edited((text) => text.replace("namespace\x001/ns/mnt\x00", "namespace\x0099999/ns/mnt\x00"))
    await expect(look([], noProcess)).rejects.toThrow(message)
    const noMounts = edited((text) => text.replaceAll(/^(.*\0)?1\/mountinfo:.*$/gm, "$1"))
    await expect(look([], noMounts)).rejects.toThrow(message)
  })

  test("an answer that was cut is an error", async () => {
    await expect(
      look(
        [],
        edited((text) => text.replace("end\0\0\0", "")),
      ),
    ).rejects.toThrow("no end of what /proc says")
  })
})
