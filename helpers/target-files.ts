import { access, constants, readFile, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { resolve } from "node:path"
import type { Target } from "./target.ts"

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

/** Every secret that a target names by file or environment variable and that can be read here, by the key that names it. */
export async function secretsNamed(target: Target): Promise<{ name: string; bytes: Buffer }[]> {
  const found: { name: string; bytes: Buffer }[] = []
  const walk = async (value: unknown, path: string[]): Promise<void> => {
    if (typeof value !== "object" || value === null) return
    const name = path.join(".")
    const only = Object.entries(value as Record<string, unknown>)
    const [kind, source] = only.length === 1 ? (only[0] ?? []) : []
    if (kind === "file" && typeof source === "string") {
      // What is missing or closed to this user was refused when the target file was read, unless it is another role's.
      if (!publicFiles.includes(name))
        await readFile(source).then(
          (bytes) => found.push({ name, bytes }),
          () => {},
        )
    } else if (kind === "env" && typeof source === "string") {
      found.push({ name, bytes: Buffer.from(process.env[source] ?? "") })
    } else for (const [key, child] of only) await walk(child, [...path, key])
  }
  await walk(target, [])
  return found.filter(({ bytes }) => bytes.length > 0)
}

/** Makes the local paths of a target absolute, in place, and returns what is wrong with the files they name. */
export async function resolveFiles(
  target: Target,
  directory: string,
  lineOf: (path: string[]) => number,
): Promise<Mistake[]> {
  const mistakes: Mistake[] = []
  const walk = async (value: unknown, path: string[]): Promise<void> => {
    if (typeof value !== "object" || value === null) return
    const only = value as Record<string, unknown>
    if (typeof only.file === "string" && Object.keys(only).length === 1) {
      const file = resolve(directory, only.file)
      only.file = file
      const what = await fileMistake(file, path.join("."))
      if (what !== undefined) mistakes.push({ line: lineOf([...path, "file"]), what: `${path.join(".")}: ${what}` })
      return
    }
    for (const [key, child] of Object.entries(value)) await walk(child, [...path, key])
  }
  await walk(target, [])
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
