// A run's nonce and the target's answer to it, as the ledger keeps them.

import { hostEcho } from "../helpers/host-echo.ts"
import { connect } from "../helpers/ssh.ts"
import type { Target } from "../helpers/target.ts"
import { type Echo, echoNamespace } from "./challenge.ts"
import { dearmoured } from "./ssh-keygen.ts"
import { told } from "./verdict.ts"

/** Has the host sign the nonce. A host that does not is no reason not to look; the run keeps why, and the gate stays shut. */
export async function echoOf({ host, roles }: Target, nonce: string, run: string): Promise<Echo> {
  const sent = new Date().toISOString()
  try {
    const ssh = await connect(host)
    try {
      const keyFile = roles?.hostKeyFile ?? "/etc/ssh/ssh_host_ed25519_key"
      const echo = await hostEcho(ssh, { host, keyFile }, { nonce, run, namespace: echoNamespace })
      const signature = dearmoured(echo.signature)
      return { ...echo, nonce, ...(signature === undefined ? {} : { signature }) }
    } finally {
      ssh.close()
    }
  } catch (cause) {
    return { nonce, sent, answered: new Date().toISOString(), why: told(cause as Error) }
  }
}
