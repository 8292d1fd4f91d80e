// What a script on the host prints when names come from outside: fields that each end in NUL, which no name can hold.

import type { SshRan } from "./ssh.ts"

/** Records of `size` fields. A cut answer throws, and so do names that are not UTF-8: two of them could look the same. */
export function records(where: string, { stdout }: Pick<SshRan, "stdout">, size: number): string[][] {
  const fields = utf8(where, stdout).split("\0")
  if (fields.pop() !== "" || fields.length % size !== 0) {
    throw new Error(`${where}: ${fields.length} fields, not whole records of ${size}`)
  }
  return Array.from({ length: fields.length / size }, (_, index) => fields.slice(index * size, (index + 1) * size))
}

/** Text as it is, or an error: decoded with replacement characters, different bytes would compare equal. */
export function utf8(where: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new Error(`${where}: the answer is not UTF-8`, { cause })
  }
}
