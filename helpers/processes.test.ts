// Real processes in a process namespace of our own: everything in it may be read, and nothing else is in it.

import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as after } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { here, type Machine } from "./machine.ts"
import { containerOf, processes, type RunningFile } from "./processes.ts"

const programs = "/usr/bin"
const asRoot = process.getuid?.() === 0
let root = ""
let world: ChildProcess
let inside: Machine
const at = (name: string) => join(root, name)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "processes-"))
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
  await rm(root, { recursive: true, force: true })
})

const look = (machine = inside, at = programs) => processes(machine, at)

/** Starts a command line in the background and waits until it runs `file`, in the world. */
async function start(line: string, file: string): Promise<number> {
  const { stdout } = await inside.run(["/usr/bin/sh", "-c", `${line} >/dev/null 2>&1 </dev/null & echo "$!"`])
  const pid = stdout.toString().trim()
  for (let tries = 0; tries < 100; tries += 1) {
    const { stdout: exe } = await inside.run(["/usr/bin/readlink", `/proc/${pid}/exe`], { answers: [0, 1] })
    if (exe.toString().startsWith(file)) return Number(pid)
    await after(20)
  }
  throw new Error(`${line} does not run ${file}`)
}

async function sleeper(name = "sleep"): Promise<number> {
  await copyFile("/usr/bin/sleep", at(name))
  return start(`'${at(name).replaceAll("'", String.raw`'\''`)}' 300`, at(name))
}

/** The world with its answers altered on their way. */
const edited = (edit: (text: string) => string): Machine => ({
  where: "edited",
  run: async (argv, options) => {
    const ran = await inside.run(argv, options)
    const stdout = argv[0]?.endsWith("/sh") ? Buffer.from(edit(ran.stdout.toString())) : ran.stdout
    return { ...ran, stdout }
  },
})

const ofPid = (files: RunningFile[], pid: number) => files.filter(({ pids }) => pids.includes(pid))

describe("what runs", () => {
  test("an executable is told with its path and processes, and mapped as code", async () => {
    const pids = [await sleeper(), await start(`${at("sleep")} 300`, at("sleep"))]
    const seen = await look()
    const file = { path: at("sleep"), deleted: false, replaced: false, pids }
    expect(seen.executables).toContainEqual(file)
    expect(seen.mapped).toContainEqual(file)
    expect(seen.executables.map(({ path }) => path)).toContain("/usr/bin/sleep")
    expect(seen).toMatchObject({ kernelThreads: 0, zombies: 0, vanished: 0, containers: [], strayNamespaces: [] })
    // The first process, the two sleepers and the shell that looks, at the least.
    expect(seen.processes).toBeGreaterThanOrEqual(4)
    expect(seen.executables.flatMap(({ pids }) => pids).length).toBe(seen.processes)
  })

  test("one whose file was deleted is told by the path it had", async () => {
    const pid = await sleeper()
    await rm(at("sleep"))
    const { executables, mapped } = await look()
    const file = { path: at("sleep"), deleted: true, replaced: false, pids: [pid] }
    expect(executables).toContainEqual(file)
    expect(mapped).toContainEqual(file)
  })

  test("one whose file was exchanged by a rename runs a deleted file", async () => {
    const pid = await sleeper()
    await copyFile("/usr/bin/sleep", at("new"))
    await here.run(["/usr/bin/mv", at("new"), at("sleep")])
    expect(ofPid((await look()).executables, pid)).toMatchObject([{ path: at("sleep"), deleted: true }])
  })

  test("one whose path a mount has covered is replaced", async () => {
    const pid = await sleeper()
    await copyFile("/usr/bin/sleep", at("other"))
    await inside.run(["/usr/bin/mount", "--bind", at("other"), at("sleep")])
    const { executables, mapped } = await look()
    const file = { path: at("sleep"), deleted: false, replaced: true, pids: [pid] }
    expect(executables).toContainEqual(file)
    expect(mapped).toContainEqual(file)
  })

  test("one of another mount namespace is found out, though its path looks the same", async () => {
    const innocent = await sleeper()
    await copyFile("/usr/bin/sleep", at("evil"))
    const covered = `mount --bind ${at("evil")} ${at("sleep")} && exec ${at("sleep")} 300`
    const pid = await start(`/usr/bin/unshare --mount /usr/bin/sh -c '${covered}'`, at("sleep"))
    const { executables, strayNamespaces } = await look()
    expect(executables).toContainEqual({ path: at("sleep"), deleted: false, replaced: false, pids: [innocent] })
    expect(executables).toContainEqual({ path: at("sleep"), deleted: false, replaced: true, pids: [pid] })
    expect(strayNamespaces).toEqual([
      { pid, uid: 0, namespace: expect.stringMatching(/^mnt:\[\d+\]$/), path: at("sleep"), cgroup: expect.any(String) },
    ])
  })

  test("a library is told as mapped, and that it was deleted", async () => {
    const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
    await copyFile(sharedObjects.find((path) => /\/libm\.so/.test(path)) ?? "", at("library.so"))
    const pid = await start(`LD_PRELOAD=${at("library.so")} /usr/bin/sleep 300`, "/usr/bin/sleep")
    await after(100)
    const file = { path: at("library.so"), replaced: false, pids: [pid] }
    const before = await look()
    expect(before.mapped).toContainEqual({ ...file, deleted: false })
    expect(before.executables.map(({ path }) => path)).not.toContain(at("library.so"))
    await rm(at("library.so"))
    expect((await look()).mapped).toContainEqual({ ...file, deleted: true })
  })

  test("a name with quotes and spaces comes as it is", async () => {
    const pid = await sleeper('it\'s "a" name')
    expect(ofPid((await look()).executables, pid)).toEqual([
      { path: at('it\'s "a" name'), deleted: false, replaced: false, pids: [pid] },
    ])
  })

  test("a name with newlines, or one that says it was deleted, does not pass for a file in place", async () => {
    const [lines, deleted] = [await sleeper("new\nline"), await sleeper("sleep (deleted)")]
    const { executables, mapped } = await look()
    expect(ofPid(executables, lines)).toMatchObject([{ path: at("new\nline"), replaced: true }])
    expect(ofPid(mapped, lines).map(({ path }) => path)).toContain(at("new\\012line"))
    expect(ofPid(executables, deleted)).toMatchObject([{ path: at("sleep"), deleted: true }])
  })

  test("a process whose name looks like the kernel's answer is read all the same", async () => {
    const name = "x) S 2\n1 (y"
    const pid = await sleeper(name)
    const { executables, kernelThreads } = await look()
    expect(ofPid(executables, pid)).toMatchObject([{ path: at(name) }])
    expect(kernelThreads).toBe(0)
  })
})

