// Which machine this is, so that every verdict says what it is about.

import { fingerprint, type Ssh } from "./ssh.ts"
import type { Target } from "./target.ts"

export interface HostIdentity {
  systemPath: string
  hostKeyFingerprint: string
  machineId: string
  bootId: string
}

/** The running system, the pinned key that the host proved to have, and the ids of machine and boot. */
export async function hostIdentity(ssh: Ssh, { host }: Target): Promise<HostIdentity> {
  const script = `[ -e /run/current-system ] || { echo "no /run/current-system" >&2; exit 3; }
    ${host.programs}/readlink -f /run/current-system && ${host.programs}/cat /etc/machine-id /proc/sys/kernel/random/boot_id`
  const { stdout } = await ssh.run([`${host.programs}/sh`, "-euc", script])
  const [systemPath = "", machineId = "", bootId = "", ...rest] = stdout.toString().trimEnd().split("\n")
  if (systemPath === "" || machineId === "" || bootId === "" || rest.length > 0)
    throw new Error(`${ssh.where}: its identity is not three lines`)
  return { systemPath, hostKeyFingerprint: fingerprint(host.hostKey), machineId, bootId }
}
