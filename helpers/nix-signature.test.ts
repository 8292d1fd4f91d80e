import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type PathInfo, parsePathInfo } from "./nix-path-info.ts"
import { fingerprint, verifies } from "./nix-signature.ts"
import { run } from "./run.ts"

let scratch: string
let publicKey: string
let closure: PathInfo[]

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cc-ci-verifier-signature-"))
  const at = (name: string) => join(scratch, name)
  const nix = (program: string, ...args: string[]) =>
    run(program, [...args, "--store", at("store")], { env: { HOME: scratch, NIX_CONFIG: config } })
  const config = "experimental-features = nix-command\nsubstituters ="
  await run("nix-store", ["--generate-binary-cache-key", "lab.example-1", at("secret"), at("public")])
  publicKey = (await readFile(at("public"), "utf8")).trim()

  const stored = []
  for (const name of ["one", "two"]) {
    await writeFile(at(name), name)
    stored.push((await nix("nix-store", "--add", at(name))).stdout.trim())
  }
  // A text with the paths of others in it refers to them.
  const [one, two] = stored
  const expression = `builtins.toFile "both" "\${builtins.storePath ${two}} \${builtins.storePath ${one}}"`
  const both = (await nix("nix", "eval", "--impure", "--raw", "--expr", expression)).stdout.trim()
  await nix("nix", "store", "sign", "-r", "-k", at("secret"), both)
  closure = [...parsePathInfo((await nix("nix", "path-info", "-r", "--json", both)).stdout).values()]
}, 30_000)

afterAll(async () => {
  await run("chmod", ["-R", "u+w", scratch])
  await rm(scratch, { recursive: true })
})

const good = () => {
  const info = closure.find(({ references }) => references.length === 2)
  if (info === undefined) throw new Error("no path with two references")
  return { info, signature: info.signatures[0] ?? "" }
}

test("what nix signed, it signed over our fingerprint", () => {
  expect(closure).toHaveLength(3)
  expect(closure.map((info) => info.signatures.map((one) => verifies(info, one, [publicKey])))).toEqual([
    [true],
    [true],
    [true],
  ])
})

test("the order of references does not matter", () => {
  const { info, signature } = good()
  const turned = { ...info, references: [...info.references].reverse() }
  expect(verifies(turned, signature, [publicKey])).toBe(true)
})

describe("not verified", () => {
  test.each<[string, (info: PathInfo) => Partial<PathInfo>]>([
    ["path", ({ path }) => ({ path: `${path}x` })],
    ["bytes", ({ narHash }) => ({ narHash: narHash.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) })],
    ["size", ({ narSize }) => ({ narSize: narSize + 1 })],
    ["references", ({ references }) => ({ references: references.slice(1) })],
  ])("over another path's %s", (_, change) => {
    const { info, signature } = good()
    expect(verifies({ ...info, ...change(info) }, signature, [publicKey])).toBe(false)
  })

  test("by another key, or one of another name", async () => {
    const { info, signature } = good()
    expect(verifies(info, signature, [])).toBe(false)
    expect(verifies(info, signature, [publicKey.replace("lab.example-1", "lab.example-2")])).toBe(false)
    const other = join(scratch, "other")
    await run("nix-store", ["--generate-binary-cache-key", "lab.example-1", `${other}-secret`, `${other}-public`])
    const another = (await readFile(`${other}-public`, "utf8")).trim()
    expect(verifies(info, signature, [another])).toBe(false)
    expect(verifies(info, signature, [another, publicKey])).toBe(true)
  })

  test("if it is no signature", () => {
    const { info, signature } = good()
    const bent = ["", ":", "lab.example-1", "lab.example-1:", `${signature}=`, ` ${signature}`, signature.slice(0, -4)]
    expect(bent.filter((one) => verifies(info, one, [publicKey]))).toEqual([])
    expect(verifies(info, `${signature.slice(0, -3)}==`, [publicKey])).toBe(false)
  })

  test("and a public key that is none throws", () => {
    const { info, signature } = good()
    expect(() => verifies(info, signature, ["lab.example-1:AAAA"])).toThrow("lab.example-1:AAAA is no public key")
  })
})

// The key in every nix.conf; the signature is made up, so this only says that the key's spelling is taken.
test("the key of cache.nixos.org is read", () => {
  const cache = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="
  const { info } = good()
  expect(verifies(info, `cache.nixos.org-1:${"A".repeat(86)}==`, [cache])).toBe(false)
})

test("the fingerprint is spelt as in the manual", () => {
  const info = {
    path: "/nix/store/b",
    narHash: "00".repeat(32),
    narSize: 7,
    references: ["/nix/store/b", "/nix/store/a"],
  }
  expect(fingerprint(info)).toBe(`1;/nix/store/b;sha256:${"0".repeat(52)};7;/nix/store/a,/nix/store/b`)
})
