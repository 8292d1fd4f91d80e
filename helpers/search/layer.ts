// One stream of bytes at one place: a file, a member of an archive, or what came out of a compression.

import { Base64Runs } from "./base64-runs.ts"
import { Beyond, type Budget } from "./bounds.ts"
import { Contents } from "./contents.ts"
import { Scan, type SearchPlan } from "./engine.ts"
import { type Format, formatOf, headLength } from "./formats.ts"
import { Input, type Reading, Truncated } from "./input.ts"
import { NotUnpacked } from "./not-unpacked.ts"
import type { Place } from "./place.ts"
import type { NotScannedKind, Report } from "./report.ts"

const none = Buffer.alloc(0)

/** What all layers of one file share. */
export interface Search {
  plan: SearchPlan
  report: Report
  budget: Budget
}

export class Layer {
  readonly #search: Search
  readonly #place: Place
  readonly #guessed: boolean
  readonly #scan: Scan
  readonly #base64: Base64Runs
  /** The first bytes, until there are enough to tell the format by. */
  #head = none
  #decided = false
  /** Set only where there is something to unpack: most files need none. */
  #input: Input | undefined
  #unpacking: Reading | undefined
  #needs = 0

  /** `guessed`: that there is anything at all was guessed, so what fails at once is none. */
  constructor(search: Search, place: Place, guessed = false) {
    const { plan, report } = search
    this.#guessed = guessed
    this.#search = search
    this.#place = place
    this.#scan = new Scan(plan, ({ needle, offset }) =>
      report.addFinding({ where: place.where, offset, form: needle.form, secret: needle.secret, times: 1 }),
    )
    this.#base64 = new Base64Runs((offset) => new Layer(search, place.unpacked(`base64 at ${offset}`), true))
  }

  push(chunk: Buffer): void {
    this.#scan.push(chunk)
    this.#base64.push(chunk)
    if (this.#unpacking !== undefined) this.#unpack(chunk)
    else if (!this.#decided) this.#decide(chunk, false)
  }

  /** `cut`: bytes are missing at the end, and whoever says so has listed it already. */
  end(cut = false): void {
    this.#scan.end()
    this.#base64.end()
    if (!this.#decided) this.#decide(none, true)
    if (this.#input === undefined) return
    this.#input.ended = true
    this.#input.cut = cut
    this.#resume()
  }

  #within(place: Place): Layer {
    return new Layer(this.#search, place)
  }

  #decide(chunk: Buffer, ended: boolean): void {
    const head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
    if (head.length < headLength && !ended) {
      this.#head = Buffer.from(head)
      return
    }
    this.#decided = true
    this.#head = none
    if (formatOf(head) === undefined) return
    this.#input = new Input()
    this.#unpacking = this.#formats(this.#input)
    this.#unpack(head)
  }

  #unpack(chunk: Buffer): void {
    this.#input?.push(chunk)
    if ((this.#input?.left ?? 0) >= this.#needs) this.#resume()
    this.#input?.keep()
  }

  #resume(): void {
    const step = this.#unpacking?.next()
    if (step === undefined) return
    if (step.done !== true) this.#needs = step.value
    else {
      this.#unpacking = undefined
      this.#input = undefined
    }
  }

  /** One format after the other, as in an initrd, for as long as what follows is one; zeros may lie between them. */
  *#formats(input: Input): Reading {
    while (true) {
      yield* input.has(headLength)
      const format = formatOf(input.bytes.subarray(input.at, Math.min(input.end, input.at + headLength)))
      if (format === undefined || !(yield* this.#format(input, format))) return
      yield* input.skipZeros()
    }
  }

  /** Whether it could be read to its end, so that something may follow. */
  *#format(input: Input, format: Format): Reading<boolean> {
    const { plan, report, budget } = this.#search
    const contents = new Contents(format.name, { plan, report, budget }, this.#place, input, (place) =>
      this.#within(place),
    )
    let whole = false
    try {
      if (this.#place.depth >= budget.bounds.depth) throw new Beyond(`deeper than ${budget.bounds.depth} layers`)
      yield* format.unpack(input, contents)
      whole = true
    } catch (error) {
      this.#failed(format, error as Error, contents, input.cut)
    } finally {
      contents.close(!whole)
    }
    return whole
  }

  #failed(format: Format, error: Error, contents: Contents, cut: boolean): void {
    const begun = contents.bytes > 0 || contents.members > 1
    const reason = `${format.name}: ${error.message}`
    if (error instanceof Beyond) this.#list("bound", reason)
    else if (error instanceof NotUnpacked) this.#list("unsupported", reason)
    else if (!begun && (this.#guessed || (!format.sure && !(error instanceof Truncated)))) {
      this.#search.report.addLookalike(format.name)
    } else if (!(error instanceof Truncated && cut)) this.#list("damaged", reason)
  }

  #list(kind: NotScannedKind, reason: string): void {
    this.#search.report.addNotScanned({ where: this.#place.where, reason, kind })
  }
}
