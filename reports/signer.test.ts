import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { readSigners } from "./allowed-signers.ts"
import { append, readLane, type Start } from "./ledger.ts"
import { signerOf } from "./signer.ts"
import { fingerprintOf, sign } from "./ssh-keygen.ts"
import { makeKeys, signerLine, signing } from "./testdata/signing.ts"

const keys = await makeKeys()
let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "ledger-")), "adversary.jsonl")
})
const start = (run: string): Start => ({
  kind: "start",
  run,
  target: "lab",
  role: "adversary",
  started: "2026-01-02T03:04:05.006Z",
  suite: { commit: "abc", dirty: false, lockfileSha256: "def", node: "v20", vitest: "4" },
  selection: { filters: [], pattern: null, checks: ["C1.1"] },
  cold: { cold: false, because: "not probed" },
})

describe("a signed ledger", () => {
  test("has a signature over the bytes of each entry, which ssh-keygen verifies by itself", async () => {
    await append(file, start("one"), await keys.signer("adversary"))
    const [line = "", signature = ""] = (await readFile(file, "utf8")).split("\n")
    const armour = Buffer.from((JSON.parse(signature) as { signature: string }).signature, "base64").toString("base64")
    const at = (name: string) => join(keys.directory, name)
    await writeFile(
      at("s"),
      `-----BEGIN SSH SIGNATURE-----\n${armour.match(/.{1,70}/g)?.join("\n")}\n-----END SSH SIGNATURE-----\n`,
    )
    await writeFile(at("allowed"), keys.allowed)
    const args = [
      "-Y",
      "verify",
      "-f",
      at("allowed"),
      "-I",
      "adversary",
      "-n",
      "dod-verdict@cc-ci-verifier",
      "-s",
      at("s"),
    ]
    expect((await execa("ssh-keygen", args, { input: line })).stdout).toMatch(/^Good "dod-verdict@cc-ci-verifier"/)
  })

  test("goes on after unsigned entries, which stay unsigned", async () => {
    await append(file, start("one"))
    await append(file, start("two"), await keys.signer("adversary"))
    await append(file, start("three"))
    const { entries } = await readLane(file)
    expect(entries.map(({ signature }) => signature !== undefined)).toEqual([false, true, false])
  })

  test.each([
    ["taken off", (lines: string[]) => lines.toSpliced(1, 1), ":2: the chain is broken"],
    ["put onto another entry", ([one, a, two, b]: string[]) => [one, b, two, a, ""], ":3: the chain is broken"],
    ["doubled", (lines: string[]) => lines.toSpliced(1, 0, lines[1] ?? ""), ":3: the chain is broken: a signature"],
  ])("is refused where a signature was %s", async (_, change, message) => {
    const signer = await keys.signer("adversary")
    for (const run of ["one", "two"]) await append(file, start(run), signer)
    await writeFile(file, change((await readFile(file, "utf8")).split("\n")).join("\n"))
    await expect(readLane(file)).rejects.toThrow(message)
  })

  test("gets no honest signature on top of a forged one", async () => {
    const forger = await signing(
      "adversary",
      keys.file("stranger"),
      readSigners(signerLine("adversary", await keys.publicKey("stranger")), "f"),
    )
    await append(file, start("forged"), forger)
    await append(file, start("unsigned"))
    const signer = await keys.signer("adversary")
    await expect(append(file, start("two"), signer)).rejects.toThrow("its newest signature is not by the adversary")
    expect((await readLane(file)).runs).toHaveLength(2)
  })
})

describe("a signer", () => {
  test("whose key is not the role's writes nothing", async () => {
    const signer = await signing("adversary", keys.file("builder"), keys.signers)
    await expect(append(file, start("one"), signer)).rejects.toThrow(
      /builder is no key of the adversary among the allowed/,
    )
    expect((await readLane(file)).entries).toEqual([])
  })

  test("is none where the role has no key", async () => {
    expect(await signerOf("builder", { adversary: { file: "/nonexistent" } }, keys.signers)).toBeUndefined()
  })

  test("is refused where another role's key is within reach", async () => {
    const both = { builder: { file: keys.file("builder") }, adversary: { file: keys.file("adversary") } }
    await expect(signerOf("builder", both, keys.signers)).rejects.toThrow("could sign as adversary, too")
  })

  test("may know of another role's key that is not here", async () => {
    const apart = { builder: { file: keys.file("builder") }, adversary: { file: "/nonexistent/key" } }
    expect((await signerOf("builder", apart, keys.signers))?.role).toBe("builder")
  })

  test("that cannot read its key says what ssh-keygen said", async () => {
    const signer = await signing("adversary", "/nonexistent/key", keys.signers)
    await expect(signer.sign("bytes")).rejects.toThrow(/as adversary with \/nonexistent\/key: .*No such file/)
  })
})

describe("an agent", () => {
  const before = process.env.SSH_AUTH_SOCK
  let end: () => void
  let fingerprint: string
  beforeAll(async () => {
    const socket = join(await mkdtemp(join(tmpdir(), "agent-")), "socket")
    const agent = execa("ssh-agent", ["-D", "-a", socket], { reject: false })
    end = () => agent.kill()
    process.env.SSH_AUTH_SOCK = socket
    const add = () => execa("ssh-add", ["-q", keys.file("adversary")], { reject: false })
    await vi.waitFor(async () => expect((await add()).exitCode).toBe(0), 10_000)
    fingerprint = fingerprintOf(await keys.publicKey("adversary"))
  })
  afterAll(() => {
    end()
    if (before === undefined) delete process.env.SSH_AUTH_SOCK
    else process.env.SSH_AUTH_SOCK = before
  })

  test("signs with the key that the fingerprint names, and no file ever holds it", async () => {
    const signer = await signerOf("adversary", { adversary: { agent: fingerprint } }, keys.signers)
    await append(file, start("one"), signer)
    const [entry] = (await readLane(file)).entries
    expect(await signer?.refuses(entry ?? { bytes: "" })).toBeUndefined()
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("cc-ci-verifier-key-"))).toEqual([])
  })

  test("that holds two roles' keys is refused", async () => {
    const sources = { builder: { file: keys.file("builder") }, adversary: { agent: fingerprint } }
    await expect(signerOf("builder", sources, keys.signers)).rejects.toThrow("the agent's key SHA256:")
  })

  test("without the key says so", async () => {
    const other = fingerprintOf(await keys.publicKey("stranger"))
    const signer = await signerOf("ci", { ci: { agent: other } }, keys.signers)
    await expect(signer?.sign("bytes")).rejects.toThrow(`the agent has no key ${other}: ssh-add it`)
  })

  test("opens a key whose file has a passphrase", async () => {
    const locked = join(keys.directory, "locked")
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", locked])
    await execa("ssh-add", ["-q", locked])
    await execa("ssh-keygen", ["-q", "-p", "-P", "", "-N", "a passphrase", "-f", locked])
    await chmod(locked, 0o600)
    expect(await sign("bytes", locked, { principal: "ci", namespace: "n" })).toMatch(/^U1NIU0lH/)
    await rm(locked)
  })
})
