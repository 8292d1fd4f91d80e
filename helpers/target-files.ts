import { access, constants, readFile, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { resolve } from "node:path"
import type { SecretSource, Target } from "./target.ts"

/** One thing wrong with a target file, and the line of it. */
export interface Mistake {
  line: number
  what: string
}

// Every `{ file: … }` names a local file. One not listed here holds a secret, and is for its owner only.
const publicFiles = [
  "certificate.roots",
  "incus.certificate",
  "incus.serverCertificate",
  "incus.baseline",
  "orchestrator.ssh.config",
]
// Whoever runs as one role has no business with the key of another, and should not even be able to read it.
const othersKeys = ["roles.builder.key", "roles.adversary.key", "roles.ci.key"]
const mayBeMissing = ["incus.baseline", ...othersKeys]

/** Each `{ file: … }` and `{ env: … }` of a target, and the key that it stands at. */
export function* sourcesIn(value: unknown, path: string[] = []): Generator<{ path: string[]; source: SecretSource }> {
  if (typeof value !== "object" || value === null) return
  const entries = Object.entries(value)
  const [kind, named] = entries.length === 1 ? (entries[0] ?? []) : []
  if ((kind === "file" || kind === "env") && typeof named === "string") yield { path, source: value as SecretSource }
  else for (const [key, child] of entries) yield* sourcesIn(child, [...path, key])
}

/** Every secret that a target names by file or environment variable and that can be read here, by the key that names it. */
export async function secretsNamed(target: Target): Promise<{ name: string; bytes: Buffer }[]> {
  const found: { name: string; bytes: Buffer }[] = []
  for (const { path, source } of sourcesIn(target)) {
    const name = path.join(".")
    if ("file" in source && publicFiles.includes(name)) continue
    // What is missing or closed to this user was refused when the target file was read, unless it is another role's.
    const bytes =
      "file" in source
        ? await readFile(source.file).catch(() => Buffer.alloc(0))
        : Buffer.from(process.env[source.env] ?? "")
    if (bytes.length > 0) found.push({ name, bytes })
  }
  return found
}

/** Makes the local paths of a target absolute, in place, and returns what is wrong with the files they name. */
export async function resolveFiles(
  target: Target,
  directory: string,
  lineOf: (path: string[]) => number,
): Promise<Mistake[]> {
  const mistakes: Mistake[] = []
  for (const { path, source } of sourcesIn(target)) {
    if (!("file" in source)) continue
    source.file = resolve(directory, source.file)
    const key = path.join(".")
    const what = await fileMistake(source.file, key)
    if (what !== undefined) mistakes.push({ line: lineOf([...path, "file"]), what: `${key}: ${what}` })
  }
  target.reports.directory = resolve(directory, target.reports.directory)
  target.search.here = target.search.here.map((path) => resolve(directory, path.replace(/^~(?=\/|$)/, homedir())))
  return mistakes
}

async function fileMistake(file: string, key: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file)
    await access(file, constants.R_OK)
    if ((await stat(file)).isFile() === false) return `${file} is no file`
    if ((mode & 0o077) !== 0 && !publicFiles.includes(key)) {
      return `${file} is a secret that others may read (mode ${(mode & 0o777).toString(8)}): chmod 600 ${file}`
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" && mayBeMissing.includes(key)) return undefined
    if (code === "EACCES" && othersKeys.includes(key)) return undefined
    return code === "ENOENT" ? `${file} does not exist` : `cannot read ${file}: ${message}`
  }
}
