// The kinds of value a target file holds. No message repeats the value: it may be a secret put in the wrong place.

import { isIP } from "node:net"
import { z } from "zod"
import { bytesOf, sizePattern } from "./bytes.ts"

export const text = (expected: string, pattern: RegExp) => z.string().regex(pattern, `expected ${expected}`)
export const label = () => text("lower-case letters, digits and hyphens", /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
export const word = () => text("a name without spaces", /^[A-Za-z0-9_.@][A-Za-z0-9_.@+-]*$/)
export const line = () => text("one line of text", /^[^\n\r\0]+$/)
export const hostname = () =>
  text("a lower-case host name", /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/)
export const port = () =>
  z.int("expected a port number").min(1, "expected a port number").max(65_535, "expected a port number")
export const mode = () => text('a quoted octal mode such as "0400"', /^0[0-7]{3}$/)
export const size = () => text("a size with unit, such as 4GiB or 4096MiB", sizePattern).transform(bytesOf)
export const hostPath = () => text("an absolute path without spaces", /^\/[^\s\0]*$/)
export const repoPath = () => text("a path inside the repo", /^(?!\/)(?!(.*\/)?\.\.?(\/|$))[^\n\r\0]+$/)
export const localPath = () => text("a path", /^[^\n\r\0]+$/)
export const file = (meaning: string) => z.strictObject({ file: localPath().describe(meaning) })
export const address = () => z.string().refine((value) => isIP(value) !== 0, "expected an IPv4 or IPv6 address")

// Userinfo, query and fragment are where a token would hide; the message must not repeat the value.
export const url = (protocols: string[]) =>
  z.string().refine(
    (value) => {
      if (!URL.canParse(value)) return false
      const { protocol, username, password, search, hash } = new URL(value)
      return protocols.includes(protocol) && [username, password, search, hash].every((part) => part === "")
    },
    `expected a ${protocols.map((protocol) => `${protocol}//`).join(", ")} URL without user, password, query or fragment`,
  )

export const hostKey = () =>
  z.string().refine((value) => {
    const [type, base64, ...rest] = value.split(" ")
    if (type === undefined || base64 === undefined || rest.length > 0) return false
    const blob = Buffer.from(base64, "base64")
    if (blob.toString("base64") !== base64 || blob.length < 4) return false
    return blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1") === type
  }, "expected TYPE BASE64, as the first two fields of the host's /etc/ssh/ssh_host_*_key.pub")

export const regex = () =>
  z.string().refine((value) => {
    try {
      return new RegExp(value, "i") instanceof RegExp
    } catch {
      return false
    }
  }, "expected a JavaScript regular expression")
