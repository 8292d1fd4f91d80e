// The trees that the bench searches, made of what this machine has.

import { createHash, randomBytes } from "node:crypto"
import {
  closeSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import { all, ofBytes, ofTexts, planted, texts } from "./planted-forms.ts"

const sources = ["/usr/lib", "/usr/bin", "/usr/share", "/opt", "/usr/local"]
/** What would be unpacked, which no tool we compare with does. */
const packed = /\.(gz|xz|zst|bz2|zip|jar|whl|tar|tgz|7z|deb|a|ko|apk|egg|squashfs|cpio|lz4|lzma)$/

function* filesBelow(path: string): Generator<string> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name)
    if (entry.isDirectory()) yield* filesBelow(below)
    else if (entry.isFile() && !packed.test(entry.name)) yield below
  }
}

const magic = Buffer.alloc(6)
function isPacked(path: string): boolean {
  const file = openSync(path, "r")
  readSync(file, magic, 0, 6, 0)
  closeSync(file)
  return ["1f8b", "fd377a585a00", "28b52ffd", "425a68", "504b0304"].some((known) =>
    magic.toString("hex").startsWith(known),
  )
}

/** Programs, libraries and texts of this machine in folders like store paths, and derivations that we make. In bytes. */
export function writeStoreLikeTree(root: string, least: number): number {
  let bytes = 0
  let files = 0
  const folder = () =>
    join(
      root,
      `${createHash("sha1")
        .update(`${Math.floor(files / 50)}`)
        .digest("hex")
        .slice(0, 32)}-p`,
    )
  for (let round = 0; bytes < least; round++) {
    const before = bytes
    for (const source of sources) {
      for (const path of filesBelow(source)) {
        const { size } = lstatSync(path)
        if (size > 300_000_000 || isPacked(path)) continue
        mkdirSync(folder(), { recursive: true })
        copyFileSync(path, join(folder(), `${round}-${files++}`))
        bytes += size
        if (bytes >= least) break
      }
      if (bytes >= least) break
    }
    if (bytes === before) throw new Error(`nothing to make a tree of in ${sources.join(", ")}`)
  }
  for (let drv = 0; drv < 5_000; drv++) {
    const name = () => `/nix/store/${randomBytes(16).toString("hex")}-${randomBytes(3).toString("hex")}.drv`
    const inputs = Array.from({ length: 30 }, () => `("${name()}",["out"])`).join(",")
    const text = `Derive([("out","${name()}","","")],[${inputs}],[],"x86_64-linux","/bin/sh",["-e","a\\nb"],[("out","x")])`
    writeFileSync(join(root, `${drv}.drv`), text)
    bytes += text.length
  }
  return bytes
}

/** One line without an end. */
export function writeLongLine(path: string, size: number): void {
  const piece = Buffer.from(randomBytes(12 * 1024 * 1024).toString("base64"))
  const file = openSync(path, "w")
  for (let at = 0; at < size; at += piece.length) writeSync(file, piece, 0, Math.min(piece.length, size - at))
  closeSync(file)
}

/** Every secret in every form, `turns` times at other places; every file's name, and the secrets that are in it. */
export function writePlants(root: string, turns: number): Map<string, string[]> {
  const plants = new Map<string, string[]>()
  for (const [secrets, forms] of [
    [all, ofBytes],
    [texts, ofTexts],
  ] as const)
    for (const [form, encode] of Object.entries(forms))
      for (let turn = 0; turn < turns; turn++) {
        const name = `${form.replaceAll("/", " ")} ${turn}`
        writeFileSync(join(root, name), encode(planted(secrets, turn)))
        plants.set(join(root, name), Object.keys(secrets))
      }
  return plants
}
