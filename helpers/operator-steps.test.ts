// Sentences and commands as people write them, and a repo that git itself made.

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { git, mirrorAt } from "./git.ts"
import { operatorSteps } from "./operator-step-patterns.ts"
import { operatorStepsIn, stepsIn } from "./operator-steps.ts"

const patterns = operatorSteps.map((pattern) => new RegExp(pattern, "i"))
const linesOf = (text: string, of = patterns) => [
  ...new Set(stepsIn(text, of).map((found) => Number.parseInt(found, 10))),
]

const steps = [
  "scp fullchain.pem root@ci.example.org:/var/lib/ci-certs/live/",
  "rsync -a ./certs/ root@ci.example.org:/var/lib/ci-certs/",
  "scp wildcard.key root@ci.example.org:",
  "sudo install -m 0400 privkey.pem /var/lib/ci-certs/live/privkey.pem",
  "cp /tmp/star.example.org.crt /var/lib/ci-certs/",
  "cat wildcard.pem | ssh root@ci.example.org 'cat > /var/lib/ci-certs/live/fullchain.pem'",
  `ssh root@ci.example.org "tee /var/lib/ci-certs/live/privkey.pem" < key`,
  "The operator drops the certificate file before the first switch.",
  "Drop the wildcard cert at /var/lib/ci-certs/live.",
  "4. Place `fullchain.pem` and `privkey.pem` in /var/lib/ci-certs/live.",
  "Put the renewed certificate on the server.",
  "Then copy the certificate and its key to the host, and restart the proxy.",
  "Upload the certs to the VM with your favourite client.",
  "Paste the certificate into /etc/ssl/ci.pem.",
  "Run certbot certonly --manual -d '*.ci.example.org'.",
  "acme.sh --issue -d ci.example.org",
  "The certificates are copied to the host by hand.",
  "The TLS certificate is provided by the operator.",
  "The certificate files have to be placed in /var/lib/ci-certs before the first switch.",
  "Manually install the TLS certificate.",
  "Every 90 days, renew the certificate by hand.",
  "The operator supplies the wildcard certificate.",
]

const benign = [
  "The certificate is decrypted at activation.",
  "DNS points at the server.",
  "The certificate is decrypted at activation to `/var/lib/ci-certs/live` and becomes the swarm secrets of the proxy.",
  "The wildcard certificate is a sops secret. Renewal is a commit to `cc-ci-secrets`.",
  'sops.secrets.ssl_cert.path = "/var/lib/ci-certs/live/fullchain.pem";',
  "ssl_certificate /run/secrets/ssl_cert;",
  "| `ssl_cert`, `ssl_key` | the wildcard certificate with its chain, and its key | the proxy |",
  "ssl_cert -> /var/lib/ci-certs/live/fullchain.pem",
  "Put the new certificate into hosts/cc-ci.yaml with sops, commit, and rebuild the host.",
  "To renew, put the chain into the sops document: `sops hosts/cc-ci.yaml`.",
  "Copy the bootstrap age key to the host; it is the one secret that is not in git.",
  "scp bootstrap.agekey root@ci.example.org:/var/lib/sops/age.key",
  "install -d -m 0750 /var/lib/ci-certs/live",
  "The gateway passes TLS through and holds no certificate.",
  "The proxy drops privileges after reading its certificate.",
  "The gateway drops packets to other ports.",
  "A copy of the certificate on the host is compared with the one in git.",
  "There is one place where the certificate lies on the host.",
  "The installation guide (install.md) says nothing of TLS.",
  "The operator provides the age key, and the certificate comes from git.",
  "sops-nix puts the certificate on the host at activation.",
  "docker secret create ssl_cert_2 /var/lib/ci-certs/live/fullchain.pem",
  "Clients check that the certificate is valid for every name.",
  "The certified build is copied to the host.",
]

describe("by the default patterns", () => {
  test.each(steps)("a step is: %s", (text) => {
    expect(linesOf(text)).toEqual([1])
  })

  test.each(benign)("no step is: %s", (text) => {
    expect(stepsIn(text, patterns)).toEqual([])
  })

  test("sentences that are no step are none one after the other either", () => {
    expect(stepsIn(benign.join("\n"), patterns)).toEqual([])
    expect(stepsIn(benign.toReversed().join("\n"), patterns)).toEqual([])
  })
})

