import { createHash, createPrivateKey, createPublicKey, randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type AgeIdentity, identitiesIn, openAge, recipientOfSshHostKey, stanzasOf } from "./age.ts"
import { run } from "./run.ts"
import { Secret } from "./secret.ts"

let folder = ""
beforeAll(async () => {
  await run("age", ["--version"]).catch((cause) => {
    throw new Error("these tests need age and age-keygen\nhint: apt-get install age", { cause })
  })
  folder = await mkdtemp(join(tmpdir(), "age-"))
})
afterAll(() => rm(folder, { recursive: true }))

const identity = (text: string): AgeIdentity => identitiesIn(new Secret("key.txt", Buffer.from(text)))[0] as AgeIdentity
const newKey = async () => (await run("age-keygen", [])).stdout
const seal = async (text: string, ...recipients: string[]) =>
  (await run("age", ["-a", ...recipients.flatMap((recipient) => ["-r", recipient])], { input: text })).stdout

describe("identities in a key file", () => {
  test("have the recipients age-keygen says, for 20 keys", async () => {
    for (let round = 0; round < 20; round++) {
      const file = await newKey()
      expect(identity(file).recipient).toBe(/public key: (\S+)/.exec(file)?.[1])
    }
  })

  test("are all read, with CRLF and comments between them", async () => {
    const file = `${await newKey()}\n${await newKey()}`.replaceAll("\n", "\r\n")
    const recipients = identitiesIn(new Secret("key.txt", Buffer.from(file))).map(({ recipient }) => recipient)
    expect(recipients).toEqual([...file.matchAll(/public key: (\S+)/g)].map((match) => match[1]))
  })

  const good = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
  test("a known one has its known recipient", () => {
    // The identity and recipient of age's own documentation of its format (C2SP age.md, CCTV test vectors).
    expect(identity(good).recipient).toBe("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")
  })
  test.each([
    ["a changed letter", good.replace("GFPYY", "GFPYX"), "line 1"],
    ["lower case", good.toLowerCase(), "line 1"],
    ["a cut key", good.slice(0, -1), "line 1"],
    ["text after it", `# made up\n${good} hunter2`, "line 2"],
    ["a plugin's", `AGE-PLUGIN-YUBIKEY-1QQQQ`, "line 1"],
    ["a post-quantum one", good.replace("KEY-1", "KEY-PQ-1"), "line 1"],
  ])("%s is refused by its line and not quoted", (_, file, line) => {
    const read = () => identitiesIn(new Secret("key.txt", Buffer.from(file)))
    expect(read).toThrow(new Error(`key.txt: ${line} is not a native X25519 age identity`))
  })
  test("none at all is an error", () => {
    expect(() => identitiesIn(new Secret("key.txt", Buffer.from("# nothing\n")))).toThrow(
      "key.txt: no age identity in it",
    )
  })
})

describe("an age file", () => {
  test("is opened by each of its recipients and by nobody else", async () => {
    const [first, second, stranger] = [identity(await newKey()), identity(await newKey()), identity(await newKey())]
    const file = await seal("made up\n", first.recipient, second.recipient)
    expect(stanzasOf(file, "f")).toEqual(["X25519", "X25519"])
    expect((await openAge(file, first, "f"))?.toString()).toBe("made up\n")
    expect((await openAge(file, second, "f"))?.toString()).toBe("made up\n")
    expect(await openAge(file, stranger, "f")).toBeNull()
  })

  test.each([
    ["cut in its armor", (file: string) => file.split("\n").slice(0, 4).join("\n"), "invalid footer"],
    ["of fewer lines", (file: string) => file.replace(/\n[^\n]+\n[^\n]+\n-----END/, "\n-----END"), /invalid|cannot/],
    ["with text before it", (file: string) => `hunter2\n${file}`, "invalid header"],
    [
      "changed in its last line",
      (file: string) => swapped(file, file.lastIndexOf("\n-----END") - 8),
      /tag|MAC|invalid/i,
    ],
  ])("%s is refused, by name and without quoting it", async (_, broken, reason) => {
    const key = identity(await newKey())
    const file = broken(await seal("made up", key.recipient))
    const error = await openAge(file, key, "the data key").catch((error: Error) => error)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(/^the data key: cannot open the age file: /)
    expect((error as Error).message).toMatch(reason)
    expect((error as Error).message).not.toContain("hunter2")
  })
})

