// Real keys and a real repo with the file of those that may sign, for tests.
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { readSigners, type Signers } from "../allowed-signers.ts"
import { namespaceOf, type Role, roles } from "../roles.ts"
import { type Signer, signerOf } from "../signer.ts"

export interface Keys {
  directory: string
  /** The private key's file of a role. */
  file(role: string): string
  /** `TYPE BASE64`. */
  publicKey(role: string): Promise<string>
  /** The text of an allowed_signers file in which every role may sign for itself. */
  allowed: string
  signers: Signers
  signer(role: Role): Promise<Signer>
}

/** A key for each role, and one for `stranger`, whom nobody knows. */
export async function makeKeys(): Promise<Keys> {
  const directory = await mkdtemp(join(tmpdir(), "keys-"))
  const file = (role: string) => join(directory, role)
  const publicKey = async (role: string) => (await readFile(`${file(role)}.pub`, "utf8")).trim()
  for (const role of [...roles, "stranger"]) await makeKey(file(role))
  const lines = await Promise.all(roles.map(async (role) => signerLine(role, await publicKey(role))))
  const allowed = `# who may sign\n${lines.join("\n")}\n`
  const signers = readSigners(allowed, "allowed_signers")
  return { directory, file, publicKey, allowed, signers, signer: (role) => signing(role, file(role), signers) }
}

/** One role's line. */
export function signerLine(role: Role, publicKey: string): string {
  return `${role} namespaces="${namespaceOf[role]}" ${publicKey}`
}

/** A signer with the key of any file. */
export async function signing(role: Role, file: string, signers: Signers): Promise<Signer> {
  const signer = await signerOf(role, { [role]: { file } }, signers)
  if (signer === undefined) throw new Error("no key")
  return signer
}

export async function makeKey(file: string, ...options: string[]): Promise<void> {
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", ...options, "-f", file])
}

/** A repo with these files on main, and the URL it is cloned from. */
export async function repoWith(files: Record<string, string>): Promise<{ directory: string; url: string; commit(more: Record<string, string>, branch?: string): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "repo-"))
  const git = (...args: string[]) => execa("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: directory })
  await git("init", "-q", "-b", "main")
  const commit = async (more: Record<string, string>, branch = "main") => {
    if (branch !== "main") await git("checkout", "-q", "-b", branch)
    for (const [name, text] of Object.entries(more)) {
      await mkdir(join(directory, name, ".."), { recursive: true })
      await writeFile(join(directory, name), text)
    }
    await git("add", "-A")
    await git("commit", "-q", "-m", "files")
    if (branch !== "main") await git("checkout", "-q", "main")
  }
  await commit(files)
  return { directory, url: `file://${directory}`, commit }
}
