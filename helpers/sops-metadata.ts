// What a sops file says of itself under `sops:`: who can open it, which values are sealed, and its MAC. None of it is
// authenticated, so every field must have the shape that sops writes: free text would be plaintext.

import { stanzasOf } from "./age.ts"
import { defaultSelection, isUnderstood, rules, type Selection } from "./sops-selection.ts"
import { readSealed, type Sealed } from "./sops-value.ts"
import type { Found, TreeNode } from "./sops-yaml.ts"

export type MetadataProblem =
  | "no sops metadata"
  | "no MAC"
  | "no recipients"
  | "malformed metadata"
  | "unknown metadata key"
  | "several selection rules"
  | "selection rule not understood"
  | "age file for several keys"
  | "malformed age file"
  | "both kinds of key groups"

export interface AgeEntry {
  /** `age1…` as written beside the age file; which keys open the file is written nowhere. */
  recipient: string
  armored: string
}

export interface KeyGroup {
  age: AgeEntry[]
  /** Keys of other kinds as `pgp FINGERPRINT`, `kms ARN` and so on. */
  others: string[]
}

export interface SopsMetadata {
  /** One group: any key in it opens the file. More: Shamir's secret sharing between groups. */
  keyGroups: KeyGroup[]
  /** Who the file says can open it, per key group: age recipients, then the others. */
  recipients: string[][]
  shamirThreshold: number | null
  /** RFC 3339, as written. */
  lastModified: string
  mac: Sealed | null
  macOnlyEncrypted: boolean
  version: string
  selection: Selection
}

const labels = {
  pgp: "fp",
  kms: "arn",
  gcp_kms: "resource_id",
  hckms: "key_id",
  azure_kv: "name",
  hc_vault: "key_name",
}
const groupKeys = ["age", ...Object.keys(labels)]
const commentRules = ["unencrypted_comment_regex", "encrypted_comment_regex"]

// The patterns of the rules are free text; whoever reads `selection` judges them.
const shapes: Record<string, RegExp> = {
  shamir_threshold: /^\d{1,3}$/,
  lastmodified: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
  mac_only_encrypted: /^(true|false)$/,
  version: /^\d{1,4}\.\d{1,4}\.\d{1,4}$/,
  recipient: /^age1[02-9ac-hj-np-z]{1,4000}$|^ssh-(ed25519|rsa) [A-Za-z0-9+/=]+$/,
}
const fileKeys = ["shamir_threshold", "lastmodified", "mac_only_encrypted", "version", "mac", "key_groups"]

type Problems = Found<MetadataProblem>[]

/** Reads the value of `sops:`, of a file that has one. A field that is not as it should be reads as if it were absent. */
export function readMetadata(node: TreeNode | undefined): { metadata: SopsMetadata; problems: Problems } {
  const problems: Problems = []
  const sops = new Fields(node, "sops", problems)
  if (node?.kind !== "map") sops.report("no sops metadata")
  else sops.onlyKeys([...fileKeys, ...rules, ...commentRules, ...groupKeys])
  const keyGroups = readKeyGroups(sops)
  const threshold = sops.text("shamir_threshold")
  const metadata = {
    keyGroups,
    recipients: keyGroups.map(({ age, others }) => [...age.map(({ recipient }) => recipient), ...others]),
    shamirThreshold: threshold === "" ? null : Number(threshold),
    lastModified: sops.required("lastmodified"),
    mac: readMac(sops),
    macOnlyEncrypted: sops.text("mac_only_encrypted") === "true",
    version: sops.required("version"),
    selection: readSelection(sops),
  }
  return { metadata, problems }
}

function readMac(sops: Fields): Sealed | null {
  const text = sops.text("mac")
  const mac = readSealed(text)
  if (text === "") sops.report("no MAC", "mac")
  else if (typeof mac !== "object" || mac.type !== "str") sops.report("malformed metadata", "mac")
  return typeof mac === "object" && mac.type === "str" ? mac : null
}

function readSelection(sops: Fields): Selection {
  const written = rules.map((rule) => ({ rule, pattern: sops.text(rule) })).filter(({ pattern }) => pattern !== "")
  const byComment = commentRules.filter((rule) => sops.text(rule) !== "")
  const selection = written[0] ?? defaultSelection
  if (written.length + byComment.length > 1) sops.report("several selection rules")
  if (byComment[0] !== undefined) sops.report("selection rule not understood", byComment[0])
  if (!isUnderstood(selection)) sops.report("selection rule not understood", selection.rule)
  return selection
}

function readKeyGroups(sops: Fields): KeyGroup[] {
  const single = readKeyGroup(sops)
  const several = sops.maps("key_groups").map((group) => {
    group.onlyKeys(groupKeys)
    return readKeyGroup(group)
  })
  const isEmpty = single.age.length + single.others.length === 0
  if (!isEmpty && several.length > 0) sops.report("both kinds of key groups", "key_groups")
  if (isEmpty && several.length === 0) sops.report("no recipients")
  return isEmpty ? several : [single, ...several]
}

function readKeyGroup(group: Fields): KeyGroup {
  return {
    age: group.maps("age").map(readAgeEntry),
    others: Object.entries(labels).flatMap(([kind, label]) =>
      group.maps(kind).map((key) => `${kind} ${key.required(label)}`),
    ),
  }
}

function readAgeEntry(entry: Fields): AgeEntry {
  entry.onlyKeys(["recipient", "enc"])
  const read = { recipient: entry.required("recipient"), armored: entry.required("enc") }
  try {
    if (stanzasOf(read.armored, "").length > 1) entry.report("age file for several keys", "enc")
  } catch {
    entry.report("malformed age file", "enc")
  }
  return read
}

/** The fields of a map in the metadata; what is wrong with them goes to `problems`. */
class Fields {
  readonly #node: TreeNode | undefined
  readonly #path: string
  readonly #problems: Problems

  constructor(node: TreeNode | undefined, path: string, problems: Problems) {
    this.#node = node
    this.#path = path
    this.#problems = problems
  }

  report(kind: MetadataProblem, key?: string): void {
    const line = (key === undefined ? this.#node : this.#value(key))?.line ?? this.#node?.line
    const path = key === undefined ? this.#path : `${this.#path}/${key}`
    this.#problems.push({ kind, path, ...(line === undefined ? {} : { line }) })
  }

  onlyKeys(known: string[]): void {
    for (const { key } of this.#node?.kind === "map" ? this.#node.entries : []) {
      if (!known.includes(key)) this.report("unknown metadata key", key)
    }
  }

  /** A scalar of its proper shape, else the empty string. */
  text(key: string): string {
    const value = this.#value(key)
    if (value === undefined || (value.kind === "scalar" && value.text === "")) return ""
    if (value.kind === "scalar" && shapes[key]?.test(value.text) !== false) return value.text
    this.report("malformed metadata", key)
    return ""
  }

  required(key: string): string {
    if (this.#value(key) === undefined) this.report("malformed metadata", key)
    return this.text(key)
  }

  maps(key: string): Fields[] {
    const value = this.#value(key)
    if (value === undefined || (value.kind === "scalar" && value.type === "null")) return []
    const items = value.kind === "list" ? value.items : []
    if (value.kind !== "list" || items.some(({ kind }) => kind !== "map")) this.report("malformed metadata", key)
    return items.map((item, index) => new Fields(item, `${this.#path}/${key}/${index}`, this.#problems))
  }

  #value(key: string): TreeNode | undefined {
    return this.#node?.kind === "map" ? this.#node.entries.find((entry) => entry.key === key)?.value : undefined
  }
}
