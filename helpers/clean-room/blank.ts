// A new machine before anybody did anything to it: what of an earlier setup is on it, and which files there are.

import { records, utf8 } from "../fields.ts"
import type { Executed } from "../incus-exec.ts"
import type { Throwaway } from "./throwaway.ts"

export interface Blank {
  /** How many files were looked through, so that finding nothing means something. */
  files: number
  machineId: string
  bootId: string
  /** Its public ssh host key, `TYPE BASE64`. */
  hostKey: string
  /** One line each: what an earlier setup left. */
  residue: string[]
}

export interface Sought {
  /** Paths that only a setup makes. */
  paths: string[]
  /** Store paths that only a build of cc-ci makes. */
  storePaths: string[]
  /** Units that only cc-ci declares. */
  units: string[]
  /** What the URL of a clone of cc-ci's repositories contains. */
  repositories: string[]
}

// A login shell, for on NixOS only that knows where programs are.
const script = `
set -u
export LC_ALL=C
tell() { printf '%s\\0%s\\0' "$1" "$2"; }
list() { while [ "$1" != -- ]; do
    case $kind in
      path) [ ! -e "$1" ] && [ ! -L "$1" ] || tell residue "$1" ;;
      store) [ ! -e "$1" ] || tell residue "$1, which a build of cc-ci made" ;;
      unit) state=$(systemctl show -p LoadState --value "$1") || exit 3
        [ "$state" = not-found ] || tell residue "the unit $1 ($state)" ;;
    esac
    shift
  done; }
kind=path; list "$@"; while [ "$1" != -- ]; do shift; done; shift
kind=store; list "$@"; while [ "$1" != -- ]; do shift; done; shift
kind=unit; list "$@"; while [ "$1" != -- ]; do shift; done; shift
tell files "$(find / -xdev -type f -printf x | wc -c)"
tell machine "$(cat /etc/machine-id)"
tell boot "$(cat /proc/sys/kernel/random/boot_id)"
tell key "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)"
for at in /var/lib/docker/swarm /var/lib/docker/containers /var/lib/docker/volumes; do
  [ -z "$(find "$at" -mindepth 1 -maxdepth 1 ! -name metadata.db ! -name backingFsBlockDev 2>/dev/null)" ] || tell residue "what Docker keeps in $at"
done
for name; do
  find / -xdev \\( -path '*/.git/config' -o -path '*.git/config' \\) -type f -exec grep -lF -e "$name" -- {} + | while IFS= read -r at; do tell residue "a clone of $name: $at"; done
done
find / -xdev -type f -size -1024k -exec grep -lE -e 'AGE-SECRET-KEY-1[0-9A-Z]{50}' -- {} + | while IFS= read -r at; do tell residue "an age key in $at"; done
tell end ""
`.trim()

/** Looks through a machine that was just created. Throws when it cannot look everywhere. */
export async function blankness(
  throwaway: Throwaway,
  { paths, storePaths, units, repositories }: Sought,
): Promise<Blank> {
  const argv = ["/bin/sh", "-lc", script, "sh", ...paths, "--", ...storePaths, "--", ...units, "--", ...repositories]
  const ran = await throwaway.exec(argv, { timeoutMs: 300_000 })
  const fields = records(throwaway.name, answer(throwaway, ran, "looking whether it is blank"), 2)
  const told = (kind: string) => fields.filter(([name]) => name === kind).map(([, value = ""]) => value)
  const one = (kind: string) => told(kind)[0] ?? ""
  if (told("end").length !== 1)
    throw new Error(`${throwaway.name}: looking whether it is blank did not come to its end`)
  const hostKey = one("key")
  if (!/^ssh-ed25519 [A-Za-z0-9+/=]+$/.test(hostKey)) throw new Error(`${throwaway.name}: no ed25519 host key`)
  return {
    files: Number(one("files")),
    machineId: one("machine"),
    bootId: one("boot"),
    hostKey,
    residue: [...new Set(told("residue"))].sort(),
  }
}

export interface FileFacts {
  type: string
  /** Size, time of last change and inode: what changes with the file. */
  facts: string
}

const listing = `
export LC_ALL=C
for at in / /run /tmp /dev/shm; do
  [ -d "$at" ] || continue
  [ "$at" = / ] || ! [ "$(stat -c %d "$at")" = "$(stat -c %d /)" ] || continue
  find "$at" -xdev -printf '%p\\0%y\\0%s %C@ %i\\0' || exit 3
done
`.trim()

/** Every file of the machine's own file systems, by path. */
export async function filesOf(throwaway: Throwaway): Promise<Map<string, FileFacts>> {
  const ran = await throwaway.exec(["/bin/sh", "-lc", listing], { timeoutMs: 300_000, maxBytes: 512 * 2 ** 20 })
  const all = records(throwaway.name, answer(throwaway, ran, "listing its files"), 3)
  if (all.length === 0) throw new Error(`${throwaway.name}: it has no files`)
  return new Map(all.map(([path = "", type = "", facts = ""]) => [path, { type, facts }]))
}

/** What a running machine writes by itself, wherever nobody puts anything. */
const restless =
  /^\/(run\/(systemd|udev|user|log|lock|dbus|sshd|nixos|incus_agent|blkid|utmp|credentials|mount|initctl|docker|containerd|NetworkManager|dhcpcd|resolvconf|motd)|var\/(log|cache|lib\/(systemd|dhcpcd|NetworkManager|logrotate|nscd|chrony))|tmp\/systemd-private-)/

/** Files that are there now and were not, or not like this; directories only where they are new. */
export function filesAdded(before: Map<string, FileFacts>, after: Map<string, FileFacts>): string[] {
  return [...after]
    .filter(([path, { type, facts }]) => {
      const was = before.get(path)
      return was === undefined || (type !== "d" && (was.type !== type || was.facts !== facts))
    })
    .map(([path]) => path)
    .filter((path) => !restless.test(path))
    .sort()
}

/** The answer of a program on the throwaway, if it is one. */
export function answer({ name }: Throwaway, ran: Executed, what: string): Executed {
  if (ran.exitCode === 0) return ran
  const why = utf8(name, ran.stderr).trim().split("\n").slice(-3).join("; ")
  throw new Error(`${name}: ${what}: exit ${ran.exitCode}${why && `: ${why}`}`)
}
