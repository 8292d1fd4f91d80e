// What a run writes when nothing is wrong with it: much that looks random and is no secret.

import { createHash, generateKeyPairSync } from "node:crypto"
import { numbersFrom } from "./random-secrets.ts"

/** About as many bytes as told, line by line, from a seed. `others` are lines that shall be among them. */
export function benignText(bytes: number, seed: number, others: string[]): string {
  const below = numbersFrom(seed)
  const random = (length: number) => Buffer.from(Array.from({ length }, () => below(256)))
  const of = (characters: string, length: number) =>
    Array.from({ length }, () => characters[below(characters.length)]).join("")
  const word = () => words[below(words.length)] ?? ""
  const nixHash = () => of("0123456789abcdfghijklmnpqrsvwxyz", 32)
  const sha256 = () => createHash("sha256").update(random(8)).digest()
  const path = () => `/nix/store/${nixHash()}-${word()}-${below(9)}.${below(30)}.${below(9)}`
  const bech32 = (length: number) => of("qpzry9x8gf2tvdw0s3jn54khce6mua7l", length)
  const uuid = () =>
    random(16)
      .toString("hex")
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
  const time = () => `2026-01-${String(1 + below(28)).padStart(2, "0")}T03:${10 + below(50)}:05.006Z`
  const sentence = () => Array.from({ length: 6 + below(12) }, word).join(" ")
  const sealed = () =>
    `ENC[AES256_GCM,data:${random(8 + below(60)).toString("base64")},iv:${random(32).toString("base64")},tag:${random(16).toString("base64")},type:str]`
  const check = () => ({
    id: `C${1 + below(7)}.${1 + below(9)}`,
    ...{ verdict: "pass", why: "", assertions: 1 + below(5), milliseconds: below(9000) },
    observations: [
      { what: sentence(), seen: { system: path(), fingerprint: `SHA256:${sha256().toString("base64url")}` } },
    ],
    commands: [
      {
        argv: ["nix", "path-info", "--json", path()],
        exit: 0,
        stdout: JSON.stringify({ [path()]: { narHash: `sha256-${sha256().toString("base64")}` } }),
      },
    ],
  })
  const lines: (() => string)[] = [
    () => path(),
    () => `${word()}: ${sealed()}`,
    () => `- recipient: age1${bech32(58)}\n  enc: |\n${armour(random(200), "AGE ENCRYPTED FILE", "    ")}`,
    () =>
      JSON.stringify({
        path: path(),
        narHash: `sha256-${sha256().toString("base64")}`,
        narSize: below(1e8),
        registrationTime: 1767225600 + below(1e6),
      }),
    () =>
      JSON.stringify({
        kind: "end",
        run: uuid(),
        previous: sha256().toString("hex"),
        checks: [check(), check()],
        finished: time(),
      }),
    () => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${random(32).toString("base64").slice(0, 43)} ${word()}@${word()}`,
    () => `256 SHA256:${sha256().toString("base64").slice(0, 43)} ${word()} (ED25519)`,
    () => `sha256 Fingerprint=${sha256().toString("hex").toUpperCase().match(/../g)?.join(":")}`,
    () => armour(random(900), "CERTIFICATE", ""),
    () =>
      `Jan 02 03:04:05 cc-nix-test systemd[1]: Started ${sentence()}.\nJan 02 03:04:05 cc-nix-test ${word()}[${below(30000)}]: ${sentence()}`,
    () =>
      `${random(6).toString("hex")}   drone/drone:2@sha256:${sha256().toString("hex")}   "${word()} --${word()}"   ${below(9)} hours ago   Up   0.0.0.0:${below(60000)}->80/tcp   ${word()}.1.${of("abcdefghijklmnopqrstuvwxyz0123456789", 25)}`,
    () =>
      JSON.stringify(
        [
          {
            ID: of("abcdefghijklmnopqrstuvwxyz0123456789", 25),
            CreatedAt: time(),
            Spec: { Name: `${word()}_${word()}`, Labels: { [`com.docker.${word()}`]: sha256().toString("hex") } },
          },
        ],
        null,
        2,
      ),
    () =>
      `### C${below(8)}.${below(9)} **pass**\n\n> ${sentence()}\n\n- recorded by the run of ${time()} by the builder, 2 expectations\n- ${word()}: \`{"ci.lab:443":"${sha256().toString("hex").toUpperCase().match(/../g)?.join(":")}"}\`\n      | ${sentence()}\n      | ${path()}`,
    () => `commit ${random(20).toString("hex")}\n    ${sentence()}\n    refs/heads/main ${random(20).toString("hex")}`,
    () =>
      `https://git.ci.example/recipe-maintainers/${word()}/src/commit/${random(20).toString("hex")}/${word()}/${word()}.nix?ref=main%2F${word()}&token_type=${word()}`,
    () => others[below(others.length)] ?? "",
  ]
  const text: string[] = [...others]
  for (let length = 0; length < bytes; length += (text.at(-1)?.length ?? 0) + 1)
    text.push(lines[below(lines.length)]?.() ?? "")
  return text.join("\n")
}

function armour(bytes: Buffer, label: string, indent: string): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].map((line) => indent + line).join("\n")
}

const words =
  "activation adversary age authentication base64 bootstrap builder bundle certificate checkout closure configuration container credentials cryptsetup declarative deployment derivation directory docker drone endpoint environment evidence expectation fingerprint flake gateway generation git gitea grafana healthcheck hostname incus instance integration journal kubernetes ledger lichen-staging limitation loopback machine-id manifest migration network nixos nixpkgs oneshot openssh operator orchestrator overlay password podman postgres prometheus proxy pull-secret recipient recovery redaction registry renewal repository reproducible resolver revision rollback runtime secrets-main service session snapshot sops stack subvolume swarm switch system systemd tailscale throwaway timeout token traefik transport tunnel unit upgrade user verification version volume webhook wildcard workspace the of and is was for every nothing which looks held at by in git".split(
    " ",
  )

/** Key pairs whose public halves anybody may see. */
export function keyPairs(): { secret: string; open: string[] }[] {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const ed = generateKeyPairSync("ed25519")
  const forms = { pem: { format: "pem" }, der: { format: "der" } } as const
  return [rsa, ec, ed].flatMap(({ privateKey, publicKey }) => {
    const open = [
      publicKey.export({ ...forms.pem, type: "spki" }).toString(),
      publicKey.export({ ...forms.der, type: "spki" }).toString("hex"),
      JSON.stringify(publicKey.export({ format: "jwk" })),
    ]
    const kinds = { rsa: ["pkcs8", "pkcs1"], ec: ["pkcs8", "sec1"], ed25519: ["pkcs8"] } as Record<
      string,
      ("pkcs8" | "pkcs1" | "sec1")[]
    >
    return (kinds[privateKey.asymmetricKeyType ?? ""] ?? []).map((type) => ({
      secret: privateKey.export({ ...forms.pem, type: type as "pkcs8" }).toString(),
      open,
    }))
  })
}
