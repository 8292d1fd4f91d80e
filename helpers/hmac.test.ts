import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { hmac, newNonce, parseRemoteHmac, remoteHmac } from "./hmac.ts"
import { run } from "./run.ts"

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hmac "))
})
afterAll(() => rm(folder, { recursive: true }))

test("hmac answers test case 2 of RFC 4231", () => {
  const answer = hmac(Buffer.from("Jefe"), Buffer.from("what do ya want for nothing?"))
  expect(answer).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
})

test("nonces are 32 bytes and never the same", () => {
  expect(newNonce()).toHaveLength(32)
  expect(newNonce()).not.toEqual(newNonce())
})

const contents: [string, Buffer][] = [
  ["plain", Buffer.from("made up")],
  ["empty", Buffer.alloc(0)],
  ["final newline", Buffer.from("made up\n")],
  ["NULs", Buffer.from("\0a\0\0\n\0")],
  ["every byte", Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256))],
  ["a name\nof two lines  x", Buffer.from("%s \\n $HOME `id`")],
  ["-", Buffer.from("a dash")],
]

describe.each(["dash", "bash"])("the script under %s", (shell) => {
  test.each([32, 64, 65, 1])("answers as node does, under a nonce of %i bytes", async (size) => {
    const nonce = Buffer.from(Array.from({ length: size }, (_, index) => (index * 37) % 256))
    const files = contents.map(([name]) => join(folder, name))
    for (const [index, [, bytes]] of contents.entries()) await writeFile(files[index] as string, bytes)
    const { script, stdin } = remoteHmac(nonce, "/usr/bin")
    const { stdout } = await run(shell, ["-c", script, "sh", ...files], { input: stdin })
    const expected = contents.map(([, bytes], index) => [files[index], hmac(nonce, bytes)])
    expect([...parseRemoteHmac(stdout, files)]).toEqual(expected)
  })

  test("says unreadable of what it cannot read, and goes on", async () => {
    const present = join(folder, "present")
    await writeFile(present, "x")
    await mkdir(join(folder, "directory"), { recursive: true })
    const files = [join(folder, "missing"), join(folder, "directory"), `/proc/${process.pid}/mem`, "/dev/zero", present]
    const { script, stdin } = remoteHmac(Buffer.alloc(32), "/usr/bin")
    const { stdout } = await run(shell, ["-c", script, "sh", ...files], { input: stdin })
    const answers = [...parseRemoteHmac(stdout, files).values()]
    expect(answers).toEqual([...Array(4).fill("unreadable"), hmac(Buffer.alloc(32), Buffer.from("x"))])
  })

  test("has no hash for a file that breaks off half-way", async () => {
    const programs = join(tmpdir(), `hmac-programs-${process.pid}-${shell}`)
    await mkdir(programs)
    const half = join(programs, "cat")
    await writeFile(half, "#!/bin/sh\necho half\nexit 1\n")
    await chmod(half, 0o755)
    await run("ln", ["-s", "/usr/bin/sha256sum", join(programs, "sha256sum")])
    const file = join(folder, "present")
    await writeFile(file, "x")
    const { script, stdin } = remoteHmac(newNonce(), programs)
    const { stdout } = await run(shell, ["-c", script, "sh", file], { input: stdin })
    await rm(programs, { recursive: true })
    expect(stdout).toBe(`unreadable  ${file}\n`)
  })

  test("says unreadable when the programs are not there", async () => {
    const file = join(folder, "present")
    await writeFile(file, "x")
    const { script, stdin } = remoteHmac(newNonce(), "/no/such/bin")
    const { stdout } = await run(shell, ["-c", script, "sh", file], { input: stdin })
    expect(stdout).toBe(`unreadable  ${file}\n`)
  })

  test("refuses keys that were cut on the way", async () => {
    const { script, stdin } = remoteHmac(newNonce(), "/usr/bin")
    const { stderr } = await run(shell, ["-c", script, "sh", "/etc/hosts"], {
      input: `${stdin.slice(0, -9)}\n`,
      answers: [3],
    })
    expect(stderr).toBe("cut keys on stdin\n")
  })

  test("starts no program with the keys among its arguments", async () => {
    const file = join(folder, "present")
    await writeFile(file, "x")
    const { script, stdin } = remoteHmac(newNonce(), "/usr/bin")
    const traced = await run(
      "strace",
      ["-f", "-qq", "-s", "4096", "-e", "trace=execve", shell, "-c", script, "sh", file],
      {
        input: stdin,
      },
    )
    const key = stdin.split("\n")[0]?.slice(0, 40).replaceAll("\\", "\\\\") ?? ""
    expect(traced.stderr.match(/execve/g)?.length).toBeGreaterThanOrEqual(4)
    expect(traced.stderr.includes(key)).toBe(false)
  })
})

test("a directory of programs that is not an absolute path is refused", () => {
  expect(() => remoteHmac(newNonce(), "/usr/bin; rm x")).toThrow("directory of programs is not an absolute path")
})

describe("reading the answers", () => {
  const hex = "0f".repeat(32)
  test.each([
    ["a missing one", `${hex}  /a\n`, "HMAC of /b: no answer, after 1 of 2 files"],
    ["a swapped order", `${hex}  /b\n${hex}  /a\n`, "HMAC of /a: no answer, after 0 of 2 files"],
    ["a short hash", `${hex}  /a\n${hex.slice(2)}  /b\n`, "HMAC of /b: no answer, after 1 of 2 files"],
    ["one that broke off", `${hex}  /a\n${hex}  /b`, "HMAC of /b: no answer, after 1 of 2 files"],
    ["one too many", `${hex}  /a\n${hex}  /b\n${hex}  /c\n`, "HMACs of 2 files: 69 more characters than answers"],
  ])("throws on %s", (_, stdout, message) => {
    expect(() => parseRemoteHmac(stdout, ["/a", "/b"])).toThrow(message)
  })
})