const swapped = (text: string, at: number) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)

describe("the recipient of an ssh host key", () => {
  test("is the X25519 half of the same secret, for 25 keys by ssh-keygen", async () => {
    for (let round = 0; round < 25; round++) {
      const file = join(folder, `key-${round}`)
      await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "root@made-up", "-f", file])
      const recipient = recipientOfSshHostKey(await readFile(`${file}.pub`, "utf8"))
      const scalar = createHash("sha512")
        .update(seedOf(await readFile(file, "utf8")))
        .digest()
        .subarray(0, 32)
      expect(bytesOf(recipient)).toEqual(x25519(scalar))
    }
  })

  test("is one that age seals to, for the identity made of the private half", async () => {
    const seed = randomBytes(32)
    const line = `ssh-ed25519 ${Buffer.concat([Buffer.from("0000000b7373682d6564323535313900000020", "hex"), ed25519(seed)]).toString("base64")}`
    const { age: file } = { age: await seal("made up", recipientOfSshHostKey(line)) }
    const scalar = createHash("sha512").update(seed).digest().subarray(0, 32)
    const key = { recipient: "", key: new Secret("converted", Buffer.from(await ageKey(scalar))) }
    expect((await openAge(file, key, "f"))?.toString()).toBe("made up")
  })

  test("is the one ssh-to-age gives for the test key of sops-nix", () => {
    const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBI1+Q+ntzANebtnicCiAY29uqLGWOaOGLEa8bUqOVmS"
    expect(recipientOfSshHostKey(line)).toBe("age1a8pk4akrdamj7nvqy3zywgtny8dxz7t5xzu7u8v9mhrayp9freqsqatyrs")
  })

  test.each([
    ["ssh-rsa AAAAB3NzaC1yc2E=", "not an ssh-ed25519 public key line: ssh-rsa"],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", "not an ssh-ed25519 public key line: malformed"],
    ["", "not an ssh-ed25519 public key line: empty"],
  ])("is refused for %j", (line, message) => {
    expect(() => recipientOfSshHostKey(line)).toThrow(message)
  })
})

// Derived here with node's own curves and age-encryption's own Bech32, neither of which the conversion uses.
const pkcs8 = (oid: string, secret: Uint8Array) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from(`302e0201003005${oid}04220420`, "hex"), secret]),
    format: "der",
    type: "pkcs8",
  })
const publicHalf = (key: ReturnType<typeof pkcs8>) =>
  Buffer.from(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32))
const x25519 = (secret: Uint8Array) => publicHalf(pkcs8("06032b656e", secret))
const ed25519 = (seed: Uint8Array) => publicHalf(pkcs8("06032b6570", seed))

/** The 32 bytes before the second copy of the public key in an unencrypted OpenSSH key file. */
function seedOf(pem: string): Buffer {
  const blob = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64")
  const at = blob.indexOf("ssh-ed25519") + 15
  const second = blob.lastIndexOf(blob.subarray(at, at + 32))
  return blob.subarray(second - 32, second)
}

const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
function bytesOf(recipient: string): Buffer {
  const bits = [...recipient.slice(4, -6)]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
    .join("")
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** `AGE-SECRET-KEY-1…` of a scalar, with python's arithmetic: a second reading of BIP 173. */
async function ageKey(scalar: Buffer): Promise<string> {
  const program = `
import sys
h, d = "age-secret-key-", [int(b) for b in "".join(f"{x:08b}" for x in bytes.fromhex(sys.stdin.read())) + "0000"]
w = [int("".join(map(str, d[i:i+5])), 2) for i in range(0, 260, 5)]
c = 1
for v in [ord(x) >> 5 for x in h] + [0] + [ord(x) & 31 for x in h] + w + [0] * 6:
    t = c >> 25
    c = (c & 0x1ffffff) << 5 ^ v
    for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
        c ^= g if t >> i & 1 else 0
c ^= 1
print((h + "1" + "".join("${letters}"[v] for v in w + [c >> 5 * (5 - i) & 31 for i in range(6)])).upper(), end="")`
  return (await run("python3", ["-c", program], { input: scalar.toString("hex") })).stdout
}
