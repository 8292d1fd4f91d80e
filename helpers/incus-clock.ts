// How far the clock of the Incus server is from this machine's, by the Date of its answers.

import { connectIncus, IncusError } from "./incus-request.ts"
import type { Target } from "./target.ts"

/**
 * In whole milliseconds, positive where Incus is ahead; 0 where its time may lie between question and answer, for an HTTP
 * Date has whole seconds (RFC 9110, 5.6.7). Throws where Incus gives no answer, or one without a Date.
 */
export async function incusClockOffset(incus: Target["incus"]): Promise<number> {
  const connection = await connectIncus(incus)
  try {
    const sent = Date.now()
    const said = await connection.date(10_000)
    const answered = Date.now()
    const from = Date.parse(said)
    if (Number.isNaN(from)) throw new IncusError(`${connection.where}: its answer has no Date that can be read`)
    if (from > answered) return from - answered
    return Math.min(0, from + 999 - sent)
  } finally {
    await connection.close()
  }
}
