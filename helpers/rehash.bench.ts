// How fast bytes are read off a host and hashed here, beside what bounds it: node --import tsx helpers/rehash.bench.ts [MiB]
// The link alone is the same tar over the same ssh client, thrown away; SHA-256 alone hashes as many bytes from memory.

import { createHash } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mebibyte, writeTree } from "./bench-tree.ts"
import { loopbackServers } from "./loopback-sshd.ts"
import type { Machine } from "./machine.ts"
import { median, race, timesAsFast } from "./race.ts"
import { rehash } from "./rehash.ts"
import { connect, type SshOptions } from "./ssh.ts"

const rounds = 5
const enough = { ratio: 0.9, rss: 200 }
const mebibytes = Number(process.argv[2] ?? 1024)
const paths = 8

const store = await mkdtemp(join(tmpdir(), "rehash-bench-"))
const servers = await loopbackServers()
try {
  const names = Array.from({ length: paths }, (_, n) => join(store, `${String(n).repeat(32)}-bench`))
  for (const name of names) await writeTree(name, mebibytes / paths)
  const { host } = await servers.start()
  const ssh = await connect(host)

  // What rehash asks of the host, so that the link carries just that.
  let asked: { argv: string[]; options: SshOptions } | undefined
  const heard: Machine = {
    where: ssh.where,
    run: (argv, options = {}) => {
      asked = { argv, options }
      return ssh.run(argv, options)
    },
  }
  const { bytes } = await rehash(heard, host.programs, names)

  const contenders: Record<string, () => Promise<unknown>> = {
    rehash: () => rehash(ssh, host.programs, names),
    "the link alone": () => {
      if (asked === undefined) throw new Error("rehash asked nothing of the host")
      const consume = async (stdout: AsyncIterable<Buffer>) => {
        for await (const _ of stdout);
      }
      return ssh.run(asked.argv, { ...asked.options, consume })
    },
    "SHA-256 alone": async () => {
      const hash = createHash("sha256")
      const chunk = Buffer.alloc(64 * 1024, 7)
      for (let left = bytes; left > 0; left -= chunk.length)
        hash.update(chunk.subarray(0, Math.min(left, chunk.length)))
      return hash.digest()
    },
  }
  const times = await race(rounds, contenders)
  ssh.close()

  const of = (contender: string) => times[contender] ?? []
  const ratio = (other: string) => timesAsFast(of("rehash"), of(other))
  for (const contender of Object.keys(contenders)) {
    const milliseconds = median(of(contender))
    const speed = `${((bytes / mebibyte / milliseconds) * 1000).toFixed(0)} MiB/s`
    const beside = contender === "rehash" ? "" : `  rehash has ${ratio(contender).toFixed(2)}x its speed`
    console.log(`${contender.padEnd(30)} ${milliseconds.toFixed(0).padStart(6)} ms ${speed.padStart(12)}${beside}`)
  }
  const slower = ["the link alone", "SHA-256 alone"].toSorted((a, b) => median(of(b)) - median(of(a)))[0] ?? ""
  const rss = process.resourceUsage().maxRSS / 1024
  console.log(
    `${(bytes / mebibyte).toFixed(0)} MiB of NAR over ssh on the loopback, ${rounds} rounds, medians; ` +
      `bounded by ${slower}, of which rehash reaches ${ratio(slower).toFixed(2)}x; at most ${rss.toFixed(0)} MiB of memory here`,
  )
  if (!(ratio(slower) >= enough.ratio) || rss > enough.rss) process.exitCode = 1
} finally {
  await servers.stop()
  await rm(store, { recursive: true, force: true })
}
