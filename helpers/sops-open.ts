// Opening a sops file with an age identity: data key, values, MAC. Nothing is given out before the MAC has been checked.

import { createHash } from "node:crypto"
import { type AgeIdentity, openAge } from "./age.ts"
import { Secret } from "./secret.ts"
import type { Leaf, ProblemKind, SopsDocument } from "./sops.ts"
import { aadOf, macBytes, unseal, wholeSeconds } from "./sops-value.ts"

/** The MAC of the values is not the one in the file, or the file has none: somebody changed it without the data key. */
export class SopsMacError extends Error {
  override readonly name = "SopsMacError"
}

/** A value was not sealed with this file's data key for the place it stands at. */
export class SopsValueError extends Error {
  override readonly name = "SopsValueError"
}

/** None of the age files in it is for this identity. */
export class SopsIdentityError extends Error {
  override readonly name = "SopsIdentityError"
}

export interface OpenedSops {
  file: string
  /** The recipients beside the age files that this identity opened, as written. */
  openedBy: string[]
  /** For comparing, by HMAC, what several identities open. */
  dataKey: Secret
  /** Lines of comments that look sealed and are not, by this data key, for any place in the file. */
  unopenedComments: number[]
  /** The paths of all values, `a/b/0`, in document order. */
  names(): string[]
  /** The value at a path; numbers and times as text, booleans as `True` and `False`. Throws, with the names there are. */
  leaf(path: string): Secret
}

// sops opens these the same way we do; any other problem could mean that it reads the file differently.
const harmless: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
  "plaintext comment",
  "empty value",
  "null value",
  "empty collection",
  "empty document",
  "anchor",
  "directive",
  "ambiguous key name",
  "unknown metadata key",
  "age file for several keys",
  "malformed age file",
])

/**
 * Opens a sops file. Throws {@link SopsIdentityError}, {@link SopsValueError} or {@link SopsMacError} by what is wrong,
 * and a plain Error when the file is not strict sops, is shared between key groups, or an age file in it is damaged.
 */
export async function openSops(document: SopsDocument, identity: AgeIdentity): Promise<OpenedSops> {
  const { file, metadata } = document
  if (metadata.mac === null && document.problems.some(({ kind }) => kind === "no MAC")) {
    throw new SopsMacError(`${file}: no MAC in it`)
  }
  const problem = document.problems.find(({ kind }) => !harmless.has(kind))
  if (problem || metadata.mac === null)
    throw new Error(`${file}: not strict sops: ${problem?.kind} at ${problem?.path || "the top"}`)
  if (metadata.keyGroups.length > 1) {
    throw new Error(
      `${file}: ${metadata.keyGroups.length} key groups: opening with Shamir's secret sharing is not supported`,
    )
  }
  const { dataKey, openedBy } = await openDataKey(document, identity)

  const opened = document.leaves.map((leaf) => ({ leaf, ...openLeaf(file, leaf, dataKey) }))
  const expected = unseal(metadata.mac, dataKey, wholeSeconds(metadata.lastModified))
  if (!expected) throw new SopsMacError(`${file}: its MAC was not sealed with its data key and lastmodified`)
  const hash = createHash("sha512")
  if (metadata.macOnlyEncrypted) hash.update(createHash("sha256").update("sops").digest())
  for (const { leaf, hashed } of opened) if (leaf.selected || !metadata.macOnlyEncrypted) hash.update(hashed)
  if (hash.digest("hex").toUpperCase() !== expected.toString("latin1")) {
    throw new SopsMacError(`${file}: the MAC of its ${opened.length} values is not the MAC in it`)
  }

  const values = opened.filter(({ leaf }) => leaf.value.kind === "sealed" || leaf.value.type !== "null")
  const names = values.map(({ leaf }) => leaf.path.join("/"))
  return {
    file,
    openedBy,
    dataKey: new Secret(`${file} data key`, dataKey),
    unopenedComments: document.comments
      .filter(({ value }) => !document.containers.some((keys) => unseal(value, dataKey, aadOf(keys))))
      .map(({ line }) => line),
    names: () => [...names],
    leaf(path) {
      const found = values.filter((_, index) => names[index] === path)
      if (found[0] && found.length === 1) return new Secret(`${file} ${path}`, found[0].plaintext)
      throw new Error(
        `${file}: ${found.length || "no"} value${found.length > 1 ? "s" : ""} at ${path}; there are: ${names.join(", ")}`,
      )
    },
  }
}

async function openDataKey({ file, metadata }: SopsDocument, identity: AgeIdentity) {
  const entries = metadata.keyGroups.flatMap(({ age }) => age)
  const opened: { recipient: string; key: Buffer }[] = []
  const damaged: string[] = []
  for (const { recipient, armored } of entries) {
    try {
      const key = await openAge(armored, identity, `${file}: data key for ${recipient}`)
      if (key) opened.push({ recipient, key })
    } catch (error) {
      damaged.push((error as Error).message)
    }
  }
  const [first] = opened
  if (!first && damaged[0] !== undefined) throw new Error(damaged.join("; "))
  if (!first) {
    const listed = metadata.recipients.flat().join(", ")
    throw new SopsIdentityError(`${file}: sealed to ${listed}; the identity is ${identity.recipient}`)
  }
  if (opened.some(({ key }) => !key.equals(first.key)))
    throw new Error(`${file}: its age files hold different data keys`)
  if (first.key.length !== 32) throw new Error(`${file}: its data key has ${first.key.length} bytes, not 32`)
  return { dataKey: first.key, openedBy: opened.map(({ recipient }) => recipient) }
}

/** A leaf's plaintext, and what the MAC takes in for it. */
function openLeaf(file: string, { path, keys, value }: Leaf, dataKey: Buffer): { plaintext: Buffer; hashed: Buffer } {
  const where = `${file}: value at ${path.join("/")}`
  if (value.kind === "sealed") {
    const plaintext = unseal(value, dataKey, aadOf(keys))
    if (!plaintext) throw new SopsValueError(`${where} was not sealed with this data key for this place`)
    const hashed = macBytes(value.type, plaintext)
    if (!hashed) throw new SopsValueError(`${where} is not of its type, ${value.type}`)
    return { plaintext: hashed, hashed }
  }
  if (value.type === "null") return { plaintext: Buffer.alloc(0), hashed: Buffer.alloc(0) }
  const plaintext = value.text.reveal()
  const hashed = value.type === "unknown" ? undefined : macBytes(value.type, plaintext)
  if (!hashed) throw new SopsValueError(`${where} cannot be read as ${value.type}`)
  return { plaintext: hashed, hashed }
}
