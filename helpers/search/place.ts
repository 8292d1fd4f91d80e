// The one way to name a place. Names come from what is searched, so a name may itself hold a secret: it is searched
// before it is shown, and the part of it that holds one is not shown.

import { type Hit, Scan, type SearchPlan } from "./engine.ts"
import type { Report } from "./report.ts"

export type NameKind = "name" | "link target" | "attribute"

/** Longer names are shown by their beginning; all of them is searched. */
const longestShown = 512
const deepestShown = 4096

export class Place {
  /** `/nix/store/…-x/share/a.tar.xz!/etc/b.gz!/c`, control bytes escaped, without any secret. */
  readonly where: string
  /** How many layers of archives and compressions are around it. */
  readonly depth: number
  /** Where its members' names begin. */
  readonly #inside: string

  private constructor(where: string, depth: number, inside = `${where}!`) {
    this.where = shortened(where)
    this.depth = depth
    this.#inside = shortened(inside)
  }

  /** A file by its path or another ground's name for it (`git object 1234… blob`). The name is searched. */
  static named(plan: SearchPlan, name: Uint8Array | string, report: Report): Place {
    return new Place(
      searched(plan, name, "name", report, (shown) => shown),
      0,
    )
  }

  /** What it holds that has no name of its own: `a.xz!`, `a.txt!base64 at 17`. */
  unpacked(label = ""): Place {
    const where = `${this.where}!${label}`
    return new Place(where, this.depth + 1, label === "" ? where : `${where}!`)
  }

  /** A member of an archive: `a.tar!/etc/b`. Its name is searched. */
  member(plan: SearchPlan, name: Uint8Array | string, report: Report): Place {
    const under = (shown: string) => `${this.#inside}/${shown.replace(/^\/+/, "")}`
    return new Place(searched(plan, name, "name", report, under), this.depth + 1)
  }
}

const shortened = (where: string) => (where.length > deepestShown ? `${where.slice(0, deepestShown)}…` : where)

/**
 * Searches a name, a symbolic link's target or an extended attribute (its name and value) that belongs to a place.
 * What it holds is a finding of the form "… in a name", "… in a link target", "… in an attribute" at that place.
 */
export function searchName(plan: SearchPlan, place: Place, kind: NameKind, bytes: Uint8Array, report: Report): void {
  searched(plan, bytes, kind, report, () => place.where)
}

/** The name as it may be shown. Findings in it are noted at `whereOf(shown)`. */
function searched(
  plan: SearchPlan,
  name: Uint8Array | string,
  kind: NameKind,
  report: Report,
  whereOf: (shown: string) => string,
): string {
  const bytes = typeof name === "string" ? Buffer.from(name) : Buffer.from(name.buffer, name.byteOffset, name.length)
  const hits = hitsIn(plan, bytes)
  const where = whereOf(shownName(bytes, hits))
  const article = kind === "attribute" ? "an" : "a"
  for (const { needle, offset } of hits) {
    report.addFinding({ where, offset, form: `${needle.form} in ${article} ${kind}`, secret: needle.secret, times: 1 })
  }
  return where
}

/** Text that may be shown: control bytes escaped, and every line that holds part of a secret replaced by its name. */
export function withoutSecrets(plan: SearchPlan, text: Buffer): string {
  const hits = hitsIn(plan, text)
  const shown: string[] = []
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf(10, from)
    const to = end < 0 ? text.length : end
    const held = hits.filter(({ needle, offset }) => offset <= to && offset + needle.bytes.length > from)
    const names = [...new Set(held.map(({ needle }) => needle.secret))].sort()
    shown.push(names.length === 0 ? escaped(text.subarray(from, to)) : `[a line that holds ${names.join(", ")}]`)
    from = to + 1
  }
  return shown.join("\n")
}

// A scan is ready for another stream once it ended: one per plan does for all names.
const scans = new WeakMap<SearchPlan, { scan: Scan; hits: Hit[] }>()

function hitsIn(plan: SearchPlan, bytes: Buffer): Hit[] {
  let known = scans.get(plan)
  if (known === undefined) {
    const hits: Hit[] = []
    known = { scan: new Scan(plan, ({ needle, offset }) => hits.push({ needle, offset })), hits }
    scans.set(plan, known)
  }
  known.scan.push(bytes)
  known.scan.end()
  return known.hits.length === 0 ? known.hits : known.hits.splice(0)
}

function shownName(bytes: Buffer, hits: Hit[]): string {
  if (hits.length === 0) return escaped(bytes)
  const parts: string[] = []
  for (let from = 0; from <= bytes.length; ) {
    const slash = bytes.indexOf(47, from)
    let to = slash < 0 ? bytes.length : slash
    const secrets = new Set<string>()
    // A secret may itself hold a slash: then the parts that it lies in are one.
    for (let grown = true; grown; ) {
      grown = false
      for (const { needle, offset } of hits) {
        const last = offset + needle.bytes.length
        if (offset > to || last <= from) continue
        secrets.add(needle.secret)
        if (last <= to) continue
        const next = bytes.indexOf(47, last)
        to = next < 0 ? bytes.length : next
        grown = true
      }
    }
    parts.push(secrets.size === 0 ? escaped(bytes.subarray(from, to)) : hidden(secrets))
    from = to + 1
  }
  return parts.join("/")
}

const hidden = (secrets: Set<string>) => `[a name that holds ${[...secrets].sort().join(", ")}]`

/** Text as it is, what is no text or would disturb a terminal or a table as \xNN or \u{…}. */
function escaped(bytes: Buffer): string {
  const cut = bytes.length > longestShown ? bytes.subarray(0, longestShown) : bytes
  const text = cut.toString("utf8")
  const plain = text.includes("\ufffd")
    ? cut.toString("latin1").replace(/[^\x20-\x5b\x5d-\x7e]/g, code)
    : text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/gu, code)
  return cut.length < bytes.length ? `${plain}…` : plain
}

function code(char: string): string {
  const point = char.codePointAt(0) ?? 0
  return point < 256 ? `\\x${point.toString(16).padStart(2, "0")}` : `\\u{${point.toString(16)}}`
}
