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

// Nothing there is something else than nothing that may be looked at. A real path may hold anything but NUL, which ends it.
const script = `
LC_ALL=C
export LC_ALL
for file in "$@"; do
  if facts=$(PROGRAMS/stat -L -c '%F|%U|%G|%04a' -- "$file" 2>&1); then
    printf '%s\\n' "$facts" && PROGRAMS/stat -L -f -c '%T' -- "$file" && PROGRAMS/readlink -f -z -- "$file" || exit 3
  else
    case $facts in
      *': No such file or directory' | *': Not a directory' | *': Too many levels of symbolic links') printf 'absent\\0' ;;
      *) printf '%s\\n' "$facts" >&2; exit 3 ;;
    esac
  fi
done
`.trim()

/** Looks at files by absolute path, in two commands whatever their number. Links are followed, as whoever uses them does. */
export async function liveFiles(ssh: Ssh, programs: string, nonce: Uint8Array, paths: string[]): Promise<LiveFile[]> {
  const shell = `${programs}/sh`
  const looked = await ssh.run([shell, "-c", script.replaceAll("PROGRAMS", programs), "sh", ...paths])
  const answers = looked.stdout.toString().split("\0")
  if (answers.pop() !== "" || answers.length !== paths.length) {
    throw new Error(`${ssh.where}: ${answers.length} answers about ${paths.length} files`)
  }
  const { script: hashing, stdin } = remoteHmac(nonce, programs)
  const hashed = await ssh.run([shell, "-c", hashing, "sh", ...paths], { stdin })
  const hmacs = parseRemoteHmac(hashed.stdout.toString(), paths)
  return paths.map((path, index) => {
    const answer = answers[index] ?? ""
    const hmac = hmacs.get(path) ?? "unreadable"
    if (answer === "absent") {
      return { path, real: null, type: null, owner: null, group: null, mode: null, fileSystem: null, hmac }
    }
    const [, type, owner, group, mode, fileSystem, real] =
      /^([^|\n]+)\|([^|\n]+)\|([^|\n]+)\|(\d{4})\n([^\n]+)\n(.+)$/s.exec(answer) ?? []
    if (!type || !owner || !group || !mode || !fileSystem || !real) {
      throw new Error(`${ssh.where}: not what stat says of a file, about ${path}`)
    }
    return { path, real, type, owner, group, mode, fileSystem, hmac }
  })
}
