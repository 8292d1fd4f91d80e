// What a store says about its paths: `nix path-info --json`, in every shape that Nix 2.8 to 2.36 and Lix print it in.

import { nix32, parseHash } from "./nix-hash.ts"
import { parseNixJson } from "./nix-json.ts"

export interface PathInfo {
  /** Full path. */
  path: string
  /** SHA-256 (hex) of the path's NAR. */
  narHash: string
  narSize: number
  /** Full paths, sorted; a path may refer to itself. */
  references: string[]
  /** `NAME:BASE64` each. */
  signatures: string[]
  /** The derivation it came from, if the store knows. */
  deriver?: string
  /** Its content address, if it has one: `fixed:r:sha256:…`, `text:sha256:…`. */
  ca?: string
  /** Built by this very store, which therefore asks for no signature. */
  ultimate: boolean
}

type Fields = Record<string, unknown>

const storePath = /^\/(?:[^/\0]+\/)*[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+._?=-]{1,211}$/

/**
 * The closure that `nix path-info -r --json` prints. Throws when it is empty, when a path is invalid or stands there twice,
 * when a field is missing or strange, and when a path refers to one that is not there.
 */
export function parsePathInfo(text: string): Map<string, PathInfo> {
  const found = new Map<string, PathInfo>()
  for (const info of entriesOf(parseNixJson(text, "path-info")).map(([path, entry, dir]) => infoOf(path, entry, dir))) {
    if (found.has(info.path)) throw new Error(`path-info has ${info.path} twice`)
    found.set(info.path, info)
  }
  if (found.size === 0) throw new Error("path-info has no paths")
  for (const { path, references } of found.values()) {
    const absent = references.find((reference) => !found.has(reference))
    if (absent !== undefined)
      throw new Error(`path-info is no closure: ${path} refers to ${absent}, which is not there`)
  }
  return found
}

/** Lists up to Nix 2.18 and of Lix; then maps by full path; with `--json-format 2|3` wrapped, by base name. */
function entriesOf(json: unknown): [path: string, entry: unknown, storeDir: string | undefined][] {
  if (Array.isArray(json))
    return json.map((entry) => [line(fields(entry, "an entry"), "path", "an entry"), entry, undefined])
  const map = fields(json, "path-info")
  if (!("info" in map)) return Object.entries(map).map(([path, entry]) => [path, entry, undefined])
  if (![1, 2, 3].includes(map.version as number)) throw new Error(`path-info: version ${JSON.stringify(map.version)}`)
  const storeDir = line(map, "storeDir", "path-info")
  return Object.entries(fields(map.info, "path-info.info")).map(([name, entry]) => [
    name.startsWith("/") ? name : `${storeDir}/${name}`,
    entry,
    storeDir,
  ])
}

function infoOf(path: string, entry: unknown, wrapping: string | undefined): PathInfo {
  if (!storePath.test(path)) throw new Error(`path-info: ${JSON.stringify(path)} is no store path`)
  if (entry === null) throw new Error(`path-info: ${path} is not valid in that store`)
  const info = fields(entry, path)
  if (info.valid !== undefined && info.valid !== true) throw new Error(`path-info: ${path} is not valid in that store`)
  const storeDir = path.slice(0, path.lastIndexOf("/"))
  if ([wrapping, info.storeDir].some((dir) => dir !== undefined && dir !== storeDir)) {
    throw new Error(`path-info: ${path} is in two store directories`)
  }
  const full = (name: unknown) => {
    const whole = typeof name === "string" && !name.includes("/") ? `${storeDir}/${name}` : name
    if (typeof whole === "string" && storePath.test(whole)) return whole
    throw new Error(`path-info: ${path} names ${JSON.stringify(name)}, which is no store path`)
  }
  if (info.path !== undefined && full(info.path) !== path) throw new Error(`path-info: ${path} has another path`)
  const references = list(info, "references", path).map(full).sort()
  if (new Set(references).size < references.length) throw new Error(`path-info: ${path} has a reference twice`)
  const { narSize, ultimate = false } = info
  if (!Number.isSafeInteger(narSize) || (narSize as number) <= 0) strange(path, "narSize", narSize)
  if (typeof ultimate !== "boolean") strange(path, "ultimate", ultimate)
  return {
    path,
    narHash: sha256(info.narHash, path, "narHash").toString("hex"),
    narSize: narSize as number,
    references,
    signatures: (info.signatures === undefined ? [] : list(info, "signatures", path)).map((one) =>
      signature(one, path),
    ),
    ...(info.deriver == null ? {} : { deriver: full(info.deriver) }),
    ...(info.ca == null ? {} : { ca: contentAddress(info.ca, path) }),
    ultimate: ultimate as boolean,
  }
}

/** `sha256-BASE64`, `sha256:HEX`, `sha256:NIX32`, or { algorithm, format, hash } with the hash in the format. */
function sha256(value: unknown, path: string, name: string): Buffer {
  if (typeof value === "string") {
    if (!/^sha256[:-]/.test(value)) strange(path, name, value)
    return parseHash(value)
  }
  if (value === undefined) strange(path, name, value)
  const { algorithm, format, hash } = fields(value, `${path}: ${name}`)
  if (algorithm !== "sha256" || typeof hash !== "string") strange(path, name, value)
  if (format === "base64") return parseHash(`sha256-${hash}`)
  if (format === "base16" || format === "nix32") return parseHash(`sha256:${hash}`)
  return strange(path, name, value)
}

function signature(value: unknown, path: string): string {
  if (typeof value === "string") return value
  const parts = fields(value, `${path}: signature`)
  return `${line(parts, "keyName", path)}:${line(parts, "sig", path)}`
}

/** Spelt as Nix 2.8 did, whichever way it came. */
function contentAddress(value: unknown, path: string): string {
  if (typeof value === "string") return value
  const { method, hash } = fields(value, `${path}: ca`)
  const prefix = { flat: "fixed:", nar: "fixed:r:", git: "fixed:git:", text: "text:" }[String(method)]
  if (prefix === undefined) return strange(path, "ca", value)
  const spelt = typeof hash === "string" ? hash : undefined
  const algorithm = spelt?.split(/[:-]/)[0] ?? String(fields(hash, `${path}: ca`).algorithm)
  // Other algorithms are kept as they came: a content address is shown, never relied on.
  if (algorithm !== "sha256") return `${prefix}${spelt ?? `${algorithm}:${String(fields(hash, path).hash)}`}`
  return `${prefix}sha256:${nix32(sha256(hash, path, "ca"))}`
}

function fields(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields
  throw new Error(`path-info: ${what} is no object`)
}

function line(from: Fields, name: string, what: string): string {
  const value = Object.hasOwn(from, name) ? from[name] : undefined
  return typeof value === "string" && value !== "" ? value : strange(what, name, value)
}

function list(from: Fields, name: string, what: string): unknown[] {
  const value = from[name]
  return Array.isArray(value) ? value : strange(what, name, value)
}

function strange(what: string, name: string, value: unknown): never {
  const seen = value === undefined ? "is missing" : `is ${JSON.stringify(value)?.slice(0, 200)}`
  throw new Error(`path-info: ${name} of ${what} ${seen}`)
}
