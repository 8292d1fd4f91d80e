// What a run prints, without its secrets: those that were registered, in every form that variants.ts knows and cut
// anywhere, and those that show by themselves. Whole texts only: a secret that two calls share half and half is seen
// by neither. Redact, then truncate; and never keep a digest of what was not redacted.

import { Anchors } from "./anchors.ts"
import { Finder, type Needle, type Run } from "./finder.ts"
import { type Leaf, leavesOf } from "./leaves.ts"
import { isTelling, type Passage, type Pattern } from "./patterns.ts"
import { countRandom, randomEnough, randomness } from "./randomness.ts"
import { type Squeezed, Squeezer } from "./squeezed.ts"
import { variants as all, type Variant } from "./variants.ts"
import { unwrapped } from "./wrapped.ts"

/** What must not be shown: a label for the reader, and the bytes. */
export interface Registered {
  name: string
  bytes: Uint8Array
}

interface Owner {
  label: string
  length: number
  random: Uint8Array
  source: ArrayLike<number>
}

/** In characters of the secret: a shorter piece tells too little, and stands in too many other texts. */
const leastPiece = 8
/** Of a secret that consists of words, a piece counts if it is this much of it: its words stand everywhere. */
const mostOfIt = 0.6
const longestLabel = 60
const mostRounds = 8

export class Redactor {
  /** How many replacements so far. */
  hidden = 0
  readonly #variants: Variant[]
  readonly #squeezer: Squeezer
  readonly #patterns: (Variant & { pattern: Pattern })[]
  readonly #anchors: Anchors
  readonly #pieces: boolean
  readonly #unwraps: boolean
  readonly #known = new Set<string>()
  readonly #counts = new Map<string, number>()
  readonly #met = new Map<string, string>()
  readonly #finder = new Finder<Owner>(leastPiece)
  /** What quotes or white space in a short secret leave of it. */
  readonly #shorter = new Finder<Owner>(leastPiece - 2)

  /** `variants` is for the test that shows what each of them is needed for. */
  constructor(variants: Variant[] = all) {
    this.#variants = variants
    this.#squeezer = new Squeezer(variants.flatMap(({ reading }) => reading ?? []))
    this.#patterns = variants.flatMap((variant) => (variant.pattern ? [{ ...variant, pattern: variant.pattern }] : []))
    const anchors = this.#patterns.map(({ pattern }) => pattern.anchors)
    this.#anchors = new Anchors(anchors)
    this.#pieces = variants.some(({ pieces }) => pieces)
    this.#unwraps = variants.some(({ unwraps }) => unwraps)
  }

