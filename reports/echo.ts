// A run's nonce and the target's answer to it, as the ledger keeps them.

import { hostEcho } from "../helpers/host-echo.ts"
import { incusClockOffset } from "../helpers/incus-clock.ts"
import { connect } from "../helpers/ssh.ts"
import type { Target } from "../helpers/target.ts"
import { type Echo, echoNamespace } from "./challenge.ts"
import { dearmoured } from "./ssh-keygen.ts"
import { told } from "./verdict.ts"

/**
 * Has the host sign the nonce, and reads the clock of Incus. What does not answer is no reason not to look; the run keeps
 * why, and the gate stays shut.
 */
export async function echoOf(target: Target, nonce: string, run: string): Promise<Echo> {
  const [host, incus] = await Promise.all([hostAnswer(target, nonce, run), incusClock(target)])
  return { nonce, ...host, ...incus }
}

async function hostAnswer({ host, roles }: Target, nonce: string, run: string): Promise<Omit<Echo, "nonce">> {
  const sent = new Date().toISOString()
  try {
    const ssh = await connect(host)
    try {
      const keyFile = roles?.hostKeyFile ?? "/etc/ssh/ssh_host_ed25519_key"
      const echo = await hostEcho(ssh, { host, keyFile }, { nonce, run, namespace: echoNamespace })
      const signature = dearmoured(echo.signature)
      return { ...echo, ...(signature === undefined ? {} : { signature }) }
    } finally {
      ssh.close()
    }
  } catch (cause) {
    return { sent, answered: new Date().toISOString(), why: told(cause as Error) }
  }
}

async function incusClock({ incus }: Target): Promise<Pick<Echo, "incusOffsetMilliseconds" | "incusWhy">> {
  try {
    return { incusOffsetMilliseconds: await incusClockOffset(incus) }
  } catch (cause) {
    return { incusWhy: told(cause as Error) }
  }
}
