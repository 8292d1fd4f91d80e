// Comparing two closures of 5,000 paths, beside what one would write first: JSON of both sides, path by path.

import { bench, describe } from "vitest"
import { compareClosures } from "./nix-closure.ts"
import { type PathInfo, parsePathInfo } from "./nix-path-info.ts"

const alphabet = "0123456789abcdfghijklmnpqrsvwxyz"
const path = (n: number) => {
  const digits = Array.from({ length: 32 }, (_, k) => alphabet[Math.floor(n / 32 ** (k % 4)) % 32])
  return `/nix/store/${digits.join("")}-package-${n}`
}
const hash = (n: number) => `sha256-${Buffer.alloc(32, n % 251).toString("base64")}`

/** As nix prints it: 20 references each; every hundredth path of the other one differs. */
const text = (other: boolean) =>
  JSON.stringify(
    Array.from({ length: 5000 }, (_, n) => ({
      path: path(n),
      narHash: hash(other && n % 100 === 0 ? n + 1 : n),
      narSize: 1000 + n,
      references: Array.from({ length: Math.min(n, 20) }, (_, k) => path(n - k - 1)),
      signatures: [`cache.nixos.org-1:${"A".repeat(86)}==`],
    })),
  )

const [gitText, hostText] = [text(false), text(true)]
const [git, host] = [parsePathInfo(gitText), parsePathInfo(hostText)]

function naive(one: Map<string, PathInfo>, other: Map<string, PathInfo>): string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort()
  return paths.filter((at) => JSON.stringify(one.get(at)) !== JSON.stringify(other.get(at)))
}

describe("two closures of 5,000 paths", () => {
  bench("compareClosures", () => void compareClosures(git, host))
  bench("a naive comparison of JSON", () => void naive(git, host))
  bench("compareClosures, with the parsing of both", () => {
    compareClosures(parsePathInfo(gitText), parsePathInfo(hostText))
  })
})