describe("what has no executable", () => {
  test("a zombie is counted", async () => {
    await inside.run(["/usr/bin/sh", "-c", "/usr/bin/sleep 0.2 & exit 0"])
    const { stdout } = await inside.run(["/usr/bin/sh", "-c", "/usr/bin/sleep 0.2 & echo $!"])
    await after(500)
    const { zombies, executables } = await look()
    expect(zombies).toBeGreaterThanOrEqual(1)
    expect(ofPid(executables, Number(stdout.toString()))).toEqual([])
  })

  test.skipIf(!existsSync("/usr/bin/perl"))("threads whose first one has ended still say what they run", async () => {
    await copyFile("/usr/bin/perl", at("perl"))
    const exit = process.arch === "arm64" ? 93 : 60
    const line = `${at("perl")} -Mthreads -e 'threads->create(sub { sleep 300 }); syscall(${exit}, 0)'`
    const { stdout } = await inside.run(["/usr/bin/sh", "-c", `${line} >/dev/null 2>&1 </dev/null & echo $!`])
    const pid = Number(stdout.toString())
    await after(500)
    const status = await inside.run(["/usr/bin/cat", `/proc/${pid}/status`])
    expect(status.stdout.toString()).toMatch(/^State:\tZ/m)
    const { executables, mapped, zombies } = await look()
    expect(ofPid(executables, pid)).toEqual([{ path: at("perl"), deleted: false, replaced: false, pids: [pid] }])
    expect(ofPid(mapped, pid).map(({ path }) => path)).toContain(at("perl"))
    expect(zombies).toBe(0)
  })
})

