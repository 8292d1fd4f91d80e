// Secrets of every kind a run is given, made from a seed: what is registered, and what of it could be shown.

import type { Secret } from "./pieces.ts"

export interface Shown extends Secret {
  /** The part of it that a program would print. */
  shown: Buffer
}

/** Mulberry32: the same numbers from the same seed, everywhere. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const marks = [..."\"'é&<>\\/+%$ü!#"]

export function randomSecrets(count: number, seed: number): Shown[] {
  const below = numbersFrom(seed)
  const of = (characters: string | string[], length: number) =>
    Array.from({ length }, () => characters[below(characters.length)]).join("")
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => below(256)))
  const password = (length: number) => of([...base62, ...marks, ...marks], length)
  const kinds: Record<string, () => [registered: string, shown: string]> = {
    token: () => same(of(base62, 20 + below(30))),
    "token with a prefix": () => same(`ghp_${of(base62, 36)}`),
    "hex token": () => same(bytes(20 + below(12)).toString("hex")),
    password: () => same(password(16 + below(12))),
    "PEM line": () => same(bytes(48).toString("base64")),
    "PEM body": () => {
      const lines = bytes(480).toString("base64").match(/.{64}/g) ?? []
      return [
        `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`,
        lines[3 + below(6)] ?? "",
      ]
    },
    "JSON leaf": () => {
      const leaf = password(18 + below(10))
      return [JSON.stringify({ user: "drone", registry: { password: leaf } }, null, 2), leaf]
    },
    "docker auth": () => {
      const leaf = of(base62, 24)
      return [JSON.stringify({ auths: { "ghcr.io": { auth: Buffer.from(`drone:${leaf}`).toString("base64") } } }), leaf]
    },
    "URL password": () => {
      const leaf = of(base62, 18 + below(8))
      return [`postgres://drone:${leaf}@db.ci.example:5432/drone?sslmode=require`, leaf]
    },
    variable: () => {
      const leaf = of([...base62, "/", "+"], 32)
      return [`# for the runner\nDRONE_SERVER_HOST=ci.example\nDRONE_RPC_SECRET=${leaf}\n`, leaf]
    },
    UUID: () =>
      same(
        bytes(16)
          .toString("hex")
          .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
      ),
    "age key": () => same(`AGE-SECRET-KEY-1${of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)}`),
  }
  return Array.from({ length: count }, (_, index) => {
    const [kind, make] = Object.entries(kinds)[index % Object.keys(kinds).length] ?? ["", () => same("")]
    const [registered, shown] = make()
    return { name: `${kind} ${index}`, bytes: Buffer.from(registered), shown: Buffer.from(shown) }
  })
}

const same = (text: string): [string, string] => [text, text]
