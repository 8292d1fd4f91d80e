// A strict reader of the tar streams that GNU tar writes (`--format=gnu`, also pax), for streams from a host that is not
// believed: whatever two readers could take in two ways is an error. Layout: GNU tar, src/tar.h, and POSIX pax.

import { ByteReader } from "./nar-bytes.ts"
import { checkName, checkTarget, shown, type TreeEvent } from "./nar-writer.ts"

const blockSize = 512
const zeroBlock = Buffer.alloc(blockSize)
/** Names and paths are held in memory; no real one is longer. */
const longest = 16 * 1024
/** And so are the extended attributes of one member. */
const longestAttributes = 999_999
/** GNU tar fills its last record of 10240 bytes; nobody writes larger ones than this. */
const longestEnd = 1024 * 1024

interface Header {
  type: string
  path: Buffer
  target: Buffer
  size: number
  executable: boolean
}

/** What a long-name member or a pax header says of the member after it. */
interface Override {
  path?: Buffer
  target?: Buffer
  size?: number
  pax?: true
  attributes?: Attribute[]
}

interface Attribute {
  name: string
  value: Buffer
}

/**
 * Takes what is in a tree and not in a NAR: extended attributes (`tar --xattrs`), and members that are no file, directory
 * or symbolic link, by their tar type: `1` a hard link to the target, `3` `4` devices, `6` a FIFO. Paths may then begin
 * with `./`; a sparse file (`tar --sparse`) comes without its holes, and with the map of them before its bytes.
 */
export interface Beside {
  attribute(path: Buffer, name: string, value: Buffer): void
  special(path: Buffer, type: string, target: Buffer): void
}

/**
 * The members of a tar stream as they come. Order, parents and doubles are the consumer's to judge (helpers/nar-of-tar.ts
 * does). tar itself says by its exit code that a file changed while it was read: the stream cannot. What `beside` would
 * take is an error without it.
 */
export async function* readTar(chunks: AsyncIterable<Buffer>, beside?: Beside): AsyncGenerator<TreeEvent> {
  const reader = new ByteReader(chunks)
  let last: Buffer | undefined
  try {
    while (true) {
      const member = await nextMember(reader, beside)
      if (member === undefined) return
      last = member.path
      const { path, executable, size } = member
      if (member.type === "5") yield { type: "directory", path }
      else if (member.type === "2") yield { type: "symlink", path, target: member.target }
      else {
        yield { type: "file", path, executable, size }
        for (let left = size; left > 0; ) {
          const bytes = await reader.some(left)
          left -= bytes.length
          yield { type: "content", bytes }
        }
        await padding(reader, size)
      }
    }
  } catch (cause) {
    const where = last === undefined ? "at its first member" : `at or after member ${shown(last)}`
    throw new Error(`tar stream, ${where}: ${(cause as Error).message}`, { cause })
  } finally {
    await reader.close()
  }
}

/** The next file, directory or symbolic link, checked; undefined at the end of the archive. */
async function nextMember(reader: ByteReader, beside?: Beside): Promise<Header | undefined> {
  let override: Override = {}
  while (true) {
    const block = await reader.take(blockSize)
    if (block.equals(zeroBlock)) {
      if (Object.keys(override).length > 0) throw new Error("a long name without a member")
      await end(reader)
      return undefined
    }
    const header = headerOf(block)
    const { type, size } = header
    if (type === "L" || type === "K" || type === "x") {
      await addTo(override, type, await held(reader, size, type === "x" ? longestAttributes : longest), beside)
      continue
    }
    const member = checked(header, override, beside)
    if (member !== undefined) return member
    override = {}
  }
}

