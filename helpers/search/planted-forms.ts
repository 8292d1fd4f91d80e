// Secrets of every kind and the forms that real programs give them, for the test and the bench of the needles.

import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A program that reads its input and writes a form of it; what is not installed is an error, not a skipped test. */
export function output(input: Buffer, file: string, ...args: string[]): Buffer {
  const { stdout, stderr, status, error } = spawnSync(file, args, { input, maxBuffer: 1 << 28 })
  if (error) throw new Error(`${file} did not run; this test needs it`, { cause: error })
  if (status !== 0) throw new Error(`${file} ${args[0]}: exit ${status}: ${stderr}`)
  return stdout
}

const sh = (script: string) => (input: Buffer) => output(input, "bash", "-c", script)
const python = (expression: string) => (input: Buffer) =>
  output(
    input,
    "python3",
    "-c",
    `import sys,json,html,shlex,urllib.parse as u,xml.sax.saxutils as x
s=sys.stdin.buffer.read().decode();sys.stdout.buffer.write((${expression}).encode())`,
  )

export const openssl = (...args: string[]) => output(Buffer.alloc(0), "openssl", ...args)
export const sshPublic: Buffer[] = []
export const sshKey = (type: string): Buffer => {
  const directory = mkdtempSync(join(tmpdir(), "needles-test-"))
  try {
    output(
      Buffer.alloc(0),
      "ssh-keygen",
      "-q",
      "-t",
      type,
      "-N",
      "",
      "-C",
      "somebody@somewhere",
      "-f",
      join(directory, "key"),
    )
    sshPublic.push(readFileSync(join(directory, "key.pub")))
    return readFileSync(join(directory, "key"))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export const keys: Record<string, Buffer> = {
  "an RSA key": openssl("genpkey", "-quiet", "-algorithm", "RSA"),
  "an RSA key of the old kind": openssl("genrsa", "-traditional", "2048"),
  "an EC key": openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1"),
  "an Ed25519 key": openssl("genpkey", "-algorithm", "ed25519"),
  "an encrypted key": openssl("genpkey", "-quiet", "-algorithm", "RSA", "-aes256", "-pass", "pass:test"),
  "an SSH key": sshKey("ed25519"),
  "an SSH key, RSA": sshKey("rsa"),
}
const odd = `${randomBytes(9).toString("base64")}/<"é'&\${x}''\\$\`~#+ %€`
export const texts: Record<string, Buffer> = {
  ...keys,
  "a token": Buffer.from(randomBytes(20).toString("hex")),
  "a password": Buffer.from(`${randomBytes(24).toString("base64url")}\n`),
  "a password with odd characters": Buffer.from(odd),
  "an age key file": output(Buffer.alloc(0), "age-keygen"),
  "an environment file": Buffer.from(`HOST=example.org\nTOKEN='${randomBytes(15).toString("base64")}'\n`),
  "an address with a password": Buffer.from(`postgres://drone:${randomBytes(12).toString("hex")}@localhost:5432/drone`),
  "a long token": Buffer.from(randomBytes(150).toString("base64url")),
}
export const all: Record<string, Buffer> = { ...texts, "random bytes": randomBytes(32) }

export const ofBytes: Record<string, (input: Buffer) => Buffer> = {
  cat: sh("cat"),
  "base64 -w0": sh("base64 -w0"),
  "base64, wrapped": sh("base64"),
  "base64, wrapped at 64 and indented": sh("base64 -w64 | sed 's/^/    /'"),
  "base64 for URLs": sh("base64 -w0 | tr +/ -_ | tr -d ="),
  "openssl base64": sh("openssl base64"),
  "base64 of base64": sh("base64 -w0 | base64 -w0"),
  "base64 of base64, wrapped": sh("base64 -w0 | base64 -w64"),
  "xxd -p": sh("xxd -p"),
  "xxd -p in one line, upper case": sh("xxd -p -u -c 1000000"),
  xxd: sh("xxd"),
  "hexdump -C": sh("hexdump -v -C"),
  hexdump: sh("hexdump -v"),
  "od, bytes": sh("od -v -An -tx1"),
  "hex with colons": sh("xxd -p -c 1000000 | sed 's/../&:/g'"),
  "hex with colons, 15 in a line": sh("xxd -c 15 -p | sed 's/../&:/g; s/^/    /'"),
}
export const ofTexts: Record<string, (input: Buffer) => Buffer> = {
  "carriage returns": sh("sed 's/$/\\r/'"),
  jq: sh("jq -Rs ."),
  "jq -a": sh("jq -Rsa ."),
  "jq @sh": sh("jq -Rsr @sh"),
  "jq @uri": sh("jq -Rsr @uri"),
  "jq @html": sh("jq -Rsr @html"),
  "json.dumps": python("json.dumps(s)"),
  "json.dumps, not only ASCII": python("json.dumps(s, ensure_ascii=False)"),
  "JSON with escaped slashes": python("json.dumps(s).replace('/', '\\\\/')"),
  "JSON in JSON": python("json.dumps(json.dumps(s))"),
  "urllib quote": python("u.quote(s)"),
  "urllib quote_plus": python("u.quote_plus(s)"),
  "urllib quote, everything": python("u.quote(s, safe='')"),
  encodeURIComponent: (input) => Buffer.from(encodeURIComponent(input.toString())),
  "a form": (input) => Buffer.from(new URLSearchParams({ s: input.toString() }).toString()),
  "html.escape": python("html.escape(s)"),
  quoteattr: python("x.quoteattr(s)"),
  "XML in ASCII": python("x.escape(s).encode('ascii', 'xmlcharrefreplace').decode()"),
  "shlex.quote": python("shlex.quote(s)"),
  "printf %q": sh("IFS= read -r -d '' s || true; printf %q \"$s\""),
  "@Q": sh(`IFS= read -r -d '' s || true; printf %s "$\{s@Q}"`),
  "Nix, printed": sh("cat | nix-instantiate --store dummy:// --eval -E 'builtins.readFile /dev/stdin'"),
  "UTF-16 LE": sh("iconv -f UTF-8 -t UTF-16LE"),
  "UTF-16 BE": sh("iconv -f UTF-8 -t UTF-16BE"),
}

/** All these secrets in one input, each in a line of its own text, at other distances every turn. */
export function planted(secrets: Record<string, Buffer>, turn: number): Buffer {
  const filler = (length: number) => Buffer.alloc(length, "-")
  return Buffer.concat(
    Object.values(secrets).flatMap((bytes, index) => [
      Buffer.from("é: "),
      filler(((turn * (index + 7)) % 48) + 1),
      bytes,
      Buffer.from("\n"),
      filler(70),
    ]),
  )
}
