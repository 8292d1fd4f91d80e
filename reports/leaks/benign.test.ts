import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { honest } from "../testdata/history.ts"
import { benignText, keyPairs } from "./benign-text.ts"
import { leaksIn, notLookedFor } from "./leaks.ts"
import { randomSecrets } from "./random-secrets.ts"

const reports = join(import.meta.dirname, "..")
const history = await honest()
const pairs = keyPairs()
const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
const sshKeys = await Promise.all(
  (["builder", "adversary"] as const).map(async (role) => {
    const file = history.keys.file(role)
    return { secret: await readFile(file, "utf8"), open: [await readFile(`${file}.pub`, "utf8")] }
  }),
)
const registered = [
  ...[...pairs, ...sshKeys].map(({ secret }) => secret),
  `# created: 2026-01-02T03:04:05Z\n# public key: ${recipient}\nAGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZG7QW2E9R3T8Y4U5DKHLM0NPXV6A2SQ7WEJ3CLF\n`,
  "sops-drone-kubernetes-token-Xk39vQz7Lw2mPd81",
  "correct horse battery staple",
  "https://hooks.ci.example/services/T03AB9XZ1/B0QW8ER7T/x7Kq9Lm2Zp4Wv8Yt6Rb3Nc1D",
  '{"auths":{"ghcr.io":{"username":"drone","auth":"ZHJvbmU6eDdLcTlMbTJacDRXdjhZdDZSYjNOYzFE"}}}',
]
const secrets = [
  ...registered.map((text, index) => ({ name: `registered ${index}`, bytes: Buffer.from(text) })),
  ...randomSecrets(50 - registered.length, 21),
]
const open = [...pairs.flatMap((pair) => pair.open), ...sshKeys.flatMap((pair) => pair.open), recipient]
const read = (...path: string[]) => readFile(join(reports, ...path), "utf8")

test("nothing is met in 6 MB of what runs write", async () => {
  const files: [string, Buffer][] = [
    ["evidence", Buffer.from(benignText(6_000_000, 3, open))],
    ["builder.jsonl", Buffer.from(await history.text("builder"))],
    ["adversary.jsonl", Buffer.from(await history.text("adversary"))],
    ["REVIEW.md", Buffer.from(await read("testdata", "review.md"))],
    ["definition-of-done.md", Buffer.from(await read("..", "docs", "definition-of-done.md"))],
    ["evidence.md", Buffer.from(await read("..", "docs", "evidence.md"))],
    ["evidence.schema.json", Buffer.from(await read("..", "docs", "evidence.schema.json"))],
  ]
  expect(notLookedFor(secrets)).toEqual([])
  expect(leaksIn(files, secrets)).toEqual([])
})