function headerOf(block: Buffer): Header {
  let sum = 8 * 32
  for (let at = 0; at < blockSize; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0
  if (number(block.subarray(148, 156), "checksum") !== sum) throw new Error("wrong checksum")
  const magic = block.toString("latin1", 257, 265)
  const gnu = magic === "ustar  \0"
  if (!gnu && magic !== "ustar\x0000") throw new Error(`no tar header: ${JSON.stringify(magic)}`)
  if (!block.subarray(gnu ? 345 : 500).equals(zeroBlock.subarray(gnu ? 345 : 500))) throw new Error("unknown fields")
  const [name, prefix] = [text(block.subarray(0, 100)), gnu ? Buffer.alloc(0) : text(block.subarray(345, 500))]
  return {
    type: block.toString("latin1", 156, 157),
    path: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name]),
    target: text(block.subarray(157, 257)),
    size: number(block.subarray(124, 136), "size"),
    executable: (number(block.subarray(100, 108), "mode") & 0o100) !== 0,
  }
}

/** Octal digits, or base 256 where they do not suffice. */
function number(field: Buffer, what: string): number {
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    if (!Number.isSafeInteger(value)) throw new Error(`too large a ${what}`)
    return value
  }
  const [, digits] = /^([0-7]+)[\0 ]{1,2}$/.exec(field.toString("latin1")) ?? []
  if (digits === undefined) throw new Error(`no ${what}: ${shown(field)}`)
  return Number.parseInt(digits, 8)
}

/** A field up to its first NUL; nothing may hide behind it. */
function text(field: Buffer): Buffer {
  const end = field.indexOf(0)
  if (end < 0) return field
  if (!field.subarray(end).equals(zeroBlock.subarray(0, field.length - end))) {
    throw new Error(`bytes behind the end of a name: ${shown(field)}`)
  }
  return field.subarray(0, end)
}

async function held(reader: ByteReader, size: number, most: number): Promise<Buffer> {
  if (size > most) throw new Error(`a name of ${size} bytes`)
  const bytes = await reader.take(size)
  await padding(reader, size)
  return bytes
}

async function padding(reader: ByteReader, size: number): Promise<void> {
  const bytes = await reader.take((blockSize - (size % blockSize)) % blockSize)
  if (!bytes.equals(zeroBlock.subarray(0, bytes.length))) throw new Error("padding that is not zero")
}

function addTo(override: Override, type: "L" | "K" | "x", bytes: Buffer, beside?: Beside): void {
  const given: Override =
    type === "x" ? pax(bytes, beside) : type === "L" ? { path: long(bytes) } : { target: long(bytes) }
  const taken = Object.keys(override).length > 0 && (type === "x" || override.pax !== undefined)
  if (taken || Object.keys(given).some((key) => key in override)) throw new Error("two names for one member")
  Object.assign(override, given)
}

function long(bytes: Buffer): Buffer {
  if (bytes.length === 0 || bytes.indexOf(0) !== bytes.length - 1)
    throw new Error(`a long name that does not end in one NUL: ${shown(bytes)}`)
  return bytes.subarray(0, -1)
}

/** Records of a pax header: `LENGTH KEY=VALUE\n`. Those that say how the member is read, and times and owners. */
function pax(bytes: Buffer, beside?: Beside): Override {
  const override: Override = { pax: true }
  const seen = new Set<string>()
  for (let at = 0; at < bytes.length; ) {
    const [, digits = "", key = ""] = /^([1-9][0-9]{0,5}) ([^=]+)=/.exec(bytes.toString("latin1", at, at + 512)) ?? []
    const record = bytes.subarray(at, at + Number(digits))
    at += Number(digits)
    const value = record.subarray(digits.length + 1 + key.length + 1, -1)
    if (key === "" || at > bytes.length || record.at(-1) !== 10 || record.length < digits.length + key.length + 3) {
      throw new Error("a pax header that cannot be read")
    }
    const attribute = beside === undefined ? undefined : /^SCHILY\.xattr\.(.+)$/s.exec(key)?.[1]
    if (seen.has(key) || (value.includes(0) && attribute === undefined))
      throw new Error(`a pax header with a wrong ${key}`)
    seen.add(key)
    if (key === "path") override.path = value
    else if (key === "linkpath") override.target = value
    else if (key === "size") override.size = decimal(value)
    else if (attribute !== undefined) override.attributes = [...(override.attributes ?? []), { name: attribute, value }]
    else if (beside !== undefined && key === "GNU.sparse.name") override.path = value
    else if (beside !== undefined && /^GNU\.sparse\.(major|minor|realsize)$/.test(key)) continue
    else if (!/^([mac]time|[ug]id|[ug]name)$/.test(key))
      throw new Error(`a pax header with an unknown key: ${JSON.stringify(key)}`)
  }
  return override
}

