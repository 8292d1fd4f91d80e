/** A secret in some form at a place: how often, and where first. What was found is never part of it. */
export interface Finding {
  where: string
  /** Of the first byte of the first occurrence, in what `where` names: unpacked bytes, or a name. */
  offset: number
  form: string
  secret: string
  times: number
}

/**
 * damaged: it is of that format and cannot be read to its end · bound: cut off by our own bounds · unsupported: a format
 * that is recognised and not unpacked · unreadable: the bytes themselves could not be had.
 * The raw bytes of all but the last were searched none the less, and so was what came out before the damage or the bound.
 */
export type NotScannedKind = "damaged" | "bound" | "unsupported" | "unreadable"

export interface NotScanned {
  where: string
  reason: string
  kind: NotScannedKind
}

export interface Unpacked {
  members: number
  bytes: number
}

/** What a Report is when it travels between threads. */
export interface ReportContent {
  files: number
  bytes: number
  unpacked: Record<string, Unpacked>
  lookalikes: Record<string, number>
  findings: Finding[]
  findingsNotKept: number
  notScanned: NotScanned[]
  notScannedNotKept: number
}

/** More places than these are counted, not kept. */
const mostFindings = 5_000
const mostNotScanned = 20_000

/** What a search saw and found: counts that prove it looked, what it found, and what it could not look at. */
export class Report {
  files = 0
  /** As read: before anything was unpacked. */
  bytes = 0
  /** Per format: what was unpacked of it. What a compression holds counts as one member. */
  unpacked: Record<string, Unpacked> = {}
  /** Per format: what begins like it and is none (see formats.ts for the rule). It was searched raw. */
  lookalikes: Record<string, number> = {}
  readonly #findings = new Map<string, Finding>()
  readonly #notScanned = new Map<string, NotScanned>()
  findingsNotKept = 0
  notScannedNotKept = 0

  get findings(): Finding[] {
    return [...this.#findings.values()]
  }

  get notScanned(): NotScanned[] {
    return [...this.#notScanned.values()]
  }

  /** Is there anything that was not looked at, or found and not kept? */
  get complete(): boolean {
    return this.#notScanned.size === 0 && this.notScannedNotKept === 0 && this.findingsNotKept === 0
  }

  addFinding(finding: Finding): void {
    const key = `${finding.where}\0${finding.secret}\0${finding.form}`
    const known = this.#findings.get(key)
    if (known !== undefined) {
      known.times += finding.times
      known.offset = Math.min(known.offset, finding.offset)
    } else if (this.#findings.size < mostFindings) this.#findings.set(key, { ...finding })
    else this.findingsNotKept += finding.times
  }

  addNotScanned(entry: NotScanned): void {
    const key = `${entry.where}\0${entry.reason}`
    if (this.#notScanned.size < mostNotScanned || this.#notScanned.has(key)) this.#notScanned.set(key, { ...entry })
    else this.notScannedNotKept++
  }

  addUnpacked(format: string, members: number, bytes: number): void {
    const sum = this.unpacked[format]
    if (sum === undefined) this.unpacked[format] = { members, bytes }
    else {
      sum.members += members
      sum.bytes += bytes
    }
  }

  addLookalike(format: string, times = 1): void {
    this.lookalikes[format] = (this.lookalikes[format] ?? 0) + times
  }

  /** Takes in what another search saw, for instance a worker's. */
  add(other: Report): void {
    this.files += other.files
    this.bytes += other.bytes
    this.findingsNotKept += other.findingsNotKept
    this.notScannedNotKept += other.notScannedNotKept
    for (const [format, { members, bytes }] of Object.entries(other.unpacked)) this.addUnpacked(format, members, bytes)
    for (const [format, times] of Object.entries(other.lookalikes)) this.addLookalike(format, times)
    for (const finding of other.#findings.values()) this.addFinding(finding)
    for (const entry of other.#notScanned.values()) this.addNotScanned(entry)
  }

  toJSON(): ReportContent {
    const { files, bytes, unpacked, lookalikes, findings, findingsNotKept, notScanned, notScannedNotKept } = this
    return { files, bytes, unpacked, lookalikes, findings, findingsNotKept, notScanned, notScannedNotKept }
  }

  static fromJSON(content: ReportContent): Report {
    const report = new Report()
    report.files = content.files
    report.bytes = content.bytes
    report.findingsNotKept = content.findingsNotKept
    report.notScannedNotKept = content.notScannedNotKept
    for (const [format, { members, bytes }] of Object.entries(content.unpacked)) {
      report.addUnpacked(format, members, bytes)
    }
    for (const [format, times] of Object.entries(content.lookalikes)) report.addLookalike(format, times)
    for (const finding of content.findings) report.addFinding(finding)
    for (const entry of content.notScanned) report.addNotScanned(entry)
    return report
  }
}
