// What real programs make of a secret is found, in whatever stands around it.

import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { expect, test } from "vitest"
import { Secret } from "../secret.ts"
import { Scan, searchPlan } from "./engine.ts"
import { needlesOf } from "./needles.ts"

/** A program that reads its input and writes a form of it; what is not installed is an error, not a skipped test. */
function output(input: Buffer, file: string, ...args: string[]): Buffer {
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

const openssl = (...args: string[]) => output(Buffer.alloc(0), "openssl", ...args)
const sshPublic: Buffer[] = []
const sshKey = (type: string): Buffer => {
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

const keys: Record<string, Buffer> = {
  "an RSA key": openssl("genpkey", "-quiet", "-algorithm", "RSA"),
  "an RSA key of the old kind": openssl("genrsa", "-traditional", "2048"),
  "an EC key": openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1"),
  "an Ed25519 key": openssl("genpkey", "-algorithm", "ed25519"),
  "an encrypted key": openssl("genpkey", "-quiet", "-algorithm", "RSA", "-aes256", "-pass", "pass:test"),
  "an SSH key": sshKey("ed25519"),
  "an SSH key, RSA": sshKey("rsa"),
}
const odd = `${randomBytes(9).toString("base64")}/<"é'&\${x}''\\$\`~#+ %€`
const texts: Record<string, Buffer> = {
  ...keys,
  "a token": Buffer.from(randomBytes(20).toString("hex")),
  "a password": Buffer.from(`${randomBytes(24).toString("base64url")}\n`),
  "a password with odd characters": Buffer.from(odd),
  "an age key file": output(Buffer.alloc(0), "age-keygen"),
  "an environment file": Buffer.from(`HOST=example.org\nTOKEN='${randomBytes(15).toString("base64")}'\n`),
  "an address with a password": Buffer.from(`postgres://drone:${randomBytes(12).toString("hex")}@localhost:5432/drone`),
  "a long token": Buffer.from(randomBytes(150).toString("base64url")),
}
const all: Record<string, Buffer> = { ...texts, "random bytes": randomBytes(32) }

const ofBytes: Record<string, (input: Buffer) => Buffer> = {
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
const ofTexts: Record<string, (input: Buffer) => Buffer> = {
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

const { needles } = needlesOf(Object.entries(all).map(([name, bytes]) => new Secret(name, bytes)))
const plan = searchPlan(needles)

function missing(secrets: Record<string, Buffer>, haystack: Uint8Array): string[] {
  const found = new Set<string>()
  const scan = new Scan(plan, ({ needle }) => found.add(needle.secret))
  scan.push(haystack)
  scan.end()
  return Object.keys(secrets).filter((name) => !found.has(name))
}

test.each(Object.entries(ofBytes))("%s is found at any place", (_, encode) => {
  const missed = Array.from({ length: 8 }, (_, before) => {
    const filler = (length: number) => Buffer.alloc(length, "-")
    const pieces = Object.values(all).flatMap((bytes, index) => [
      filler(((before * (index + 7)) % 48) + 1),
      bytes,
      filler(70),
    ])
    return missing(all, encode(Buffer.concat(pieces))).map((name) => `${name}, try ${before}`)
  })
  expect(missed.flat()).toEqual([])
})

test.each(Object.entries(ofTexts))("%s is found", (_, encode) => {
  const text = Object.values(texts).flatMap((bytes) => [Buffer.from("é: "), bytes, Buffer.from("\nx\n")])
  expect(missing(texts, encode(Buffer.concat(text)))).toEqual([])
})

test("other keys of the same kinds, certificates and public keys hold none of it", () => {
  const others = [openssl("genpkey", "-quiet", "-algorithm", "RSA"), openssl("genpkey", "-algorithm", "ed25519")]
  const ssh = ["ed25519", "rsa"].map(sshKey)
  const own = Object.values(keys).flatMap((key) => {
    const pair = key.includes("ENCRYPTED") ? ["-passin", "pass:test"] : []
    return key.includes("OPENSSH") ? [] : [output(key, "openssl", "pkey", "-pubout", ...pair)]
  })
  const header = Buffer.from("# created: 2026-01-01T00:00:00Z\n# public key: age1qqqqqqqqqqqqqqqq\nHOST=example.org\n")
  const haystack = Buffer.concat([...others, ...ssh, ...own, header])
  const encoded = Object.values({ ...ofBytes, ...ofTexts }).map((encode) => encode(haystack))
  expect(missing(all, Buffer.concat([haystack, ...encoded]))).toEqual(Object.keys(all))
})

test("the public half of an SSH key is no needle", () => {
  const [line = ""] = sshPublic.map(String)
  expect(missing(all, Buffer.from(line))).toEqual(Object.keys(all))
})

const formsOf = (value: string | Buffer) => {
  const { needles, notSearched } = needlesOf([new Secret("it", Buffer.from(value))])
  const raw = needles.filter(({ form }) => !form.includes(" of ")).map(({ bounded }) => (bounded ? "bounded" : "all"))
  return { raw: [...new Set(raw)], left: notSearched.map(({ reason }) => reason) }
}

test.each([
  ["", [], ["empty"]],
  ["\n", [], ["empty"]],
  ["abc", [], ["shorter than 6 bytes: it is everywhere"]],
  ["true", [], ["shorter than 6 bytes: it is everywhere"]],
  ["changeme", [], ["shorter than 9 bytes, and reads like an ordinary word or number"]],
  ["1234567890123", [], ["too common, and reads like an ordinary word or number"]],
  ["administrator", [], ["too common, and reads like an ordinary word or number"]],
  ["Kx9mP2vQ", ["bounded"], ["shorter than 9 bytes: searched only as it is, between word boundaries"]],
  ["aaaaaaaaaaaa", [], ["too common, and reads like an ordinary word or number"]],
])("%j: what is short or common is bounded or listed", (value, raw, left) => {
  expect(formsOf(value)).toEqual({ raw, left })
})

test("a line of its own is enough, and what is no secret in a file is not searched for", () => {
  const token = randomBytes(18).toString("base64url")
  const { needles } = needlesOf([
    new Secret("file", Buffer.from(`HOST=https://ci.example.org/a/b/c\nTOKEN="${token}"\n`)),
  ])
  expect(needles.filter(({ form }) => form === "line").map(({ bytes }) => bytes.toString())).toEqual([token])
})

test("equal bytes are one needle, under the first name", () => {
  const bytes = randomBytes(20)
  const two = needlesOf([new Secret("first", bytes), new Secret("second", bytes)]).needles
  expect([...new Set(two.map(({ secret }) => secret))]).toEqual(["first"])
  expect(new Set(two.map((needle) => needle.bytes.toString("hex"))).size).toBe(two.length)
})

test("every needle of any secret can be searched for", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.uint8Array({ maxLength: 300 })), (value) => {
      const { needles, notSearched } = needlesOf([new Secret("any", Buffer.from(value))])
      const short = needles.filter(({ bytes, bounded }) => bytes.length < (bounded ? 6 : 9))
      expect(short).toEqual([])
      expect(needles.length + notSearched.length).toBeGreaterThan(0)
    }),
  )
})