function decimal(value: Buffer): number {
  const size = /^[0-9]{1,16}$/.test(value.toString("latin1")) ? Number(value.toString("latin1")) : Number.NaN
  if (!Number.isSafeInteger(size)) throw new Error(`no size: ${shown(value)}`)
  return size
}

/** Undefined for what `beside` took. */
function checked(header: Header, override: Override, beside?: Beside): Header | undefined {
  if (override.pax === undefined) agreeing(header, override)
  const { pax: _, attributes = [], ...said } = override
  const member = { ...header, ...said }
  if (beside !== undefined) member.path = withoutDot(member.path)
  const what = shown(member.path)
  for (const { name, value } of attributes) beside?.attribute(member.path, name, value)
  if (beside !== undefined && (/^[1346]$/.test(member.type) || member.path.length === 0)) {
    if (member.size > 0) throw new Error(`${what} is no file and has content`)
    if (member.path.length > 0) beside.special(member.path, member.type, member.target)
    return undefined
  }
  const directory = member.type === "5"
  if (member.type !== "0" && member.type !== "2" && !directory) {
    throw new Error(`${what} is of the type ${JSON.stringify(member.type)}: no file, directory or symbolic link`)
  }
  if (directory && member.path.at(-1) === 47) member.path = member.path.subarray(0, -1)
  for (const name of namesIn(member.path)) checkNameOf(name, what)
  if (member.type === "2") checkTarget(member.target)
  else if (member.target.length > 0) throw new Error(`${what} is no link and has a target`)
  if (member.type !== "0" && member.size > 0) throw new Error(`${what} is no file and has content`)
  return member
}

/** `./a` is `a`; `.` and `./` are nothing. */
function withoutDot(path: Buffer): Buffer {
  const text = path.toString("latin1", 0, 3)
  if (text === "." || text === "./") return path.subarray(path.length)
  return text.startsWith("./") ? path.subarray(2) : path
}

/** GNU tar puts the beginning of a long name where a short one would stand. */
function agreeing(header: Header, { path, target }: Override): void {
  const agree = (short: Buffer, whole = short) =>
    short.equals(whole) || (short.length >= 99 && short.equals(whole.subarray(0, short.length)))
  if (!agree(header.path, path) || !agree(header.target, target)) {
    throw new Error(`two names for one member: ${shown(header.path)} and ${shown(path ?? target)}`)
  }
}

function checkNameOf(name: Buffer, path: string): void {
  try {
    checkName(name)
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause })
  }
}

/** The names that a path is made of. */
export function namesIn(path: Buffer): Buffer[] {
  const names: Buffer[] = []
  let from = 0
  for (let slash = path.indexOf(47); slash >= 0; slash = path.indexOf(47, from)) {
    names.push(path.subarray(from, slash))
    from = slash + 1
  }
  names.push(path.subarray(from))
  return names
}

/** After the first block of zeros: a second one, and zeros to the end of the last record. */
async function end(reader: ByteReader): Promise<void> {
  if (!(await reader.take(blockSize)).equals(zeroBlock)) throw new Error("one block of zeros between members")
  let after = 0
  while (!(await reader.ended())) {
    const bytes = await reader.some(blockSize)
    after += bytes.length
    if (!bytes.equals(zeroBlock.subarray(0, bytes.length))) throw new Error("bytes after the end of the archive")
    if (after > longestEnd) throw new Error("no end after the end of the archive")
  }
  if (after % blockSize !== 0) throw new Error("the stream is cut off in its last record")
}
