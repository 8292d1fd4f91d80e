// How often a host is asked does not grow with its closure: the real helpers, over a real sshd, on closures of two sizes.

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Command, recordWithin } from "./commands.ts"
import { derivationDifference } from "./derivation-difference.ts"
import { hostClosure } from "./host-closure.ts"
import { type LoopbackServer, type LoopbackServers, loopbackServers } from "./loopback-sshd.ts"
import { compareClosures } from "./nix-closure.ts"
import { firstDifferences } from "./path-difference.ts"
import { rehash } from "./rehash.ts"
import { run } from "./run.ts"
import { connect } from "./ssh.ts"

let scratch: string
let servers: LoopbackServers
let server: LoopbackServer
const at = (...names: string[]) => join(scratch, ...names)

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "round-trips-"))
  servers = await loopbackServers()
  server = await servers.start(["LogLevel VERBOSE"])
})
afterAll(async () => {
  await servers.stop()
  await run("chmod", ["-R", "u+w", scratch])
  await rm(scratch, { recursive: true })
})

interface System {
  /** What stands before /nix/store. */
  root: string
  /** A directory of programs in which nix knows this store, and this system as the one that runs. */
  programs: string
  outPath: string
  drvPath: string
}

const nix = [
  ...["--option", "build-users-group", "", "--option", "substituters", "", "--option", "fsync-metadata", "false"],
  ...["--option", "sandbox", "true", "--option", "sandbox-paths", "/bin/sh=/bin/dash /lib /lib64"],
]

/** A system of `size` paths beside itself, really in a store: sources, so that nothing need be built but the system. */
async function systemOf(size: number, text: string): Promise<System> {
  const root = at(`${size}-${text}`)
  const expression = `let
    part = n: builtins.toFile "part-\${toString n}" "${text} \${toString n}";
    parts = builtins.genList part ${size};
  in derivation { name = "system"; system = builtins.currentSystem; builder = "/bin/sh"; inherit parts;
    args = [ "-c" "echo $parts > $out" ]; }`
  const drvPath = (await run("nix-instantiate", ["--store", root, ...nix, "--expr", expression])).stdout.trim()
  const outPath = (await run("nix-store", ["--store", root, ...nix, "--realise", drvPath])).stdout.trim()
  const programs = `${root}.programs`
  await mkdir(programs)
  for (const name of ["sh", "find", "sed", "sha256sum", "xargs", "stat", "cat", "tar", "timeout"]) {
    await symlink(`/usr/bin/${name}`, join(programs, name))
  }
  const wrapper = `#!/bin/sh
for word; do shift; [ "$word" = /run/current-system ] && word=${outPath}; set -- "$@" "$word"; done
exec /usr/bin/nix "$@" --store ${root} ${nix.map((word) => `'${word}'`).join(" ")}\n`
  await writeFile(join(programs, "nix"), wrapper)
  await chmod(join(programs, "nix"), 0o755)
  return { root, programs, outPath, drvPath }
}

/** All that C1.9 to C1.11 ask a host whose closure is not git's, path by path. */
async function look(size: number) {
  const [git, host] = [await systemOf(size, "git"), await systemOf(size, "host")]
  const ssh = await connect({ ...server.host, programs: host.programs })
  const builder = await connect({ ...server.host, programs: git.programs })
  const commands: Command[] = []
  const before = sessions()
  const seen = await recordWithin(commands, async () => {
    const [built, found] = [await hostClosure(builder, git.programs), await hostClosure(ssh, host.programs)]
    const differences = compareClosures(built, found)
    const inStore = [...found.keys()].map((path) => `${host.root}${path}`)
    const { nars } = await rehash(ssh, host.programs, inStore)
    const [one, other] = [
      { ...git, machine: builder },
      { ...host, machine: ssh },
    ]
    const parted = await derivationDifference(one, other)
    // The same tree on both sides: what is inside a path is asked path by path, of five paths at most.
    const inside = await firstDifferences(other, other, [...found.keys()].slice(0, 5))
    return { paths: found.size, differences: differences.length, hashed: nars.size, parted: parted.compared, inside }
  })
  return { seen, commands: commands.length, channels: sessions() - before }
}

/** What the server says that it was asked. */
const sessions = () => server.log().filter((line) => line.startsWith("Starting session: ")).length

test("twenty times the closure is asked for in as many commands, and as many channels", async () => {
  const [small, large] = [await look(10), await look(200)]
  expect(small.seen).toEqual({ paths: 11, differences: 22, hashed: 11, parted: 1, inside: [] })
  expect(large.seen).toEqual({ paths: 201, differences: 402, hashed: 201, parted: 1, inside: [] })
  expect(small.commands).toBeGreaterThan(0)
  expect([large.commands, large.channels]).toEqual([small.commands, small.channels])
  expect(small.channels, "channels, as the server counts them").toBe(small.commands)
})
