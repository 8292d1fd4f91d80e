// The way from a machine to here: how fast it is, and zstd on it where reading would wait for it.

import { here, type Machine } from "../machine.ts"
import { Input } from "./input.ts"
import { unzstd } from "./zstd.ts"

export interface Link {
  megabytesPerSecond: number
  /** Whether the machine packs what it sends: it has zstd, and the link is slower than what unpacks here. */
  packed: boolean
}

/** In bytes; long enough to be more than a round trip, short enough to be no load. */
const sample = 8 * 2 ** 20
/** Megabytes of plain bytes that are unpacked here in a second, on a slow machine. */
const unpacking = 50

const measuring = `
bin=$1
[ ! -x "$bin/zstd" ] || [ ! -x "$bin/head" ] || exec "$bin/head" -c ${sample} /dev/zero
`.trim()

const links = new WeakMap<Machine, Promise<Link>>()

/** Measured once for each machine, where it could make a difference. */
export function linkTo(machine: Machine, programs: string): Promise<Link> {
  const known = links.get(machine) ?? measured(machine, programs)
  links.set(machine, known)
  return known
}

async function measured(machine: Machine, programs: string): Promise<Link> {
  if (machine === here) return { megabytesPerSecond: Number.POSITIVE_INFINITY, packed: false }
  const started = performance.now()
  let bytes = 0
  await machine.run([`${programs}/sh`, "-euc", measuring, "sh", programs], {
    timeoutMs: 600_000,
    consume: async (stdout) => {
      for await (const chunk of stdout) bytes += chunk.length
    },
  })
  const megabytesPerSecond = Math.round(bytes / 1000 / (performance.now() - started))
  return { megabytesPerSecond, packed: bytes === sample && megabytesPerSecond < unpacking }
}

/** What zstd packed, as it was. Throws when it is damaged or cut off. */
export async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = new Input()
  const plain: Buffer[] = []
  const reading = unzstd(input, { inflate: (bytes: Buffer) => void plain.push(Buffer.from(bytes)) })
  let needs = 0
  for await (const chunk of chunks) {
    input.push(chunk)
    if (input.left >= needs) needs = reading.next().value ?? 0
    input.keep()
    yield* plain.splice(0)
  }
  input.ended = true
  while (reading.next().done !== true);
  yield* plain.splice(0)
}
