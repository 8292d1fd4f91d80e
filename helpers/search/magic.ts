/** Whether bytes begin with these, in hex. For the first bytes of every file: a view on them costs more than the answer. */
export function magic(hex: string): (head: Buffer) => boolean {
  const bytes = Buffer.from(hex, "hex")
  return (head) => {
    if (head.length < bytes.length) return false
    for (let at = 0; at < bytes.length; at++) if (head[at] !== bytes[at]) return false
    return true
  }
}
