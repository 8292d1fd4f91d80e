// The places where secrets lie on a host, and what lies there: the one key, what git brought, an identity that any machine
// makes for itself, or something that nobody accounts for.

import type { Allowance } from "./allowances.ts"
import { expressionOf } from "./allowances.ts"
import type { Seen } from "./search/tar-search.ts"
import type { Target } from "./target.ts"

export type PlaceClass = "the bootstrap key" | "derived from git" | "regenerable identity" | "violation"

export interface SecretPlace {
  /** As it may be shown. */
  path: string
  class: PlaceClass
  why: string
  /** A symbolic link, which holds nothing itself. */
  link: boolean
}

type Known = Allowance & { class: PlaceClass }

/** What every such host makes for itself and nobody needs to bring it back. */
const identities: Known[] = [
  { pattern: "/etc/ssh/ssh_host_*_key", reason: "the ssh identity of the machine" },
  { pattern: "/var/lib/systemd/random-seed", reason: "made by systemd" },
  { pattern: "/var/lib/systemd/credential.secret", reason: "made by systemd" },
  { pattern: "/var/lib/docker/swarm/certificates/*", reason: "the swarm's own authority and node key" },
  {
    pattern: "/var/lib/docker/swarm/raft/**",
    reason: "the swarm's log, sealed with its own key; its secrets are C3.3's",
  },
  { pattern: "/var/lib/docker/swarm/worker/*", reason: "the swarm's node database" },
].map((one) => ({ ...one, class: "regenerable identity" }))

/** What systemd copies out of decrypted secrets for one unit each. */
const credentials: Known = {
  pattern: "/run/credentials/**",
  reason: "a credential that systemd gives to a unit",
  class: "derived from git",
}

/** Names that tools give to files with secrets: whatever lies there is brought by somebody. */
const named: Allowance[] = [
  { pattern: "**/.env", reason: "an environment file" },
  { pattern: "**/*.env", reason: "an environment file" },
  { pattern: "**/.netrc", reason: "logins for curl, git and nix" },
  { pattern: "/etc/nix/netrc", reason: "logins for nix" },
  { pattern: "**/.git-credentials", reason: "git's stored logins" },
  { pattern: "**/.docker/config.json", reason: "registry logins" },
  { pattern: "**/.config/sops/**", reason: "where sops looks for keys" },
  { pattern: "**/.gnupg/private-keys-v1.d/*", reason: "a GnuPG secret key" },
  { pattern: "**/.gnupg/secring.gpg", reason: "GnuPG secret keys" },
  { pattern: "**/.ssh/id_*", reason: "an ssh key" },
  { pattern: "**/.aws/credentials", reason: "a cloud's logins" },
  { pattern: "**/.vault-token", reason: "a Vault token" },
  { pattern: "**/.pgpass", reason: "database logins" },
  { pattern: "**/.my.cnf", reason: "database logins" },
  { pattern: "**/acme.json", reason: "ACME accounts and keys" },
  { pattern: "**/*.kdbx", reason: "a password store" },
  { pattern: "**/*.agekey", reason: "an age key" },
  { pattern: "**/ssh_host_*_key", reason: "another machine's ssh identity" },
]

/** What gives a file away, whatever it is called: looked for in its first 16 KiB. */
const signs: { pattern: RegExp; in?: RegExp; reason: string }[] = [
  {
    pattern: /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n(?:[^\n]*\n){0,6}?[A-Za-z0-9+/=]{40,}/m,
    reason: "a private key",
  },
  { pattern: /AGE-SECRET-KEY-1[0-9A-Z]{50,}/, reason: "an age key" },
  { pattern: /^PuTTY-User-Key-File-\d/, reason: "a private key" },
  { pattern: /^\s*(?:extra-)?access-tokens\s*=\s*\S/m, in: /\/nix\.conf$/, reason: "access tokens for nix" },
  { pattern: /^[^:\n]+:\$[0-9a-z]/m, in: /\/shadow-?$/, reason: "a password" },
  { pattern: /^\s*PrivateKey\s*=\s*\S{20,}/m, reason: "a WireGuard key" },
  { pattern: /_authToken\s*=\s*\S/, in: /\/\.?npmrc$/, reason: "a registry token" },
  {
    pattern: /\b(?:password|passwd|token|secret)\b["']?\s*[:=]\s*["']?[^\s"']{12,}/i,
    in: /^\/root\/(?:\.[^/]*|[^/]*\.(?:sh|txt|conf|json|ya?ml))$/,
    reason: "a login",
  },
]

/** Gathers the inventory while the disks are read: shown each file's path and first bytes. */
export class SecretPlaces {
  readonly places: SecretPlace[] = []
  /** Files and links that were looked at. */
  looked = 0
  readonly #bootstrapKey: string
  readonly #known: (Known & { expression: RegExp })[]

  constructor({ secrets: { bootstrapKey, places } }: Pick<Target, "secrets">) {
    this.#bootstrapKey = bootstrapKey
    this.#known = [...places, ...identities, credentials].map((one) => ({
      ...one,
      expression: expressionOf(one.pattern),
    }))
  }

  /** Says whether it wants to see the file's first bytes. */
  look({ path, shown, type, target }: Seen): ((head: Buffer) => void) | undefined {
    this.looked++
    const add = (kind: PlaceClass, why: string) =>
      void this.places.push({ path: shown, class: kind, why, link: type === "symlink" })
    const name = names.find(({ expression }) => expression.test(path))
    if (type === "symlink") {
      // What a link leads to is looked at there; sops-nix and the closure lead to what others judge.
      if (name !== undefined && /^\/run\/secrets(-for-users)?\//.test(target)) add("derived from git", name.reason)
      else if (name !== undefined && !/^\/(nix\/store|etc\/static)\//.test(target)) add("violation", name.reason)
      return undefined
    }
    if (path === this.#bootstrapKey) {
      add("the bootstrap key", "the one exception")
      return undefined
    }
    const known = this.#known.find(({ expression }) => expression.test(path))
    if (known !== undefined) {
      add(known.class, known.reason)
      return undefined
    }
    if (type === "further name") {
      if (name !== undefined) add("violation", `${name.reason}, a further name of a file`)
      return undefined
    }
    return (head) => {
      const text = head.toString("latin1")
      const sign = signs.find(({ pattern, in: only }) => (only === undefined || only.test(path)) && pattern.test(text))
      if (sign !== undefined) add("violation", sign.reason)
      else if (name !== undefined && head.length > 0) add("violation", name.reason)
    }
  }
}

const names = named.map((one) => ({ ...one, expression: expressionOf(one.pattern) }))
