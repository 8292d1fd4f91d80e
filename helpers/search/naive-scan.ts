// Stands in for the engine until it is there: the same contract, slowly.

export interface Needle {
  secret: string
  form: string
  bytes: Buffer
  bounded?: true
}

export interface SearchPlan {
  needles: Needle[]
}

export function searchPlan(needles: Needle[]): SearchPlan {
  if (needles.length === 0) throw new Error("nothing to search for")
  return { needles }
}

export interface Hit {
  needle: Needle
  offset: number
}

export class Scan {
  #needles: Needle[]
  #found: (hit: Hit) => void
  #kept = Buffer.alloc(0)
  #base = 0

  constructor(plan: SearchPlan, found: (hit: Hit) => void) {
    this.#needles = plan.needles
    this.#found = found
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.concat([this.#kept, chunk])
    for (const needle of this.#needles) {
      const first = Math.max(0, this.#kept.length - needle.bytes.length + 1)
      for (let at = bytes.indexOf(needle.bytes, first); at >= 0; at = bytes.indexOf(needle.bytes, at + 1)) {
        this.#found({ needle, offset: this.#base + at })
      }
    }
    const longest = Math.max(...this.#needles.map((needle) => needle.bytes.length))
    const from = Math.max(0, bytes.length - longest + 1)
    this.#kept = Buffer.from(bytes.subarray(from))
    this.#base += from
  }

  end(): void {}
}