describe("a step", () => {
  const copied = [/\bcopy\b[^;]*\bcert\.pem\b/i, /\bcert\.pem\b[^;]*\bdrop\b/i]

  test("is named by its line and its pattern, never by its text", () => {
    expect(stepsIn("Hello.\nCopy cert.pem.", copied)).toEqual([String.raw`2 matches \bcopy\b[^;]*\bcert\.pem\b`])
    expect(stepsIn("", copied)).toEqual([])
  })

  test.each([
    ["in one line", "copy cert.pem", [1]],
    ["over two lines", "copy\n  cert.pem", [1]],
    ["over three lines", "x\ncopy\nthe file\ncert.pem\n", [2]],
    ["over lines that end in CRLF", "x\r\ncopy\r\ncert.pem\r\n", [2]],
    ["over backslashes, as many as there are", "copy \\\n  -a \\\n -b \\\n -c \\\n cert.pem", [1]],
    ["over backslashes before CRLF", "copy \\\r\n -a \\\r\n -b \\\r\n cert.pem", [1]],
    ["over lines of a comment", "# copy\n# cert.pem", [1]],
    ["over lines of a quote", "> copy\n> cert.pem", [1]],
    ["in each of two lines", "copy cert.pem\ncopy cert.pem", [1, 2]],
    ["twice, the first over two lines", "copy\ncert.pem\ncopy cert.pem", [1, 3]],
  ])("%s is found where it begins", (_, text, lines) => {
    expect(linesOf(text, copied)).toEqual(lines)
  })

  test("that `.` passes over is one command: in one line, or over backslashes", () => {
    const command = [/\bscp\b.*\bcert\.pem\b/]
    expect(linesOf("scp \\\n  -p \\\n  cert.pem host:", command)).toEqual([1])
    expect(linesOf("scp key host:\nsha256sum cert.pem", command)).toEqual([])
  })

  test("does not reach over a blank line", () => {
    expect(linesOf("copy\n\ncert.pem", copied)).toEqual([])
    expect(linesOf("copy\n \t\ncert.pem", copied)).toEqual([])
  })

  test("is not found twice because it is seen from the line before", () => {
    expect(linesOf("First:\ncopy cert.pem", copied)).toEqual([2])
  })
})

describe("in a repo", () => {
  let directory = ""
  const source = () => join(directory, "source")
  const author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
  const inSource = async (...args: string[]) =>
    (await git(["-C", source(), ...author, ...args])).stdout.toString().trim()
  const repo = () => mirrorAt(join(source(), ".git"), "https://git.example/base")

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "steps-"))
    await git(["init", "--quiet", "--initial-branch=main", source()])
    await mkdir(join(source(), "docs"))
    await writeFile(join(source(), "flake.nix"), "{ }\n")
    await inSource("add", "--all")
    await inSource("commit", "--quiet", "--message", "first")
    await writeFile(join(source(), "docs", "in stall\n.md"), "Hello.\nDrop the certificate on the host.\n")
    await writeFile(join(source(), "logo.png"), Buffer.from("\x89PNG\0 drop the certificate"))
    await writeFile(join(source(), "latin.txt"), Buffer.from("Gr\xfc\xdfe: certbot renew\n", "latin1"))
    await writeFile(join(source(), "empty"), "")
    await symlink("docs/in stall\n.md", join(source(), "link.md"))
    await inSource("add", "--all")
    await inSource("update-index", "--add", "--cacheinfo", `160000,${await inSource("rev-parse", "HEAD")},module`)
    await inSource("commit", "--quiet", "--message", "second")
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  test("every text file of the commit is searched, and what holds no text is named", async () => {
    const { searched, binary, found } = await operatorStepsIn(
      repo(),
      await inSource("rev-parse", "HEAD"),
      operatorSteps,
    )
    expect(searched.toSorted()).toEqual(["docs/in stall\n.md", "empty", "flake.nix", "latin.txt"])
    expect(binary.toSorted()).toEqual(["link.md", "logo.png", "module"])
    expect(found.map((one) => one.replace(/ matches .*/s, ""))).toEqual(["docs/in stall\n.md:2", "latin.txt:1"])
  })

  test("only what is committed there counts", async () => {
    await writeFile(join(source(), "flake.nix"), "# certbot\n")
    const first = await operatorStepsIn(repo(), await inSource("rev-parse", "HEAD~1"), operatorSteps)
    expect(first).toEqual({ searched: ["flake.nix"], binary: [], found: [] })
  })

  test("a commit that is not there is an error", async () => {
    await expect(operatorStepsIn(repo(), "0".repeat(40), operatorSteps)).rejects.toThrow("exit 128")
  })
})
