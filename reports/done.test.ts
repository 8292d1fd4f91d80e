// The command as a person runs it, on a target file, keys and a protected branch that are real.

import { mkdtemp, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { beforeAll, describe, expect, test } from "vitest"
import { claimReasons, touchedSince } from "./claim.ts"
import type { Gate } from "./gate.ts"
import { readLane } from "./ledger.ts"
import { signOffLine, withClaim } from "./status-file.ts"
import { honest } from "./testdata/history.ts"
import { makeKeys, repoWith } from "./testdata/signing.ts"
import { alone } from "./testdata/small.ts"
import { program } from "./testdata/start.ts"
import { makeTarget } from "./testdata/target.ts"

const script = join(import.meta.dirname, "done.ts")
const keys = await makeKeys()
const out = await mkdtemp(join(tmpdir(), "done-"))
const targets = new Map<string, string>()

beforeAll(async () => {
  const { url } = await repoWith({ "trust/allowed_signers": keys.allowed })
  const trust = `trust: { url: "${url}", allowedSigners: trust/allowed_signers }`
  for (const role of ["builder", "adversary", "ci", "stranger"]) {
    const name = role === "stranger" ? "ci" : role
    targets.set(role, await makeTarget({ roles: `${trust}\n${name}: { key: { file: ${keys.file(role)} } }` }))
  }
  targets.set("nobody", await makeTarget())
})

async function done(role: string, ...args: string[]) {
  const target = targets.get(role) ?? ""
  const { stdout, stderr, exitCode } = await execa(
    "node",
    [...program, script, ...args, "--target", target, "--out", out],
    {
      reject: false,
      env: alone,
    },
  )
  return { stdout, stderr, exitCode }
}
const ledger = (role: string) => readLane(join(out, "evidence", "lab", `${role}.jsonl`))

describe("npm run done", () => {
  test("--help explains itself", async () => {
    const { stdout, exitCode } = await done("nobody", "--help")
    expect({ exitCode, explains: stdout.includes("npm run done -- challenge") }).toEqual({
      exitCode: 0,
      explains: true,
    })
  })

  test.each([
    ["an unknown option", ["--force"], "Unknown option '--force'"],
    ["an unknown question", ["maybe"], "nothing here is called maybe"],
    ["an option of another question", ["challenge", "--write", "x"], "challenge takes no --write"],
    ["two questions at once", ["--write", "x", "--check", "y"], "are two questions"],
    ["too many nonces", ["challenge", "--count", "1e9"], "--count is a whole number from 1 to 100"],
    ["a limitation without a request", ["limit"], "limit needs the file of a request"],
  ])("refuses %s, and writes nothing", async (_, args, message) => {
    const { stderr, exitCode } = await done("ci", ...args)
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })

  test("answers nothing for a target file that names no roles", async () => {
    const { stderr, exitCode } = await done("nobody")
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("names no roles") })
  })

  test("says shut, with every reason, and does not touch STATUS.md", async () => {
    const status = join(out, "STATUS.md")
    await writeFile(status, "# Status\n")
    const { stdout, exitCode } = await done("builder", "--write", status)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^shut, for \d+ reasons:$/m)
    expect(stdout).toContain("  C2.5: the adversary never ran it")
    expect(await readFile(status, "utf8")).toBe("# Status\n")
  })

  test("--check is content with a branch that claims nothing, and not with one that claims", async () => {
    const { directory } = await repoWith({ "STATUS.md": "# Status\n" })
    const status = join(directory, "STATUS.md")
    expect(await done("ci", "--check", status)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("claims nothing"),
    })
    await writeFile(status, "# Status\n\n## DONE\n")
    const { stdout, exitCode } = await done("ci", "--check", status)
    expect(exitCode).toBe(1)
    expect(stdout).toContain("DONE is claimed without the sign-off line")
    expect(stdout).toContain("C1.1: the adversary never ran it")
  })

  test("issues nonces as ci alone, each different", async () => {
    expect((await done("ci", "challenge", "--count", "2")).exitCode).toBe(0)
    const { lines, entries } = await ledger("ci")
    expect(lines).toMatchObject([{ kind: "challenge", target: "lab" }, { kind: "challenge" }])
    expect(entries.every(({ signature }) => signature !== undefined)).toBe(true)
    const nonces = lines.map((line) => (line.kind === "challenge" ? line.nonce : ""))
    expect(new Set(nonces.filter((nonce) => /^[0-9a-f]{64}$/.test(nonce))).size).toBe(2)
    const { stderr, exitCode } = await done("builder", "challenge")
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("only ci may state this") })
  })

  test("grants a limitation only for what the adversary saw red, and only with the adversary's key", async () => {
    const history = await honest()
    const limiting = (role: string, request: string) => {
      const args = [
        "--import",
        "tsx",
        script,
        "limit",
        request,
        "--target",
        targets.get(role) ?? "",
        "--out",
        history.reports,
      ]
      return execa("node", args, { reject: false, env: alone })
    }
    const request = join(out, "request.yaml")
    const words = "stillClaimed: a\nstillTested: b\nreason: c\nrequestedBy: builder\ndays: 3\n"
    await writeFile(request, `check: C4.1\n${words}`)
    expect((await limiting("adversary", request)).stderr).toContain("C4.1 passes: there is nothing to limit")
    await writeFile(request, `check: C4.9\n${words}`)
    expect((await limiting("adversary", request)).stderr).toContain("the adversary never ran C4.9")
    await writeFile(request, `check: C4.*\n${words.replace("3", "30")}expires: never\n`)
    const { stderr, exitCode } = await limiting("adversary", request)
    expect(stderr).toMatch(/check: expected exactly one check.*\n.*days: expected 1 to 14 days.*\n.*expires/s)
    expect(exitCode).toBe(2)
  })

  test("signs with no key but the role's, and leaves the ledger as it was", async () => {
    const before = (await ledger("ci")).entries
    const { stderr, exitCode } = await done("stranger", "challenge")
    expect(stderr).toContain("stranger is no key of the ci among the allowed signers")
    expect(exitCode).toBe(2)
    expect((await ledger("ci")).entries).toEqual(before)
  })
})

