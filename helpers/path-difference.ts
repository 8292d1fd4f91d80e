// Inside two copies of a store path that should be the same: the first things that are not.

import { records } from "./fields.ts"
import type { Machine } from "./machine.ts"

export interface Copy {
  machine: Machine
  programs: string
  /** What stands before `/nix/store` where this copy is; empty on the host itself. */
  root: string
}

const script = `
export LC_ALL=C
bin=$1 at=$2
if [ ! -d "$at" ] || [ -L "$at" ]; then at=$at; else cd -- "$at"; at=.; fi
"$bin/find" "$at" -type l -printf 'link\\0%P\\0%l\\0' -o -type d -printf 'directory\\0%P\\0\\0' -o \\
  -type f -perm -100 -printf 'executable\\0%P\\0\\0'
"$bin/find" "$at" -type f -exec "$bin/sha256sum" -z -- {} + | "$bin/sed" -z 's/^\\(.\\{64\\}\\)  \\(.*\\)$/file\\x00\\2\\x00\\1/'
`.trim()

/** What is in a store path, by kind and name: the target of a link, the digest of a file. */
async function inside({ machine, programs, root }: Copy, path: string): Promise<Map<string, string>> {
  const argv = [`${programs}/sh`, "-euc", script, "sh", programs, `${root}${path}`]
  const ran = await machine.run(argv, { maxBytes: 256 * 2 ** 20 })
  const named = (name: string) => name.replace(`${root}${path}`, "").replace(/^\.\//, "") || "the path itself"
  return new Map(
    records(machine.where, ran, 3).map(([kind = "", name = "", what = ""]) => [`${kind} ${named(name)}`, what]),
  )
}

/** The first entries, in order of their names, that are not the same on both sides: at most three of each path. */
export async function firstDifferences(git: Copy, host: Copy, paths: string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const [built, there] = await Promise.all([inside(git, path), inside(host, path)])
      const names = [...new Set([...built.keys(), ...there.keys()])].sort()
      return names
        .filter((name) => built.get(name) !== there.get(name))
        .slice(0, 3)
        .map((name) => `${path}: ${name}: ${shown(built.get(name))} in git, ${shown(there.get(name))} on the host`)
    }),
  )
  return found.flat()
}

const shown = (what: string | undefined) => (what === undefined ? "nothing" : what === "" ? "there" : what.slice(0, 64))
