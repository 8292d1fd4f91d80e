// Packed files for tests, made by the programs that the world makes them with.

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runBytes } from "../run.ts"
import type { Bounds } from "./bounds.ts"
import { type SearchPlan, searchPlan } from "./engine.ts"
import { FileSearch } from "./file-search.ts"
import { Place } from "./place.ts"
import { Report } from "./report.ts"

export const secret = Buffer.from("correct-horse-battery")
export const plan: SearchPlan = searchPlan([{ secret: "TOKEN", form: "raw", bytes: secret }])

/** What a search of these bytes, pushed in pieces of that length, reports. The pieces' memory is overwritten each time. */
export function search(bytes: Uint8Array, length = bytes.length, bounds?: Bounds): Report {
  const report = new Report()
  const file = new FileSearch(plan, Place.named(plan, "/f", report), report, bounds)
  const memory = Buffer.alloc(Math.max(1, Math.min(length, bytes.length)))
  for (let at = 0; at < bytes.length; at += memory.length) {
    const piece = bytes.subarray(at, at + memory.length)
    memory.set(piece)
    file.push(memory.subarray(0, piece.length))
    memory.fill(0x55)
  }
  file.end()
  return report
}

/** `where` and offset of each finding of the secret as it is, in order. */
export function places(report: Report): string[] {
  return report.findings.map(({ where, offset, form, times }) => `${where} ${offset} ${form} ${times}x`).sort()
}

const pythonCodes: Record<string, string> = {
  gzip: "gzip.compress(data, mtime=0)",
  xz: "lzma.compress(data)",
  bzip2: "bz2.compress(data)",
}

/** Compresses by a program, or by python3's library of the format. */
export const compressors: Record<string, (bytes: Buffer) => Promise<Buffer>> = {
  gzip: piped("gzip", "-nc"),
  "gzip -1": piped("gzip", "-nc1"),
  "gzip by python3": python("gzip"),
  xz: piped("xz", "-c"),
  "xz -9e --check=sha256": piped("xz", "-c", "-9e", "--check=sha256"),
  "xz -0 --check=crc32, in blocks": piped("xz", "-c", "-0", "--check=crc32", "--block-size=65536"),
  "xz --check=none, with other properties": piped("xz", "-c", "--check=none", "--lzma2=preset=6,lc=1,lp=3,pb=0"),
  "xz with delta": piped("xz", "-c", "--delta=dist=3", "--lzma2=preset=1"),
  "xz by python3": python("xz"),
  zstd: piped("zstd", "-qc"),
  "zstd -19 --no-check": piped("zstd", "-qc", "-19", "--no-check"),
  "zstd --fast": piped("zstd", "-qc", "--fast=5"),
  bzip2: piped("bzip2", "-c"),
  "bzip2 -1": piped("bzip2", "-c1"),
  "bzip2 by python3": python("bzip2"),
}

function piped(file: string, ...args: string[]): (bytes: Buffer) => Promise<Buffer> {
  return async (input) => (await runBytes(file, args, { input })).stdout
}

function python(format: string): (bytes: Buffer) => Promise<Buffer> {
  const code = `import sys, gzip, lzma, bz2; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(${pythonCodes[format]})`
  return piped("python3", "-c", code)
}

/** The named format's plainest compressor. */
export function compress(format: string, bytes: Buffer): Promise<Buffer> {
  const compressor = compressors[format]
  if (compressor === undefined) throw new Error(`no compressor ${format}`)
  return compressor(bytes)
}

export interface Member {
  name: string
  bytes?: Buffer
  target?: string
}

const zipCode = `
import io, sys, zipfile
class Stream(io.RawIOBase):
    def writable(self): return True
    def write(self, data): return sys.stdout.buffer.write(data)
    def flush(self): sys.stdout.buffer.flush()
method, streamed, names = int(sys.argv[1]), sys.argv[2] == "streamed", sys.argv[3:]
whole = io.BytesIO()
with zipfile.ZipFile(Stream() if streamed else whole, "w", method) as archive:
    for name in names: archive.write(name)
    with archive.open("wide", "w", force_zip64=True) as member: member.write(b"wide")
if not streamed: sys.stdout.buffer.write(whole.getvalue())
`

/** How to make an archive of the files of a directory: a shell's words, with the names on stdin for cpio. */
const archivers: Record<string, (names: string[]) => [string, string[], string?]> = {
  "tar (gnu)": (names) => ["tar", ["--format=gnu", "-c", ...names]],
  "tar (pax)": (names) => ["tar", ["--format=pax", "-c", ...names]],
  "tar (ustar)": (names) => ["tar", ["--format=ustar", "-c", ...names]],
  "tar (v7)": (names) => ["tar", ["--format=v7", "-c", ...names]],
  "cpio (newc)": (names) => ["cpio", ["--quiet", "-o", "-H", "newc"], names.join("\n")],
  "cpio (crc)": (names) => ["cpio", ["--quiet", "-o", "-H", "crc"], names.join("\n")],
  "zip (stored)": (names) => ["python3", ["-c", zipCode, "0", "seeked", ...names]],
  "zip (deflated)": (names) => ["python3", ["-c", zipCode, "8", "seeked", ...names]],
  "zip (bzip2)": (names) => ["python3", ["-c", zipCode, "12", "seeked", ...names]],
  "zip (stored, streamed)": (names) => ["python3", ["-c", zipCode, "0", "streamed", ...names]],
  "zip (deflated, streamed)": (names) => ["python3", ["-c", zipCode, "8", "streamed", ...names]],
}
export const archives = [...Object.keys(archivers), "ar"]

/** An archive of these members, in their order. ar has no links and no directories in names. */
export async function archive(format: string, members: Member[]): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), "packed-"))
  try {
    for (const { name, bytes, target } of members) {
      await mkdir(join(directory, name, ".."), { recursive: true })
      if (target === undefined) await writeFile(join(directory, name), bytes ?? "")
      else await symlink(target, join(directory, name))
    }
    const names = members.map(({ name }) => name)
    if (format === "ar") {
      await runBytes("ar", ["rcD", "all.a", ...names], { cwd: directory })
      return (await runBytes("cat", ["all.a"], { cwd: directory })).stdout
    }
    const [file, args, input] = archivers[format]?.(names) ?? [format, []]
    return (await runBytes(file, args, { cwd: directory, ...(input === undefined ? {} : { input }) })).stdout
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Text like a program's, with the secret in the middle of a long word, at the end, and far apart. */
export function sample(size: number): Buffer {
  const words = Array.from({ length: size }, (_, at) => `${(at * 2654435761) % 99991} `)
  const bytes = Buffer.from(words.join("").slice(0, size))
  secret.copy(bytes, Math.floor(size / 2))
  secret.copy(bytes, size - secret.length)
  return bytes
}
