// Values are compared as HMACs under a nonce of this run: a published HMAC says nothing once the nonce is gone.

import { createHash, createHmac, randomBytes } from "node:crypto"

/** A fresh key for one run's comparisons, 32 random bytes. It is as secret as the values and is never written down. */
export const newNonce = (): Buffer => randomBytes(32)

/** HMAC-SHA256 of `bytes` under `nonce`, 64 lower-case hex digits. */
export const hmac = (nonce: Uint8Array, bytes: Uint8Array): string =>
  createHmac("sha256", nonce).update(bytes).digest("hex")

export interface RemoteHmac {
  /** Run as `sh -c SCRIPT sh FILE...`; one answer a file, in order. */
  script: string
  /** The padded keys; the only way they reach the other machine. */
  stdin: string
}

/**
 * The HMAC of {@link hmac}, made where the files are, so that their bytes never travel. `programs` is the absolute
 * directory of `cat` and `sha256sum` there, such as `/run/current-system/sw/bin`. The keys go through the shell's own
 * `printf` and so into no argument list. Files are given by absolute path; symbolic links are followed.
 */
export function remoteHmac(nonce: Uint8Array, programs: string): RemoteHmac {
  if (!/^(\/[A-Za-z0-9._-]+)+$/.test(programs))
    throw new Error(`directory of programs is not an absolute path: ${programs}`)
  return { script: script.replaceAll("PROGRAMS", programs), stdin: `${padded(nonce, 0x36)}\n${padded(nonce, 0x5c)}\n` }
}

/** RFC 2104: the key filled with zeros to a block of 64 bytes, XOR a constant; as the escapes POSIX printf knows. */
function padded(nonce: Uint8Array, constant: number): string {
  const block = Buffer.alloc(64)
  block.set(nonce.length > 64 ? createHash("sha256").update(nonce).digest() : nonce)
  return [...block].map((byte) => `\\${(byte ^ constant).toString(8).padStart(3, "0")}`).join("")
}

// A pipe hides the status of all but its last command, so a failure speaks on descriptor 3; else a file that
// cannot be read would have the hash of nothing. dash, bash and busybox ash agree on all of this.
const script = `
LC_ALL=C
[ "$(command -v printf)" = printf ] || { echo "printf is not built into this shell" >&2; exit 3; }
IFS= read -r inner && IFS= read -r outer || { echo "no keys on stdin" >&2; exit 3; }
[ "\${#inner}" = 256 ] && [ "\${#outer}" = 256 ] || { echo "cut keys on stdin" >&2; exit 3; }
sha256() {
  { { { printf "$1" && "$2"; } || echo failed >&3; } | { PROGRAMS/sha256sum || echo failed >&3; }; } 3>&1 2>/dev/null
}
content() { PROGRAMS/cat < "$file"; }
digest() { printf "$escaped"; }
for file in "$@"; do
  answer=unreadable
  if [ -f "$file" ] && [ -r "$file" ]; then
    first=$(sha256 "$inner" content)
    case $first in
      *failed* | '') ;;
      *)
        rest=\${first%% *} escaped=
        while [ -n "$rest" ]; do
          tail=\${rest#??} byte=\${rest%"\${rest#??}"} rest=$tail
          escaped="$escaped\\\\$((0x$byte / 64))$((0x$byte / 8 % 8))$((0x$byte % 8))"
        done
        second=$(sha256 "$outer" digest)
        case $second in *failed* | '') ;; *) answer=\${second%% *} ;; esac
        ;;
    esac
  fi
  printf '%s  %s\\n' "$answer" "$file"
done
`.trimStart()

/**
 * Reads what {@link remoteHmac}'s script printed for exactly these `files`, given in the same order.
 * Throws if an answer is missing, malformed or about another file.
 */
export function parseRemoteHmac(stdout: string, files: string[]): Map<string, string> {
  const answers = new Map<string, string>()
  let rest = stdout
  for (const file of files) {
    const answer = /^([0-9a-f]{64}|unreadable) {2}/.exec(rest)
    const line = `${answer?.[0]}${file}\n`
    if (answer?.[1] === undefined || !rest.startsWith(line)) {
      throw new Error(`HMAC of ${file}: no answer, after ${answers.size} of ${files.length} files`)
    }
    answers.set(file, answer[1])
    rest = rest.slice(line.length)
  }
  if (rest !== "") throw new Error(`HMACs of ${files.length} files: ${rest.length} more characters than answers`)
  return answers
}
