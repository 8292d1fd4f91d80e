// One file, or whatever else comes as a stream of bytes: searched as it is, and beside that unpacked, layer by layer,
// as far as the bounds allow. Nothing is held but what a format needs.

import { type Bounds, Budget, defaultBounds } from "./bounds.ts"
import type { SearchPlan } from "./engine.ts"
import { Layer } from "./layer.ts"
import type { Place } from "./place.ts"
import type { Report } from "./report.ts"

export { searchName } from "./place.ts"

export class FileSearch {
  readonly #report: Report
  readonly #budget: Budget
  readonly #layer: Layer

  /** Names are not searched here: the place's maker did that (Place), and for links and attributes searchName does. */
  constructor(plan: SearchPlan, place: Place, report: Report, bounds: Bounds = defaultBounds) {
    report.files++
    this.#report = report
    this.#budget = new Budget(bounds)
    this.#layer = new Layer({ plan, report, budget: this.#budget }, place)
  }

  /** The next bytes, in any chunking. Their memory is the caller's again afterwards. */
  push(chunk: Buffer): void {
    this.#report.bytes += chunk.length
    this.#budget.read += chunk.length
    this.#layer.push(chunk)
  }

  /** Without it, what the last bytes held may be missing from the report. */
  end(): void {
    this.#layer.end()
  }
}