// The kernel's answer about cgroups is altered on its way, since making a cgroup needs more rights than a test has; so is
// Docker's, by a program of that name.
describe("containers", () => {
  const id = "0123456789abcdef".repeat(4)
  const docker = () => at("bin/docker")

  const inCgroup = (...pids: number[]) =>
    edited((text) =>
      pids.reduce(
        (all, pid) => all.replaceAll(RegExp(`^(\\0?)${pid}/cgroup:.*$`, "gm"), `$1${pid}/cgroup:0::/docker/${id}`),
        text,
      ),
    )

  async function answers(script: string) {
    await mkdir(at("bin"))
    for (const name of ["sh", "find", "grep"]) await symlink(`/usr/bin/${name}`, at(`bin/${name}`))
    await writeFile(docker(), `#!/bin/sh\n${script}\n`)
    await chmod(docker(), 0o755)
  }
  const knows = (pid: number) => {
    const answer = { id, image: "sha256:abc", reference: "web:1", name: "/web.1", pid }
    return answers(`echo '${JSON.stringify(answer)}'`)
  }
  const contained = async (name = "sleep") => {
    await copyFile("/usr/bin/sleep", at(name))
    return start(`/usr/bin/unshare --mount ${at(name)} 300`, at(name))
  }

  test("a process in the cgroup and namespace of one that Docker knows is the container's", async () => {
    const pid = await contained()
    await knows(pid)
    const seen = await look(inCgroup(pid), at("bin"))
    expect(seen.containers).toEqual([
      {
        id,
        image: "sha256:abc",
        reference: "web:1",
        name: "web.1",
        namespace: expect.stringMatching(/^mnt:\[\d+\]$/),
        processes: 1,
      },
    ])
    expect(ofPid(seen.executables, pid)).toEqual([])
    expect(ofPid(seen.mapped, pid)).toEqual([])
    expect(seen.strayNamespaces).toEqual([])
  })

  test("a process that only entered the cgroup is the host's", async () => {
    const [pid, intruder] = [await contained(), await sleeper("intruder")]
    await knows(pid)
    const seen = await look(inCgroup(pid, intruder), at("bin"))
    expect(seen.containers).toMatchObject([{ id, processes: 1 }])
    expect(ofPid(seen.executables, intruder)).toMatchObject([{ path: at("intruder") }])
  })

  test("a process in the cgroup but in a third namespace is the host's, and astray", async () => {
    const [pid, intruder] = [await contained(), await contained("intruder")]
    await knows(pid)
    const { strayNamespaces } = await look(inCgroup(pid, intruder), at("bin"))
    expect(strayNamespaces).toMatchObject([{ pid: intruder, path: at("intruder"), cgroup: `/docker/${id}` }])
  })

  test("a process of a container that Docker does not know is the host's, and astray", async () => {
    const pid = await contained()
    await answers(`echo "Error: No such container: ${id}" >&2; exit 1`)
    const seen = await look(inCgroup(pid), at("bin"))
    expect(seen.containers).toEqual([])
    expect(ofPid(seen.executables, pid)).toMatchObject([{ path: at("sleep") }])
    expect(seen.strayNamespaces).toMatchObject([{ pid, cgroup: `/docker/${id}` }])
  })

  test("a Docker that does not answer is an error", async () => {
    const pid = await contained()
    await answers(`echo "Cannot connect to the Docker daemon" >&2; exit 1`)
    await expect(look(inCgroup(pid), at("bin"))).rejects.toThrow("docker inspect: Cannot connect to the Docker daemon")
  })

  test("the outermost container counts, however its cgroup is named", () => {
    const inner = "f".repeat(64)
    expect(containerOf([`0::/docker/${id}`])).toBe(id)
    expect(containerOf([`0::/system.slice/docker-${id}.scope`])).toBe(id)
    expect(containerOf([`0::/system.slice/docker-${id}.scope/docker/${inner}`])).toBe(id)
    expect(containerOf(["1:cpu:/", `9:name=systemd:/docker/${id}`, "0::/"])).toBe(id)
    expect(containerOf([`0::/custom.slice/${id}`])).toBe(id)
    for (const none of ["/init.scope", `/docker/${id.slice(1)}`, `/docker/${id}0`, `/x${id}`, "/docker"]) {
      expect(containerOf([`0::${none}`]), none).toBeUndefined()
    }
  })
})

describe("could not look", () => {
  const without = (pid: number, ...kinds: string[]) =>
    edited((text) => {
      const lines = kinds.includes("stat") ? text.replace(RegExp(`(?<=[\\x00\\n])${pid}/stat:.*\\n`), "") : text
      return lines.replace(RegExp(`(${kinds.join("|")})\\x00${pid}(/[^\\x00]*)?\\x00[^\\x00]*\\x00`, "g"), "")
    })

  test("a process that has gone meanwhile is counted, one that is still there is an error", async () => {
    const pid = await sleeper()
    await expect(look(without(pid, "exe"))).rejects.toThrow(`edited: process ${pid} could not be read`)
    await expect(look(without(pid, "stat", "exe"))).rejects.toThrow(`edited: process ${pid} could not be read`)
    const { vanished, executables } = await look(without(pid, "exe", "after"))
    expect(vanished).toBe(1)
    expect(ofPid(executables, pid)).toEqual([])
  })

  test("an answer without process 1 is an error", async () => {
    const gone = without(1, "before")
    await expect(look(gone)).rejects.toThrow("edited: process 1 could not be read")
  })

  test("an answer that was cut is an error", async () => {
    const cut = edited((text) => text.slice(0, text.lastIndexOf("end\0")))
    await expect(look(cut)).rejects.toThrow("edited: no end of what /proc says")
  })

  test("a host without find is an error", async () => {
    await mkdir(at("bin"))
    for (const name of ["sh", "grep"]) await symlink(`/usr/bin/${name}`, at(`bin/${name}`))
    await expect(look(inside, at("bin"))).rejects.toThrow("inside: process 1 could not be read")
  })
})
