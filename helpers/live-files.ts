// Files on the host as they are now: where they really lie, who may read them, and the HMAC of their bytes.

import { parseRemoteHmac, remoteHmac } from "./hmac.ts"
import type { Ssh } from "./ssh.ts"

export interface LiveFile {
  path: string
  /** Where it lies once every link is followed; null when there is nothing. */
  real: string | null
  /** `regular file`, `directory`, … as stat says it of the real file. */
  type: string | null
  owner: string | null
  group: string | null
  /** Octal, such as `0400`. */
  mode: string | null
  /** The type of the file system it lies on, such as `tmpfs`. */
  fileSystem: string | null
  /** HMAC-SHA256 of its bytes, or `unreadable`. */
  hmac: string
}

const script = `
for file in "$@"; do
  if [ -e "$file" ]; then
    real=$(PROGRAMS/readlink -f -- "$file") && PROGRAMS/stat -L -c '%F|%U|%G|%04a' -- "$file" &&
      PROGRAMS/stat -f -c '%T' -- "$file" && printf '%s\\n' "$real" || exit 3
  else
    printf 'absent\\nabsent\\nabsent\\n'
  fi
done
`.trim()

/** Looks at files by absolute path, in two commands whatever their number. Links are followed, as whoever uses them does. */
export async function liveFiles(ssh: Ssh, programs: string, nonce: Uint8Array, paths: string[]): Promise<LiveFile[]> {
  const shell = `${programs}/sh`
  const looked = await ssh.run([shell, "-c", script.replaceAll("PROGRAMS", programs), "sh", ...paths])
  const lines = looked.stdout.toString().split("\n")
  if (lines.pop() !== "" || lines.length !== paths.length * 3) {
    throw new Error(`${ssh.where}: ${lines.length} lines about ${paths.length} files, not three each`)
  }
  const { script: hashing, stdin } = remoteHmac(nonce, programs)
  const hashed = await ssh.run([shell, "-c", hashing, "sh", ...paths], { stdin })
  const hmacs = parseRemoteHmac(hashed.stdout.toString(), paths)
  return paths.map((path, index) => {
    const [facts = "", fileSystem = "", real = ""] = lines.slice(index * 3, index * 3 + 3)
    const [type, owner, group, mode] = facts.split("|")
    const hmac = hmacs.get(path) ?? "unreadable"
    if (facts === "absent" || type === undefined || owner === undefined || group === undefined || mode === undefined) {
      return { path, real: null, type: null, owner: null, group: null, mode: null, fileSystem: null, hmac }
    }
    return { path, real, type, owner, group, mode, fileSystem, hmac }
  })
}
