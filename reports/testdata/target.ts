// The example target with the files that it names, in a directory of its own.
import { mkdtemp, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const example = join(import.meta.dirname, "..", "..", "fixtures", "targets", "example.yaml")

export interface TargetOptions {
  name?: string
  /** YAML that stands under `roles:`. */
  roles?: string
  /** `TYPE BASE64` of the host. */
  hostKey?: string
}

/** Writes a target file, and answers with its path. */
export async function makeTarget({ name = "lab", roles, hostKey }: TargetOptions = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "target-"))
  const source = await readFile(example, "utf8")
  const named = [...source.matchAll(/^[^#]*?file: \.\/([\w.-]+)/gm)].map(([, file = ""]) => file)
  for (const file of named) await writeFile(join(directory, file), "", { mode: 0o600 })
  let text = source.replace("name: example", `name: ${name}`)
  if (hostKey !== undefined) text = text.replace(/hostKey: .*/, `hostKey: ${hostKey}`)
  if (roles !== undefined) text += `\nroles:\n${roles.replaceAll(/^/gm, "  ")}\n`
  const path = join(directory, "target.yaml")
  await writeFile(path, text)
  return path
}
