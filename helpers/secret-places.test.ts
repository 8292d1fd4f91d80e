import { describe, expect, test } from "vitest"
import { SecretPlaces } from "./secret-places.ts"

const secrets = { bootstrapKey: "/var/lib/sops-nix/key.txt", places: [] } as never
const seen = (path: string, head: string | Buffer, places = new SecretPlaces({ secrets })) => {
  places.look({ path, shown: path, type: "file", target: "" })?.(Buffer.from(head))
  return places.places.map((place) => place.class)
}
const pem = (kind: string) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${"QUJD".repeat(16)}\n-----END ${kind}PRIVATE KEY-----\n`

describe("what lies on a host is", () => {
  test.each([
    ["the bootstrap key, in its place", "/var/lib/sops-nix/key.txt", "AGE-SECRET-KEY-1X", "the bootstrap key"],
    ["the machine's own ssh key", "/etc/ssh/ssh_host_ed25519_key", pem("OPENSSH "), "regenerable identity"],
    ["the swarm's own key", "/var/lib/docker/swarm/certificates/swarm-node.key", pem("EC "), "regenerable identity"],
    ["a private key anywhere else", "/srv/notes.txt", `notes\n${pem("")}`, "violation"],
    [
      "an encrypted private key",
      "/srv/k",
      `-----BEGIN ENCRYPTED PRIVATE KEY-----\nProc-Type: 4\n\n${"QUJD".repeat(12)}`,
      "violation",
    ],
    ["an age key anywhere else", "/home/x/a.sh", `export K=AGE-SECRET-KEY-1${"Q".repeat(58)}`, "violation"],
    ["an environment file", "/root/.env", "A=1", "violation"],
    ["a netrc", "/home/ci/.netrc", "machine x", "violation"],
    ["a registry login", "/root/.docker/config.json", "{}", "violation"],
    ["nix with a token", "/etc/nix/nix.conf", "cores = 0\naccess-tokens = github.com=x\n", "violation"],
    ["a password hash", "/etc/shadow", "root:$y$j9T$abc:1:::::\n", "violation"],
    ["a host key elsewhere", "/root/backup/ssh_host_rsa_key", "x", "violation"],
    ["a login in a script of root's", "/root/deploy.sh", "TOKEN=abcdefghijklmnop\n", "violation"],
  ])("%s", (_, path, head, kind) => {
    expect(seen(path, head)).toEqual([kind])
  })

  test.each([
    ["nix without a token", "/etc/nix/nix.conf", "cores = 0\n"],
    ["locked passwords", "/etc/shadow", "root:*:1::::::\ndaemon:!:1::::::\n"],
    ["a program that knows how keys begin", "/usr/bin/x", "\x7fELF\0-----BEGIN PRIVATE KEY-----\0-----END"],
    ["a certificate", "/etc/ssl/a.pem", `-----BEGIN CERTIFICATE-----\n${"QUJD".repeat(16)}\n`],
    ["an empty environment file", "/root/.env", ""],
  ])("nothing: %s", (_, path, head) => {
    expect(seen(path, head)).toEqual([])
  })
})

test("a link is what it leads to: a decrypted secret, the closure, or somewhere else", () => {
  const places = new SecretPlaces({ secrets })
  const link = (path: string, target: string) => places.look({ path, shown: path, type: "symlink", target })
  link("/root/.netrc", "/run/secrets/netrc")
  link("/home/x/.netrc", "/run/secretsx/netrc")
  link("/etc/x.env", "/etc/static/x.env")
  expect(places.places.map((place) => place.class)).toEqual(["derived from git", "violation"])
  expect(places.looked).toBe(3)
})

test("a further name of a file counts by its name, and a name that holds a secret is shown without it", () => {
  const places = new SecretPlaces({ secrets })
  places.look({ path: "/root/.env", shown: "/root/.env", type: "further name", target: "opt/a" })
  places.look({ path: "/root/word.env", shown: "/root/[a name that holds x]", type: "file", target: "" })?.(
    Buffer.from("x"),
  )
  expect(places.places).toMatchObject([{ path: "/root/.env" }, { path: "/root/[a name that holds x]" }])
})

test("a target file adds places, and cannot move the bootstrap key", () => {
  const place = { pattern: "/srv/**", class: "regenerable identity" as const, reason: "made anew" }
  const own = { bootstrapKey: "/srv/key", places: [place] } as never
  expect(seen("/srv/a/key.pem", pem(""), new SecretPlaces({ secrets: own }))).toEqual(["regenerable identity"])
  expect(seen("/srv/key", "x", new SecretPlaces({ secrets: own }))).toEqual(["the bootstrap key"])
})
