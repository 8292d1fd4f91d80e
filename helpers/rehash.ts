// The bytes of store paths, read off the host and hashed here: the host's nix is not asked what they are.

import { createHmac } from "node:crypto"
import type { Machine } from "./machine.ts"
import { narsOfTar } from "./nar-of-tar.ts"
import type { PathInfo } from "./nix-path-info.ts"

export interface Rehashed {
  /** SHA-256 (hex) of the NAR of what lies on the disk, and its size, by store path. */
  nars: Map<string, { narHash: string; narSize: number }>
  /** Bytes of NAR hashed. */
  bytes: number
}

/**
 * Streams the paths with the host's `tar`, sorted by name, links and all, and hashes each as it comes; none is held in
 * memory. One command, whatever their number: the names travel on stdin.
 */
export async function rehash(host: Machine, programs: string, paths: string[]): Promise<Rehashed> {
  const nars: Rehashed["nars"] = new Map()
  let bytes = 0
  const names = paths.map((path) => path.slice(path.lastIndexOf("/") + 1))
  const directory = paths[0]?.slice(0, paths[0].lastIndexOf("/")) ?? "/nix/store"
  const argv = [
    ...[`${programs}/tar`, "--format=gnu", "--sort=name", "--hard-dereference", "-C", directory],
    ...["--null", "--files-from=-", "--create", "--file=-"],
  ]
  await host.run(argv, {
    stdin: names.map((name) => `${name}\0`).join(""),
    timeoutMs: 4 * 3_600_000,
    consume: async (stdout) => {
      for await (const { name, nar } of narsOfTar(stdout)) {
        nars.set(`${directory}/${name}`, { narHash: nar.narHash.toString("hex"), narSize: nar.narSize })
        bytes += nar.narSize
      }
    },
  })
  const absent = paths.filter((path) => !nars.has(path))
  if (absent.length > 0) throw new Error(`${host.where}: tar left out ${absent.length} paths, ${absent[0]} first`)
  return { nars, bytes }
}

export interface Reading {
  paths: string[]
  /** `all of it`, or how the sample was drawn. */
  how: string
}

/**
 * Which paths to read: all, where the closure is small enough. Else every path that nobody else vouches for, and some that
 * the run's nonce picks, so that the host cannot know which they will be.
 */
export function readingOf(
  closure: PathInfo[],
  vouched: (info: PathInfo) => boolean,
  { fullBelow, sample }: { fullBelow: number; sample: number },
  nonce: Uint8Array,
): Reading {
  const size = closure.reduce((sum, { narSize }) => sum + narSize, 0)
  if (size <= fullBelow) return { paths: closure.map(({ path }) => path).sort(), how: "all of it" }
  const unsigned = closure.filter((info) => !vouched(info))
  const lot = ({ path }: PathInfo) => createHmac("sha256", nonce).update(path).digest("hex")
  const drawn = closure
    .filter(vouched)
    .sort((a, b) => (lot(a) < lot(b) ? -1 : 1))
    .slice(0, sample)
  const how = `${unsigned.length} paths no key of the target file signed, and ${drawn.length} of the others by lot`
  return { paths: [...unsigned, ...drawn].map(({ path }) => path).sort(), how }
}
