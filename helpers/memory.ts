import type { Ssh } from "./ssh.ts"

/**
 * Bytes of memory the host can use: the smallest of what its kernel has (`MemTotal` of /proc/meminfo) and what its root
 * control group allows (v2 memory.max, v1 memory.limit_in_bytes), where it has one.
 */
export async function usableMemory(ssh: Ssh, programs: string): Promise<number> {
  const script = `${programs}/cat /proc/meminfo; for limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    [ ! -f $limit ] || ${programs}/cat $limit; done`
  const lines = (await ssh.run([`${programs}/sh`, "-euc", script])).stdout.toString().split("\n")
  const total = /^MemTotal: +(\d+) kB$/.exec(lines.find((line) => line.startsWith("MemTotal:")) ?? "")?.[1]
  if (total === undefined) throw new Error(`${ssh.where}: /proc/meminfo has no MemTotal`)
  return Math.min(Number(total) * 1024, ...lines.filter((line) => /^\d+$/.test(line)).map(Number))
}