  /** May be called at any time; the same bytes again are the same secret. What is public or common is not hidden. */
  add({ name, bytes }: Registered): void {
    const key = Buffer.from(bytes).toString("latin1")
    if (this.#known.has(key)) return
    this.#known.add(key)
    const leaves = leavesOf(
      bytes,
      this.#variants.flatMap(({ opener }) => opener ?? []),
    )
    const label = this.#numbered(labelOf(name))
    for (const needle of leaves.flatMap((leaf) => this.#needlesOf(leaf, label)))
      (needle.bytes.length < this.#finder.shortest ? this.#shorter : this.#finder).add(needle)
  }

  /** A whole text. Every secret in it becomes `[REDACTED:label#n]`, which is not touched when it is redacted again. */
  text(whole: string): string {
    let text = whole
    // What stood beside a secret may show as another once it stands alone.
    for (let round = 0; round < mostRounds; round++) {
      const before = text
      text = this.#once(before)
      if (text === before) break
    }
    return text
  }

  #once(text: string): string {
    const view = this.#squeezer.squeeze(text)
    const { torn } = view
    const passages = [
      ...this.#registered(text, view).map((passage) => ({ ...passage, registered: true })),
      ...this.#unregistered(text, view).map((passage) => ({ ...passage, registered: false })),
      ...(torn ? this.#wrapped(text) : []).map((passage) => ({ ...passage, registered: true })),
    ]
    if (passages.length === 0) return text
    let shown = ""
    let at = 0
    for (const { from, to, shown: instead } of united(passages)) {
      shown += `${text.slice(at, from)}[REDACTED:${instead}]`
      at = to
      this.hidden++
    }
    return shown + text.slice(at)
  }

  /** Plain JSON data, keys included. The same data, not a copy, if nothing in it is hidden. */
  value<T>(value: T): T {
    return this.#value(value) as T
  }

  #value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value)
    if (Array.isArray(value)) {
      const text = value.length >= leastPiece && value.every(isByte) ? value.join(",") : ""
      const shown = this.text(text)
      if (shown !== text) return [shown]
      const items = value.map((item) => this.#value(item))
      return items.some((item, index) => item !== value[index]) ? items : value
    }
    if (typeof value !== "object" || value === null || !isPlain(value)) return value
    const members: [string, unknown][] = []
    const names = new Set(Object.keys(value))
    let same = true
    for (const [key, member] of Object.entries(value)) {
      const redacted = this.text(key)
      let name = redacted
      // Two keys that were secrets must not become one.
      for (let count = 2; name !== key && names.has(name); count++) name = `${redacted} ${count}`
      names.add(name)
      const shown = this.#member(key, member)
      same &&= name === key && shown === member
      members.push([name, shown])
    }
    return same ? value : Object.fromEntries(members)
  }

  /** In data the key tells what a name before it tells in a text. */
  #member(key: string, member: unknown): unknown {
    const shown = this.#value(member)
    if (typeof shown !== "string" || !isTelling(key)) return shown
    const [before, after] = /["\\]/.test(shown) ? [`${key}: `, ""] : [`${key}: "`, '"']
    const line = this.text(before + shown + after)
    return line.startsWith(before) ? line.slice(before.length, line.length - after.length) : shown
  }

  #needlesOf(leaf: Leaf, label: string): Needle<Owner>[] {
    const random = leaf.text === undefined ? new Uint8Array(leaf.bytes.length).fill(1) : randomness(leaf.text)
    return this.#variants.flatMap(({ encoder }) =>
      (encoder?.(leaf) ?? []).map(({ text, source, least, apart }) => {
        const { bytes, at, length } = apart ? this.#squeezer.locateApart(text) : this.#squeezer.locate(text)
        const from = new Int32Array(length)
        for (let byte = 0; byte < length; byte++) from[byte] = source[at[byte] ?? 0] ?? 0
        const owner = { label, length: random.length, random, source: from }
        return { bytes: bytes.slice(0, length), least, owner }
      }),
    )
  }

  #registered(text: string, view: Squeezed): Required<Passage>[] {
    const runs = [...this.#finder.find(view), ...this.#shorter.find(view)].filter((run) => this.#isFind(run))
    if (runs.length === 0) return []
    const { at } = this.#squeezer.locate(text)
    runs.sort((a, b) => a.from - b.from || b.to - a.to)
    const joined: Run<Owner>[] = []
    for (const run of runs) {
      const before = joined.at(-1)
      // Lines of one key, and pieces of it between which nothing shows, are one replacement.
      if (before !== undefined && run.from <= before.to && run.owner.label === before.owner.label)
        before.to = Math.max(before.to, run.to)
      else joined.push({ ...run })
    }
    return joined.map(({ from, to, owner }) => ({
      from: at[from] ?? 0,
      to: this.#squeezer.after(text, at[to - 1] ?? 0),
      shown: owner.label,
    }))
  }

  #wrapped(text: string): Required<Passage>[] {
    const whole = this.#unwraps ? unwrapped(text) : undefined
    return whole === undefined ? [] : this.#registered(whole.text, this.#squeezer.squeeze(whole.text)).map(whole.back)
  }

  #isFind({ owner, offset, from, to }: Run<Owner>): boolean {
    const ends = [owner.source[offset] ?? 0, owner.source[offset + to - from - 1] ?? 0]
    const start = Math.min(...ends)
    const end = Math.max(...ends) + 1
    if (start === 0 && end === owner.length) return true
    if (!this.#pieces || end - start < leastPiece) return false
    if (countRandom(owner.random, start, end) >= randomEnough) return true
    return countRandom(owner.random) < randomEnough && end - start >= mostOfIt * owner.length
  }

  #unregistered(text: string, view: Squeezed): Required<Passage>[] {
    const passages: Required<Passage>[] = []
    for (const { at, groups } of this.#anchors.find(view)) {
      for (let left = groups; left !== 0; left &= left - 1) {
        const known = this.#patterns[31 - Math.clz32(left & -left)]
        for (const { from, to, shown } of known?.pattern.at(text, at) ?? [])
          passages.push({ from, to, shown: shown ?? this.#unregisteredLabel(known?.name ?? "", text.slice(from, to)) })
      }
    }
    return passages
  }

  #unregisteredLabel(name: string, secret: string): string {
    const key = `${name}\n${secret}`
    const label = this.#met.get(key) ?? this.#numbered(name)
    this.#met.set(key, label)
    return label
  }

  #numbered(label: string): string {
    const count = (this.#counts.get(label) ?? 0) + 1
    this.#counts.set(label, count)
    return `${label}#${count}`
  }
}

function labelOf(name: string): string {
  const safe = name
    .replace(/[^\p{L}\p{N} ._/@:-]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
  return safe.slice(0, longestLabel) || "secret"
}

/** Overlapping passages become one, called as what was registered in it, if anything was. */
function united(passages: (Required<Passage> & { registered: boolean })[]): Required<Passage>[] {
  const all: typeof passages = []
  for (const passage of passages.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const before = all.at(-1)
    if (before === undefined || passage.from >= before.to) all.push({ ...passage })
    else {
      before.to = Math.max(before.to, passage.to)
      if (before.registered || !passage.registered) continue
      before.registered = true
      before.shown = passage.shown
    }
  }
  return all
}

const isByte = (item: unknown) => Number.isInteger(item) && Number(item) >= 0 && Number(item) <= 255

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
