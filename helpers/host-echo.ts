// A nonce, answered by the host itself: signed with its own SSH host key, together with what it is at that moment.

import { fingerprint, type Ssh } from "./ssh.ts"
import type { Target } from "./target.ts"

export interface HostEcho {
  /** Canonical JSON: bootId, clock, machineId, nonce, run and systemPath, as the host had them. */
  said: string
  /** An SSHSIG over exactly that, in armour. */
  signature: string
  /** `TYPE BASE64`: whose it is. */
  hostKey: string
  /** UTC, by this machine: before the host was asked, and once it had answered. */
  sent: string
  answered: string
}

/**
 * Asks the host to sign a nonce. Nothing is written there: the text goes through a pipe, and the private key stays where it
 * is. An SSHSIG begins with a preamble of its own and names its purpose, so that it proves nothing in a login.
 */
export async function hostEcho(
  ssh: Ssh,
  { host, keyFile }: { host: Target["host"]; keyFile: string },
  { nonce, run, namespace }: { nonce: string; run: string; namespace: string },
): Promise<HostEcho> {
  if (!/^[0-9a-f]{64}$/.test(nonce) || !/^[0-9a-f-]{36}$/.test(run) || !/^[a-z@-]+$/.test(namespace)) {
    throw new Error(`${ssh.where}: neither nonce, run nor namespace may hold anything a shell could read`)
  }
  const at = (program: string) => `${host.programs}/${program}`
  const script = `[ -e /run/current-system ] || { echo "no /run/current-system" >&2; exit 3; }
    boot=$(${at("cat")} /proc/sys/kernel/random/boot_id) machine=$(${at("cat")} /etc/machine-id)
    system=$(${at("readlink")} -f /run/current-system) clock=$(${at("date")} -u +%Y-%m-%dT%H:%M:%S.%3NZ)
    said=$(printf '{"bootId":"%s","clock":"%s","machineId":"%s","nonce":"%s","run":"%s","systemPath":"%s"}' \\
      "$boot" "$clock" "$machine" ${nonce} ${run} "$system")
    printf '%s\\n' "$said"
    printf %s "$said" | ${at("ssh-keygen")} -Y sign -q -f "$0" -n ${namespace}`
  const sent = new Date().toISOString()
  const { stdout } = await ssh.run([at("sh"), "-euc", script, keyFile], { timeoutMs: 30_000 })
  const answered = new Date().toISOString()
  const [said = "", ...signature] = stdout.toString().trimEnd().split("\n")
  if (!said.startsWith("{") || signature[0] !== "-----BEGIN SSH SIGNATURE-----") {
    throw new Error(`${ssh.where}: signed nothing with ${keyFile}, the private half of ${fingerprint(host.hostKey)}`)
  }
  return { said, signature: signature.join("\n"), hostKey: host.hostKey, sent, answered }
}
