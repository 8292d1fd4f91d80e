// Every unit systemd knows, and the files that make it what it is.

import type { Machine } from "./machine.ts"

export interface Units {
  units: number
  /** Where unit files and drop-ins really lie, each once. */
  files: string[]
  /** Units whose files changed since systemd read them. */
  needReload: string[]
  failed: string[]
}

const properties = "Id,FragmentPath,DropInPaths,NeedDaemonReload,ActiveState"

/** Asks systemd, and follows every path it names, in two commands. */
export async function unitsOf(host: Machine, programs: string): Promise<Units> {
  const { stdout } = await host.run([`${programs}/systemctl`, "show", "*", `--property=${properties}`, "--no-pager"])
  const units = stdout
    .toString()
    .trim()
    .split("\n\n")
    .map((block) =>
      Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      ),
    )
  const named = units.flatMap(({ FragmentPath = "", DropInPaths = "" }) => [FragmentPath, ...DropInPaths.split(" ")])
  const paths = [...new Set(named.filter((path) => path !== ""))].sort()
  if (paths.length === 0) throw new Error(`${host.where}: systemd names no unit files`)
  const real = await host.run([`${programs}/readlink`, "-f", "--", ...paths], { answers: [0, 1] })
  const files = real.stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "")
  return {
    units: units.length,
    // A path that leads nowhere is shown as it is named.
    files: files.length === paths.length ? [...new Set(files)].sort() : paths,
    needReload: units.filter(({ NeedDaemonReload }) => NeedDaemonReload === "yes").map(({ Id = "" }) => Id),
    failed: units.filter(({ ActiveState }) => ActiveState === "failed").map(({ Id = "" }) => Id),
  }
}
