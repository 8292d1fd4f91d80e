import { rmSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type RanBytes, type RunOptions, runBytes } from "./run.ts"
import { readSecretSource, type Target } from "./target.ts"

const scratches: string[] = []
const removeScratches = () => {
  for (const scratch of scratches) rmSync(scratch, { recursive: true, force: true })
}

type Repo = Pick<Target["repos"]["base"], "url" | "credential"> & { branch?: string }

/** A complete, private copy of a repo: every ref and every object the server gave out. */
export interface Mirror {
  url: string
  /** The bare repo on this machine; it is removed when the process ends. */
  directory: string
  /** The commit (40 hex digits) a branch is at; a missing branch is an error. */
  revOf(branch: string): Promise<string>
  /** The bytes of the file at a path, undefined if the commit has no file there; a broken repo is an error. */
  fileAt(rev: string, path: string): Promise<Buffer | undefined>
  /** The paths of everything in a commit that is no directory: files, symbolic links and submodules. */
  filesAt(rev: string): Promise<string[]>
}

/** Clones a repo with all its refs and checks that the copy is whole. Nothing of this machine's git setup applies. */
export async function mirror(repo: Repo, name: string, resolve: Record<string, string> = {}): Promise<Mirror> {
  const scratch = await mkdtemp(join(tmpdir(), `cc-ci-verifier-${name}-`))
  scratches.push(scratch)
  if (scratches.length === 1) process.once("exit", () => removeScratches())
  const directory = join(scratch, "repo.git")
  const temporary = join(scratch, "credential")
  try {
    const protocol = new URL(repo.url).protocol.slice(0, -1)
    await git(
      [
        ...["-c", "protocol.allow=never", "-c", `protocol.${protocol}.allow=always`],
        ...resolving(repo.url, resolve),
        ...(await credentialHelper(repo, temporary)),
        ...["clone", "--quiet", "--mirror", "--", repo.url, directory],
      ],
      { timeoutMs: 300_000 },
    )
  } finally {
    await rm(temporary, { force: true })
  }
  const shallow = (await git(["-C", directory, "rev-parse", "--is-shallow-repository"])).stdout.toString().trim()
  if (shallow !== "false") throw new Error(`clone of ${repo.url} has no whole history: shallow is ${shallow}`)
  await git(["-C", directory, "fsck", "--connectivity-only", "--no-dangling", "--no-progress"], { timeoutMs: 300_000 })
  return mirrorAt(directory, repo.url)
}

/** Tells git the address of a URL's host, where the target file knows it and a resolver may not. */
export function resolving(url: string, resolve: Record<string, string>): string[] {
  const { hostname, port, protocol } = new URL(url)
  const address = resolve[hostname]
  if (address === undefined) return []
  return ["-c", `http.curloptResolve=${hostname}:${port || (protocol === "https:" ? 443 : 80)}:${address}`]
}

/** A bare repo that is already here, as a {@link Mirror}. */
export function mirrorAt(directory: string, url: string): Mirror {
  const lines = async (...args: string[]) =>
    (await git(["-C", directory, ...args])).stdout
      .toString()
      .split("\0")
      .filter((line) => line !== "")
  return {
    url,
    directory,
    revOf: async (branch) => {
      const { stdout } = await git(["-C", directory, "rev-parse", "--verify", `refs/heads/${branch}^{commit}`])
      return stdout.toString().trim()
    },
    fileAt: async (rev, path) => {
      // `git show REV:PATH` exits 128 both for a missing file and for a broken repo; an empty listing means missing.
      const [entry = ""] = await lines("ls-tree", "-z", "--full-tree", rev, "--", path)
      const [, mode, type, id, name] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? []
      // Asked for a directory by `docs/`, git lists what is in it.
      if (id === undefined || type !== "blob" || name !== path) return undefined
      if (mode === "120000") throw new Error(`${path} at ${rev} of ${url} is a symbolic link`)
      return (await git(["-C", directory, "cat-file", "blob", id])).stdout
    },
    filesAt: (rev) => lines("ls-tree", "-r", "-z", "--full-tree", "--name-only", rev),
  }
}

/** Runs git, deaf to this machine's configuration, environment and helpers, and never asking anybody. */
export function git(args: string[], options: RunOptions = {}): Promise<RanBytes> {
  const inherited = Object.keys(process.env).filter((name) => /^(GIT_|SSH_ASKPASS)/.test(name))
  return runBytes("git", args, {
    ...options,
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, undefined])),
      HOME: "/nonexistent",
      XDG_CONFIG_HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_LITERAL_PATHSPECS: "1",
      GIT_NO_REPLACE_OBJECTS: "1",
      ...options.env,
    },
  })
}

/**
 * git asks this helper for the credential, so that only its file's path stands in argv. It is bound to the repo's origin:
 * a redirect elsewhere gets nothing.
 */
async function credentialHelper({ url, credential }: Repo, temporary: string): Promise<string[]> {
  if (credential === undefined) return []
  const file = "file" in credential ? credential.file : temporary
  if ("env" in credential) await writeFile(temporary, await readSecretSource(credential), { mode: 0o600 })
  const path = `'${file.replaceAll("'", String.raw`'\''`)}'`
  return ["-c", `credential.${new URL(url).origin}.helper=!f() { test "$1" = get && cat ${path}; }; f`]
}
