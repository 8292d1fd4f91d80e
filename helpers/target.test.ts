import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { operatorSteps } from "./operator-step-patterns.ts"
import { loadTarget, parseTarget, readSecretSource, TargetError } from "./target.ts"

const example = await readFile(fileURLToPath(new URL("../fixtures/targets/example.yaml", import.meta.url)), "utf8")

const edited = (from: string, to: string) => {
  if (!example.includes(from)) throw new Error(`the example has no ${from}`)
  return example.replace(from, () => to)
}
const mistakesOf = (source: string): string[] => {
  try {
    parseTarget(source, "x.yaml")
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(TargetError)
    return (error as Error).message.split("\n")
  }
}
const lineWith = (text: string) => example.split("\n").findIndex((line) => line.includes(text)) + 1

test("the example is a target; defaults are filled in and sizes are bytes", () => {
  const { target } = parseTarget(example, "example.yaml")
  expect(target.host).toMatchObject({ port: 22, programs: "/run/current-system/sw/bin" })
  expect(target.endpoints[1]?.refuses).toEqual([])
  expect(target.incus.guideline).toBe(12 * 2 ** 30)
  expect(target.incus.instances).toEqual([
    { name: "cc-nix-test", memory: 2 ** 32, host: true },
    { name: "lichen-staging", memory: 2 ** 32, host: false },
  ])
  expect(target.certificate.live.certificateMode).toBe("0444")
  expect(target.operatorSteps).toEqual(operatorSteps)
})

