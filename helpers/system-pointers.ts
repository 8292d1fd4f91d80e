// Which system the host says it runs: what every pointer to one leads to, and what the last boot and switch left behind.

import { records } from "./fields.ts"
import type { Machine } from "./machine.ts"

export interface Pointer {
  path: string
  /** The link's own text; null when there is no link. */
  link: string | null
  /** Where it leads once every link is followed; null when there is nothing. */
  real: string | null
}

/** What only a boot brings into use. Links are followed; null where a system has none, as a container's has not. */
export interface Boot {
  kernel: string | null
  initrd: string | null
  modules: string | null
  systemd: string | null
  /** The text of `kernel-params`, which is a file of each system's own. */
  parameters: string | null
}

export interface SystemPointers {
  current: Pointer
  booted: Pointer
  profile: Pointer
  static: Pointer
  boot: { current: Boot; booted: Boot }
  /** The executable of process 1, with ` (deleted)` when it is no longer there. */
  init: string
  /** The release of the kernel that runs. */
  kernel: string
  /** Its command line. */
  commandLine: string
  /** Every generation of the system profile. */
  generations: { name: string; link: string }[]
  /** Everything in /run/nixos: a start-, restart- or reload-list is what an interrupted switch leaves. Null: no directory. */
  runNixos: { name: string; type: string; size: number }[] | null
  /** What says that this is a container, and as what: environment of process 1, or a file. Nothing: no sign of one. */
  container: { sign: string; value: string }[]
}

const pointers = {
  current: "/run/current-system",
  booted: "/run/booted-system",
  profile: "/nix/var/nix/profiles/system",
  static: "/etc/static",
}
const boots = ["current", "booted"] as const
const bootLinks = { kernel: "kernel", initrd: "initrd", modules: "kernel-modules", systemd: "systemd" }
const marks = ["/run/systemd/container", "/run/host/container-manager", "/.dockerenv"]

// Records of four fields; the last one proves that the script came to its end.
const script = `
export LC_ALL=C
bin=$1 root=$2
shift 2
pointer() {
  printf 'pointer\\0%s\\0' "$1"
  if [ -L "$root$1" ]; then "$bin/readlink" -z -- "$root$1"; else printf '\\0'; fi
  "$bin/readlink" -ez -- "$root$1" || printf '\\0'
}
text() {
  printf 'text\\0%s\\0' "$1"
  "$bin/cat" -- "$2"
  printf '\\0\\0'
}
for path; do
  case $path in
    */kernel-params | */.dockerenv | */container | */container-manager)
      if [ -e "$root$path" ]; then text "$path" "$root$path"; fi ;;
    *) pointer "$path" ;;
  esac
done
if [ -d "$root/run/nixos" ]; then
  printf 'run\\0\\0\\0\\0'
  "$bin/find" "$root/run/nixos" -mindepth 1 -printf 'run\\0%P\\0%y\\0%s\\0'
fi
if [ -d "$root/nix/var/nix/profiles" ]; then
  "$bin/find" "$root/nix/var/nix/profiles" -maxdepth 1 -name 'system-*' -printf 'generation\\0%f\\0%l\\0\\0'
fi
printf 'init\\0\\0'
"$bin/readlink" -z -- /proc/1/exe
printf '\\0'
text kernel /proc/sys/kernel/osrelease
text cmdline /proc/cmdline
printf 'environ\\0\\0'
"$bin/grep" -z -m 1 '^container=' /proc/1/environ || { [ "$?" = 1 ] || exit 3; printf '\\0'; }
printf '\\0end\\0\\0\\0\\0'
`.trim()

/** Looks in one command. `root` is where the file system to look at begins; /proc is the running machine's whatever it is. */
export async function systemPointers(machine: Machine, programs: string, root = ""): Promise<SystemPointers> {
  const inSystem = (system: string, name: string) => `${pointers[system as keyof typeof pointers]}/${name}`
  const paths = [
    ...Object.values(pointers),
    ...boots.flatMap((system) => Object.values(bootLinks).map((name) => inSystem(system, name))),
    ...boots.map((system) => inSystem(system, "kernel-params")),
    ...marks,
  ]
  const ran = await machine.run([`${programs}/sh`, "-euc", script, "sh", programs, root, ...paths])
  const found = records(machine.where, ran, 4)
  if (found.pop()?.[0] !== "end") throw new Error(`${machine.where}: no end of what was said about the running system`)
  const tagged = (tag: string) => found.filter((record) => record[0] === tag).map(([, ...fields]) => fields)
  const texts = new Map(tagged("text").map(([name = "", text = ""]) => [name, text]))
  const pointer = (path: string): Pointer => {
    const [, link = "", real = ""] = tagged("pointer").find(([name]) => name === path) ?? []
    return { path, link: link || null, real: real || null }
  }
  const one = (what: string, value: string | undefined) => {
    if (value === undefined || value === "") throw new Error(`${machine.where}: no ${what}`)
    return value
  }
  const boot = (system: (typeof boots)[number]): Boot => ({
    kernel: pointer(inSystem(system, bootLinks.kernel)).real,
    initrd: pointer(inSystem(system, bootLinks.initrd)).real,
    modules: pointer(inSystem(system, bootLinks.modules)).real,
    systemd: pointer(inSystem(system, bootLinks.systemd)).real,
    parameters: texts.get(inSystem(system, "kernel-params")) ?? null,
  })
  const runNixos = tagged("run")
  const environ = tagged("environ")[0]?.[1]
  return {
    current: pointer(pointers.current),
    booted: pointer(pointers.booted),
    profile: pointer(pointers.profile),
    static: pointer(pointers.static),
    boot: { current: boot("current"), booted: boot("booted") },
    init: one("executable of process 1", tagged("init")[0]?.[1]),
    kernel: one("kernel release", texts.get("kernel")?.trim()),
    commandLine: (texts.get("cmdline") ?? "").trim(),
    generations: tagged("generation").map(([name = "", link = ""]) => ({ name, link })),
    runNixos:
      runNixos.length === 0
        ? null
        : runNixos
            .filter(([name]) => name !== "")
            .map(([name = "", type = "", size]) => ({ name, type, size: Number(size) })),
    container: [
      ...(environ ? [{ sign: "/proc/1/environ", value: environ.slice("container=".length) }] : []),
      ...marks.filter((path) => texts.has(path)).map((path) => ({ sign: path, value: (texts.get(path) ?? "").trim() })),
    ],
  }
}
