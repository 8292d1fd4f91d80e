// What sops-nix was told to decrypt on the running system: the manifest in the store that its activation names.

import { z } from "zod"
import type { Ssh } from "./ssh.ts"

const placed = z.object({
  name: z.string(),
  path: z.string(),
  owner: z.string().nullish(),
  group: z.string().nullish(),
  uid: z.number().nullish(),
  gid: z.number().nullish(),
  mode: z.string(),
})
const secret = placed.extend({ key: z.string(), sopsFile: z.string() })
const template = placed.extend({
  content: z.string(),
  /** A store path with the content, where that is empty. */
  file: z.string().nullish(),
})
const manifest = z.object({
  secrets: z.array(secret),
  templates: z.array(template).nullish(),
  /** What stands in a template for the value of a secret, by the secret's name. */
  placeholderBySecretName: z.record(z.string(), z.string()).nullish(),
  secretsMountPoint: z.string(),
  symlinkPath: z.string(),
  ageKeyFile: z.string().nullish(),
  ageSshKeyPaths: z.array(z.string()).nullish(),
  sshKeyPaths: z.array(z.string()).nullish(),
})

export type Manifest = z.output<typeof manifest> & {
  /** Its store path. */
  file: string
}

const script = `
system=$(PROGRAMS/readlink -f /run/current-system)
found=$(PROGRAMS/grep -RhoE -D skip '/nix/store/[a-z0-9]{32}-manifest[^" ]*[.]json' "$system/activate" "$system/etc/systemd/system/") || [ $? -eq 1 ] || exit 3
for file in $found; do printf '%s\\n' "$file"; PROGRAMS/cat "$file"; printf '\\n\\0'; done
`.trim()

/** Every manifest the running system's activation script and units name. Throws when there is none. */
export async function liveManifests(ssh: Ssh, programs: string): Promise<Manifest[]> {
  const { stdout } = await ssh.run([`${programs}/sh`, "-c", script.replaceAll("PROGRAMS", programs)])
  const parts = stdout
    .toString()
    .split("\0")
    .filter((part) => part !== "")
  if (parts.length === 0) throw new Error(`${ssh.where}: the running system names no sops-nix manifest`)
  return [...new Set(parts)].map((part) => {
    const file = part.slice(0, part.indexOf("\n"))
    const { data, error } = manifest.safeParse(JSON.parse(part.slice(file.length)))
    if (error) throw new Error(`${ssh.where}: ${file} is no sops-nix manifest: ${z.prettifyError(error)}`)
    return { file, ...data }
  })
}