test.each([
  [
    "a misspelt key",
    "  user: root",
    "  usre: root",
    [7, "host.user: missing, expected string"],
    [9, "host.usre: unknown key, nearest is host.user"],
  ],
  [
    "a key of the wrong letter case",
    "marginDays",
    "margindays",
    [51, "certificate.marginDays: missing, expected whole days"],
    [61, "certificate.margindays: unknown key, nearest is certificate.marginDays"],
  ],
  [
    "a proxy",
    "  user: root",
    "  user: root\n  proxyJump: pi",
    [10, "host.proxyJump: unknown key, direct only: the host is reached without proxy or jump host"],
  ],
  [
    "an ssh option",
    "  user: root",
    "  user: root\n  ProxyCommand: nc",
    [10, "host.ProxyCommand: unknown key, direct only: the host is reached without proxy or jump host"],
  ],
  ["a wrong type", "marginDays: 14", "marginDays: soon", [61, "certificate.marginDays: expected whole days"]],
  ["an unquoted mode", '"0444"', "0444", [59, "certificate.live.certificateMode: expected string"]],
  [
    "an unknown key within alternatives",
    "{ file: ./git-credential }",
    "{ file: a, envv: b }",
    [19, "repos.secrets.credential.envv: unknown key, nearest is repos.secrets.credential.env"],
  ],
  [
    "no alternative",
    "{ file: ./id_ed25519 }",
    "./id_ed25519",
    [12, "host.identity: expected { file: PATH } or { agent: true }"],
  ],
  [
    "a host key that is not of its type",
    "ssh-ed25519 AAAA",
    "ssh-rsa AAAA",
    [11, "host.hostKey: expected TYPE BASE64, as the first two fields of the host's /etc/ssh/ssh_host_*_key.pub"],
  ],
  [
    "a name where an address must stand",
    "address: 192.0.2.1,",
    "address: gw.example.org,",
    [66, "endpoints.0.address: expected an IPv4 or IPv6 address"],
  ],
  [
    "a path outside the repo",
    "file: secrets/secrets.yaml",
    "file: ../secrets.yaml",
    [48, "sops.file: expected a path inside the repo"],
  ],
  [
    "the throwaway among the instances",
    "name: cc-ci-throwaway",
    "name: lichen-staging",
    [87, "incus.throwaway.name: is also one of the instances, which are never to be destroyed"],
  ],
  ["no host among the instances", ", host: true", "", [84, "incus.instances: expected one with host: true, got 0"]],
  ["an endpoint twice", "name: origin,", "name: gateway,", [65, "endpoints: gateway stands here twice"]],
  [
    "broken YAML",
    "domain: ci.example.org",
    "domain: [",
    [47, "no YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ],
  ["a key twice", "domain: ci.example.org", "domain: a.org\ndomain: b.org", [46, "no YAML: Map keys must be unique"]],
] as [string, string, string, ...[number, string][]][])("%s is named with its line", (_, from, to, ...expected) => {
  expect(mistakesOf(edited(from, to))).toEqual(expected.map(([line, what]) => `x.yaml:${line}: ${what}`))
})

test("an empty file is no target", () => {
  expect(mistakesOf("")).toEqual(["x.yaml:1: the file: expected object"])
})

describe("inline secrets are refused and not repeated", () => {
  test.each([
    ["user and password in a URL", "https://git.example.org/ops/cc-ci.git", "https://me:hunter2@git.example.org/x.git"],
    ["a token as user", "https://git.example.org/ops/cc-ci.git", "https://hunter2@git.example.org/x.git"],
    ["a token in a query", "https://git.example.org/ops/cc-ci.git", "https://git.example.org/x.git?token=hunter2"],
    ["an age identity", "{ file: ./recovery.txt }", "{ file: AGE-SECRET-KEY-1HUNTER2 }"],
    ["a private key", "{ file: ./incus.key }", '{ file: "-----BEGIN PRIVATE KEY-----hunter2" }'],
  ])("%s", (_, from, to) => {
    const mistakes = mistakesOf(edited(from, to))
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(/without user, password|a secret stands here/)
    expect(mistakes[0]).toContain(`x.yaml:${lineWith(from)}: `)
    expect(mistakes[0]).not.toMatch(/hunter2/i)
  })
})

describe("the files it names", () => {
  let directory = ""
  const names = [
    "id_ed25519",
    "git-credential",
    "recovery.txt",
    "bootstrap.txt",
    "incus.crt",
    "incus.key",
    "incus-server.crt",
  ]
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "target-"))
    await writeFile(join(directory, "target.yaml"), example)
    for (const name of names) await writeFile(join(directory, name), name, { mode: 0o600 })
  })
  afterEach(() => rm(directory, { recursive: true }))
  const load = () => loadTarget(join(directory, "target.yaml"))

  test("become absolute, beside the target file", async () => {
    const target = await load()
    expect(target.host.identity).toEqual({ file: join(directory, "id_ed25519") })
    expect(target.repos.secrets.credential).toEqual({ file: join(directory, "git-credential") })
    expect(target.incus.baseline.file).toBe(join(directory, "baseline.json"))
    expect(target.reports.directory).toBe(directory)
    expect(target.sops.file).toBe("secrets/secrets.yaml")
  })

  test("must be there, all but the baseline", async () => {
    for (const name of names) await rm(join(directory, name))
    const error = await load().catch((error: unknown) => error as Error)
    expect(error).toBeInstanceOf(TargetError)
    expect(names.filter((name) => !String(error).includes(`${join(directory, name)} does not exist`))).toEqual([])
    // git-credential is named twice.
    expect(String(error).split("\n")).toHaveLength(names.length + 1)
  })

  test("must be files", async () => {
    await rm(join(directory, "incus.crt"))
    await mkdir(join(directory, "incus.crt"))
    await expect(load()).rejects.toThrow("incus.crt is no file")
  })

  test.each(["id_ed25519", "git-credential", "recovery.txt", "bootstrap.txt", "incus.key"])(
    "%s is for its owner only",
    async (name) => {
      await chmod(join(directory, name), 0o640)
      await expect(load()).rejects.toThrow(`(mode 640): chmod 600 ${join(directory, name)}`)
    },
  )

  test.each(["incus.crt", "incus-server.crt"])("%s is public", async (name) => {
    await chmod(join(directory, name), 0o644)
    await expect(load()).resolves.toMatchObject({ name: "example" })
  })

  test("a target file that is not there is named", async () => {
    await expect(loadTarget(join(directory, "no.yaml"))).rejects.toThrow(
      `cannot read the target file ${directory}/no.yaml`,
    )
  })

  test("a secret is read from its file or variable, as bytes", async () => {
    await writeFile(join(directory, "bytes"), Buffer.from([0, 255, 10]))
    expect(await readSecretSource({ file: join(directory, "bytes") })).toEqual(Buffer.from([0, 255, 10]))
    process.env.TARGET_TEST_SECRET = "password=x\n"
    expect(await readSecretSource({ env: "TARGET_TEST_SECRET" })).toEqual(Buffer.from("password=x\n"))
    delete process.env.TARGET_TEST_SECRET
    await expect(readSecretSource({ env: "TARGET_TEST_SECRET" })).rejects.toThrow("TARGET_TEST_SECRET is not set")
  })
})

describe("the default operator steps", () => {
  const matches = (text: string) => operatorSteps.some((pattern) => new RegExp(pattern, "i").test(text))
  test.each([
    "scp fullchain.pem root@cc-ci:/var/lib/ci-certs/live/",
    "install -m 0400 privkey.pem /var/lib/ci-certs/live/privkey.pem",
    "The operator drops the certificate into place",
    "run certbot certonly on the host",
    "Place the wildcard cert and key in /var/lib/ci-certs",
    "copy the certificate to the host, then upload the cert onto the server",
  ])("find %j", (text) => {
    expect(matches(text)).toBe(true)
  })
  test.each([
    "sops places the chain in /run/secrets",
    "edit ssl_cert with `sops secrets/secrets.yaml`, commit, and rebuild",
    "the certificate is in git",
    "cp hardware-configuration.nix hosts/cc-ci/",
  ])("leave %j alone", (text) => {
    expect(matches(text)).toBe(false)
  })
})
