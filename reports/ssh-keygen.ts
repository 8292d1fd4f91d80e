// Signatures, made and verified by ssh-keygen and nothing else. Private keys stay in their file, agent or token.

import { createHash } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"

/** In whose name, and for what purpose. */
export interface Purpose {
  principal: string
  namespace: string
}

export type Verified = { good: true; key: string } | { good: false; why: string }

const begin = "-----BEGIN SSH SIGNATURE-----"
const end = "-----END SSH SIGNATURE-----"
// An agent or a token may ask its owner to touch it.
const patienceMs = 60_000

/** Signs with the key of a file; of a public key's file, with the agent that has it. Base64, without armour. */
export async function sign(bytes: string, keyFile: string, { principal, namespace }: Purpose): Promise<string> {
  const ran = await answer("ssh-keygen", ["-Y", "sign", "-q", "-f", keyFile, "-n", namespace], bytes)
  const signature = dearmoured(ran.stdout)
  if (ran.exitCode !== 0 || signature === undefined) {
    throw new Error(`ssh-keygen could not sign as ${principal} with ${keyFile}: ${ran.told}`)
  }
  return signature
}

/**
 * Whether the bytes were signed in this name and for this purpose by a key of `signers`, lines of an allowed_signers file.
 * `at` is the time that the keys must be valid at; without it, now.
 */
export async function verifySignature(
  entry: { bytes: string; signature?: string },
  { principal, namespace }: Purpose,
  signers: string[],
  at?: Date,
): Promise<Verified> {
  if (entry.signature === undefined) return { good: false, why: "unsigned" }
  const scratch = await mkdtemp(join(tmpdir(), "cc-ci-verifier-signature-"))
  try {
    const signature = join(scratch, "signature")
    const allowed = join(scratch, "allowed_signers")
    await writeFile(signature, armoured(entry.signature))
    await writeFile(allowed, `${signers.join("\n")}\n`)
    const time = at === undefined ? [] : [`-Overify-time=${at.toISOString().replaceAll(/[-:T]|\..*$/g, "")}Z`]
    const names = ["-I", principal, "-n", namespace]
    const args = ["-Y", "verify", ...time, "-f", allowed, ...names, "-s", signature]
    const ran = await answer("ssh-keygen", args, entry.bytes)
    const [, key] = /^Good .* signature for .* with .* key (SHA256:\S+)/.exec(ran.stdout) ?? []
    return ran.exitCode === 0 && key !== undefined ? { good: true, key } : { good: false, why: ran.told }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The base64 of an armoured signature, or nothing where it is none. */
export function dearmoured(text: string): string | undefined {
  const lines = text.trim().split("\n")
  return lines[0] === begin && lines.at(-1) === end ? lines.slice(1, -1).join("") : undefined
}

function armoured(signature: string): string {
  return `${[begin, ...(signature.match(/.{1,70}/g) ?? []), end].join("\n")}\n`
}

/** The public keys an agent holds, by fingerprint. Without an agent there are none. */
export async function agentKeys(): Promise<Map<string, string>> {
  const { stdout, exitCode, told } = await answer("ssh-add", ["-L"])
  // 1 means an agent without keys, 2 that there is none.
  if (exitCode !== 0 && exitCode !== 1 && exitCode !== 2) throw new Error(`ssh-add could not list keys: ${told}`)
  const lines = exitCode === 0 ? stdout.trim().split("\n") : []
  return new Map(lines.map((line) => [fingerprintOf(line), line]))
}

/** `SHA256:…` of a public key's line. */
export function fingerprintOf(line: string): string {
  const blob = Buffer.from(line.split(" ")[1] ?? "", "base64")
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`
}

async function answer(program: string, args: string[], input = "") {
  const { stdout, stderr, exitCode, code, timedOut } = await execa(program, args, {
    input,
    reject: false,
    timeout: patienceMs,
    env: { LC_ALL: "C" },
  })
  if (code === "ENOENT") throw new Error(`${program} is not installed: apt-get install openssh-client`)
  const said = `${stderr}\n${exitCode === 0 ? "" : stdout}`.trim().replaceAll(/\s*\n\s*/g, "; ")
  return { stdout, exitCode, told: timedOut ? `no answer within ${patienceMs / 1000} s` : said || `exit ${exitCode}` }
}
