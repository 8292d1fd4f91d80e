// Keys on the host that could open what sops sealed: age identities wherever they lie, and ssh keys as sops-nix takes them.

import { type AgeIdentity, identitiesIn, openAge, recipientOfSshHostKey } from "./age.ts"
import { records } from "./fields.ts"
import type { SealedDocument } from "./sealed-documents.ts"
import { Secret } from "./secret.ts"
import type { Ssh } from "./ssh.ts"

export interface HostKey {
  /** The file on the host. */
  where: string
  kind: "age" | "ssh"
  /** The age recipient it answers to. */
  recipient: string
  /** Documents it opens; an ssh key's private half is not read, so those that name its recipient. */
  opens: string[]
}

export interface HostKeys {
  /** Directories searched for age identities. */
  searched: string[]
  keys: HostKey[]
  /** The recipients of the keys sops-nix used at the last activation, as it left them, by its file of them. */
  used: Record<string, string[]>
  /** What looks like an age identity and is none, `FILE: WHY`. */
  unreadable: string[]
}

/** Everywhere but what is another machine's (images), the store and what the kernel makes up. */
const directories = [
  "/etc",
  "/root",
  "/home",
  "/opt",
  "/srv",
  "/usr/local",
  "/var/lib",
  "/var/tmp",
  "/tmp",
  "/run",
  "/boot",
]

// FIFOs and sockets are not opened; a file that holds a key is small.
const looking = `
export LC_ALL=C
bin=$1
shift
for directory; do
  [ ! -d "$directory" ] || "$bin/find" "$directory/" -ignore_readdir_race -path /var/lib/docker -prune -o -type f -size -129 \\
    -exec "$bin/sh" -c '"$0" -lsZF -e AGE-SECRET-KEY-1 -- "$@"; [ $? -le 2 ]' "$bin/grep" {} +
done
`.trim()

const publicKeys = `
export LC_ALL=C
bin=$1
for file in /etc/ssh/*.pub /root/.ssh/*.pub /home/*/.ssh/*.pub; do
  [ ! -f "$file" ] || { printf '%s\\0' "$file"; "$bin/cat" "$file"; printf '\\0'; }
done
`.trim()

/** The identities in a key file on the host; throws when it is not there or holds none. */
export async function identitiesOn(ssh: Ssh, programs: string, file: string): Promise<AgeIdentity[]> {
  const { stdout } = await ssh.run([`${programs}/cat`, "--", file])
  return identitiesIn(new Secret(file, stdout))
}

/** Looks for every key; `mountPoints` are where sops-nix keeps its secrets, such as `/run/secrets.d`. */
export async function hostKeys(
  ssh: Ssh,
  programs: string,
  mountPoints: string[],
  documents: SealedDocument[],
): Promise<HostKeys> {
  const sh = (script: string, ...args: string[]) =>
    ssh.run([`${programs}/sh`, "-euc", script, "sh", programs, ...args], { timeoutMs: 600_000 })
  const found = records(ssh.where, await sh(looking, ...directories), 1).flat()
  const keys: HostKey[] = []
  const unreadable: string[] = []
  const left = mountPoints.map((mountPoint) => `${mountPoint}/age-keys.txt`)
  const used: HostKeys["used"] = Object.fromEntries(left.map((file) => [file, []]))
  for (const where of [...new Set(found)].sort()) {
    const { stdout } = await ssh.run([`${programs}/cat`, "--", where])
    const identities = agesIn(where, stdout, unreadable)
    if (left.includes(where)) used[where] = identities.map(({ recipient }) => recipient)
    for (const identity of identities) {
      keys.push({ where, kind: "age", recipient: identity.recipient, opens: await openedBy(identity, documents) })
    }
  }
  for (const [where = "", line = ""] of records(ssh.where, await sh(publicKeys), 2)) {
    if (!line.startsWith("ssh-ed25519 ")) continue
    const recipient = recipientOfSshHostKey(line)
    const named = documents.filter(({ document }) => document.metadata.recipients.flat().includes(recipient))
    keys.push({ where, kind: "ssh", recipient, opens: named.map(({ path }) => path) })
  }
  return { searched: directories, keys, used, unreadable }
}

/** Every line that is an identity, whatever stands around it: a shell script or a .env file may hold one. */
function agesIn(where: string, bytes: Buffer, unreadable: string[]): AgeIdentity[] {
  const lines = bytes.toString("latin1").match(/AGE-SECRET-KEY-1[0-9A-Z]+/g) ?? []
  return [...new Set(lines)].flatMap((line) => {
    try {
      return identitiesIn(new Secret(where, Buffer.from(line)))
    } catch {
      unreadable.push(`${where}: AGE-SECRET-KEY-1 and no identity after it`)
      return []
    }
  })
}

async function openedBy(identity: AgeIdentity, documents: SealedDocument[]): Promise<string[]> {
  const opened: string[] = []
  for (const { path, document } of documents) {
    for (const { armored } of document.metadata.keyGroups.flatMap(({ age }) => age)) {
      if ((await openAge(armored, identity, path).catch(() => null)) !== null) opened.push(path)
    }
  }
  return [...new Set(opened)]
}
