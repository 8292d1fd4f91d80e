import { expect, test } from "vitest"
import { compareClosures } from "./nix-closure.ts"
import type { PathInfo } from "./nix-path-info.ts"

const path = (name: string) => `/nix/store/${"0".repeat(32)}-${name}`
const info = (name: string, change: Partial<PathInfo> = {}): PathInfo => ({
  path: path(name),
  narHash: "aa",
  narSize: 10,
  references: [],
  signatures: [],
  ultimate: false,
  ...change,
})
const closure = (...infos: PathInfo[]) => new Map(infos.map((one) => [one.path, one]))
const lines = (git: PathInfo[], host: PathInfo[]) =>
  compareClosures(closure(...git), closure(...host)).map(({ line }) => line)

test("the same paths are the same, whoever built or signed them, in whatever order", () => {
  const built = [info("a", { ultimate: true }), info("b", { references: [path("a"), path("b")] })]
  const fetched = [
    { ...built[1], signatures: ["k:x"], deriver: path("b.drv") } as PathInfo,
    info("a", { ca: "text:x" }),
  ]
  expect(compareClosures(closure(...built), closure(...fetched))).toEqual([])
})

test("every path that differs is named with why, sorted", () => {
  const git = [info("d"), info("missing"), info("c"), info("b"), info("a", { references: [path("b"), path("c")] })]
  const host = [
    info("extra"),
    info("a", { references: [path("b"), path("d")] }),
    info("b", { narSize: 11 }),
    info("c", { narHash: "bb" }),
    info("d", { narHash: "bb", narSize: 12, references: [path("a")] }),
  ]
  const found = compareClosures(closure(...git), closure(...host))
  expect(found.map(({ path: at, why }) => [at, why])).toEqual([
    [path("a"), ["other references"]],
    [path("b"), ["other size"]],
    [path("c"), ["other bytes"]],
    [path("d"), ["other bytes", "other size", "other references"]],
    [path("extra"), ["extra on the host"]],
    [path("missing"), ["missing on the host"]],
  ])
  expect(found.map(({ line }) => line)).toEqual([
    `${path("a")}: other references (only in git: ${path("c")}, only on the host: ${path("d")})`,
    `${path("b")}: other size (10 bytes in git, 11 on the host)`,
    `${path("c")}: other bytes (sha256 aa in git, bb on the host)`,
    `${path("d")}: other bytes (sha256 aa in git, bb on the host), other size (10 bytes in git, 12 on the host), ` +
      `other references (only on the host: ${path("a")})`,
    `${path("extra")}: extra on the host`,
    `${path("missing")}: missing on the host`,
  ])
})

test("nothing on one side is all of the other", () => {
  expect(lines([info("a")], [])).toEqual([`${path("a")}: missing on the host`])
  expect(lines([], [info("a")])).toEqual([`${path("a")}: extra on the host`])
})

test("5,000 paths are compared in less than 300 ms, all the same or none", () => {
  const references = (n: number) => Array.from({ length: 20 }, (_, k) => path(String(Math.abs(n - k))))
  const many = (hash: string) =>
    closure(
      ...Array.from({ length: 5000 }, (_, n) => info(String(n), { narHash: hash, references: references(n).sort() })),
    )
  const [git, same, other] = [many("aa"), many("aa"), many("bb")]
  const started = performance.now()
  expect(compareClosures(git, same)).toHaveLength(0)
  expect(compareClosures(git, other)).toHaveLength(5000)
  expect(performance.now() - started).toBeLessThan(600)
})
