// What sops-nix decrypted on the host, held against git: every secret and template of every manifest, and what lies beside.

import { records } from "./fields.ts"
import { hmac } from "./hmac.ts"
import { type LiveFile, liveFiles } from "./live-files.ts"
import { type LockedDocuments, leafInGit } from "./sealed-documents.ts"
import { liveManifests, type Manifest } from "./sops-manifest.ts"
import type { Ssh } from "./ssh.ts"

/** How one file is, or should be; what is not there has nulls. */
export interface Placed {
  /** `secret NAME` or `template NAME`. */
  what: string
  path: string
  /** Where it lies once links are followed. */
  real: string | null
  type: string | null
  inMemory: boolean
  owner: string | null
  group: string | null
  mode: string | null
  bytes: "those in git" | "other bytes" | "unreadable" | "of nothing in git"
}

export interface Decrypted {
  manifests: string[]
  declared: Placed[]
  live: Placed[]
  /** What lies under the mount points that no manifest accounts for: other generations, other names. */
  stray: string[]
}

interface Wanted extends Omit<Placed, "bytes"> {
  /** Undefined where git has no such value. */
  hmac: string | undefined
}

const listing = `
export LC_ALL=C
bin=$1 at=$2
"$bin/find" "$at/." -mindepth 1 -printf '%P\\0%y\\0'
`.trim()

/**
 * Looks at the files and compares them by HMAC under the nonce. Throws when the running system names no manifest, a
 * manifest's document was not opened, or a mount point cannot be listed.
 */
export async function decrypted(
  ssh: Ssh,
  programs: string,
  nonce: Uint8Array,
  git: LockedDocuments,
): Promise<Decrypted> {
  const manifests = await liveManifests(ssh, programs)
  const wanted: Wanted[] = []
  const stray: string[] = []
  for (const manifest of manifests) {
    const { secretsMountPoint: mountPoint, symlinkPath } = manifest
    const [current] = await liveFiles(ssh, programs, nonce, [symlinkPath])
    const generation = current?.real ?? `${mountPoint}/none`
    const of = [...secretsOf(manifest, generation, nonce, git), ...templatesOf(manifest, generation, nonce, git)]
    wanted.push(...of)
    const expected = new Set([
      `${mountPoint}/age-keys.txt`,
      ...of.flatMap(({ real }) => upwards(real ?? "", mountPoint)),
    ])
    const argv = [`${programs}/sh`, "-euc", listing, "sh", programs, mountPoint]
    for (const [name = ""] of records(ssh.where, await ssh.run(argv), 2)) {
      if (!expected.has(`${mountPoint}/${name}`)) stray.push(`${mountPoint}/${name}`)
    }
  }
  const files = await liveFiles(
    ssh,
    programs,
    nonce,
    wanted.map(({ path }) => path),
  )
  return {
    manifests: manifests.map(({ file }) => file),
    declared: wanted.map(({ hmac: _, ...declared }) => ({ ...declared, bytes: "those in git" })),
    live: wanted.map(({ what, path, hmac }, index) => placed(what, path, files[index], hmac)),
    stray: stray.sort(),
  }
}

function placed(what: string, path: string, file: LiveFile | undefined, inGit: string | undefined): Placed {
  const { real = null, type = null, owner = null, group = null, mode = null } = file ?? {}
  const compared = file?.hmac === inGit ? "those in git" : file?.hmac === "unreadable" ? "unreadable" : "other bytes"
  const bytes = inGit === undefined ? "of nothing in git" : compared
  return { what, path, real, type, inMemory: memory.includes(file?.fileSystem ?? ""), owner, group, mode, bytes }
}

const memory = ["tmpfs", "ramfs"]

type Entry = Pick<Manifest["secrets"][number], "path" | "mode" | "owner" | "group" | "uid" | "gid">

const declaredAs = ({ path, mode, owner, group, uid, gid }: Entry, what: string, real: string) => ({
  what,
  path,
  real,
  type: "regular file",
  inMemory: true,
  // Newer manifests name numbers where no name is given.
  owner: owner ?? (uid ? `uid ${uid}` : "root"),
  group: group ?? (gid ? `gid ${gid}` : "root"),
  mode: mode.padStart(4, "0"),
})

function secretsOf({ secrets }: Manifest, generation: string, nonce: Uint8Array, git: LockedDocuments): Wanted[] {
  return secrets.map((secret) => ({
    ...declaredAs(secret, `secret ${secret.name}`, `${generation}/${secret.name}`),
    hmac: leafInGit(git, documentPath(secret.sopsFile), secret.key)?.hmac(nonce),
  }))
}

/** A template is its content with the value of a secret for each placeholder. */
function templatesOf(manifest: Manifest, generation: string, nonce: Uint8Array, git: LockedDocuments): Wanted[] {
  const { secrets, templates, placeholderBySecretName: placeholders } = manifest
  return (templates ?? []).map((template) => {
    if (template.content === "" && template.file) {
      throw new Error(`template ${template.name}: its content stands in ${template.file}, which is not compared`)
    }
    let content: Buffer | undefined = Buffer.from(template.content)
    for (const { name, sopsFile, key } of secrets) {
      const placeholder = placeholders?.[name]
      if (!placeholder || !template.content.includes(placeholder)) continue
      const value = leafInGit(git, documentPath(sopsFile), key)?.reveal()
      content = content && value && replaced(content, Buffer.from(placeholder), value)
    }
    return {
      ...declaredAs(template, `template ${template.name}`, `${generation}/rendered/${template.name}`),
      hmac: content && hmac(nonce, content),
    }
  })
}

/** `/nix/store/HASH-source/secrets/x.yaml` is `secrets/x.yaml` in the repo; that the store path is the repo's is C1.4's. */
const documentPath = (sopsFile: string) => sopsFile.split("/").slice(4).join("/")

function replaced(text: Buffer, from: Buffer, to: Buffer): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (let found = text.indexOf(from); found >= 0; found = text.indexOf(from, at)) {
    pieces.push(text.subarray(at, found), to)
    at = found + from.length
  }
  return Buffer.concat([...pieces, text.subarray(at)])
}

/** A path and the directories above it, up to the mount point. */
function upwards(path: string, mountPoint: string): string[] {
  const paths: string[] = []
  for (let at = path; at.startsWith(`${mountPoint}/`); at = at.slice(0, at.lastIndexOf("/"))) paths.push(at)
  return paths
}