describe("a claim", () => {
  const claimed = async () => {
    const history = await honest()
    const adversary = await readLane(history.file("adversary"))
    const gate = await history.ask()
    const text = withClaim("", signOffLine("lab", gate, adversary))
    return { adversary, gate, text }
  }

  test("stands as it was written, beside its evidence", async () => {
    const { adversary, gate, text } = await claimed()
    const touched = ["STATUS.md", "docs/STATUS.md", "REVIEW.md", "evidence/lab/adversary.jsonl"]
    expect(claimReasons(text, gate, adversary, touched)).toEqual([])
  })

  test("does not stand on another ledger, for another rev, or with changes beside it", async () => {
    const { adversary, gate, text } = await claimed()
    const longer = text.replace("entry 2 sha256:", "entry 1 sha256:")
    expect(claimReasons(longer, gate, adversary, [])).toEqual([expect.stringContaining("names entry 1")])
    const other = { ...gate, subject: { ...gate.subject, baseRev: "07e4" } } as Gate
    expect(claimReasons(text, other, adversary, [])).toEqual([expect.stringContaining("verified was 07e4")])
    expect(claimReasons(text, gate, adversary, ["flake.nix"])).toEqual([
      expect.stringContaining("was verified: flake.nix"),
    ])
  })

  test("knows what changed since a rev: committed, not committed, and not even added", async () => {
    const { directory, commit } = await repoWith({ "flake.nix": "1", "STATUS.md": "" })
    const { stdout: rev } = await execa("git", ["rev-parse", "HEAD"], { cwd: directory })
    expect(await touchedSince(rev, directory)).toEqual([])
    await commit({ "evidence/x": "" })
    await writeFile(join(directory, "flake.nix"), "2")
    await writeFile(join(directory, "new"), "")
    expect((await touchedSince(rev, directory)).sort()).toEqual(["evidence/x", "flake.nix", "new"])
    await expect(touchedSince("HEAD", directory)).rejects.toThrow("names no base rev")
  })
})
