// What is there on a machine: paths and programs, asked for in one command.

import { records } from "./fields.ts"
import type { Machine } from "./machine.ts"

const script = `
export PATH="$1:$PATH"
shift
while [ "$1" != -- ]; do
  if command -v "$1" >/dev/null 2>&1; then printf 'there\\0'; else printf '\\0'; fi
  shift
done
shift
IFS=
for pattern; do
  found=
  for path in $pattern; do if [ -e "$path" ] || [ -L "$path" ]; then found=there; fi; done
  printf '%s\\0' "$found"
done
`.trim()

/** Those of the programs and paths that are not there. A `*` in a path stands for anything in a directory. */
export async function absentOn(
  machine: Machine,
  programs: string,
  wanted: { programs: string[]; paths: string[] },
): Promise<{ programs: string[]; paths: string[] }> {
  const strange = wanted.programs.find((name) => !/^[A-Za-z0-9_.+-]+$/.test(name) || name === "--")
  if (strange !== undefined) throw new Error(`${machine.where}: ${JSON.stringify(strange)} is no name of a program`)
  const argv = [`${programs}/sh`, "-euc", script, "sh", programs, ...wanted.programs, "--", ...wanted.paths]
  const answers = records(machine.where, await machine.run(argv), 1).map(([there = ""]) => there)
  const all = [...wanted.programs, ...wanted.paths]
  if (answers.length !== all.length) throw new Error(`${machine.where}: a cut list of what is there`)
  const absent = (at: number) => answers[at] !== "there"
  return {
    programs: wanted.programs.filter((_, index) => absent(index)),
    paths: wanted.paths.filter((_, index) => absent(wanted.programs.length + index)),
  }
}
