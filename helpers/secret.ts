import { createHash } from "node:crypto"
import { inspect } from "node:util"
import { announce } from "./announce.ts"
import { hmac, newNonce } from "./hmac.ts"

// Known to this process alone, so that a mark says nothing outside it.
const processNonce = newNonce()

/**
 * Bytes that must not be shown. Printing, JSON, `inspect`, diffs and clones give `[secret NAME]` or nothing at all.
 * A check compares `hmac(nonce)`, never the bytes.
 */
export class Secret {
  readonly name: string
  /** Equal for equal bytes within this process, so that `toEqual` does not take two different secrets for equal. */
  readonly mark: string
  readonly #bytes: Buffer

  /**
   * Nobody has it before whoever publishes knows that it must be hidden; see {@link announce}. What is not opened yet, or
   * stands in a repo for all to read, is kept from view alike, but need not be looked for in what is published.
   */
  constructor(name: string, bytes: Uint8Array, { announced = true } = {}) {
    if (announced) announce(name, bytes)
    this.name = name
    this.#bytes = Buffer.from(bytes)
    this.mark = hmac(processNonce, createHash("sha256").update(this.#bytes).digest())
  }

  /** In bytes. */
  get length(): number {
    return this.#bytes.length
  }

  /** HMAC-SHA256 under a run's nonce, hex: what may be compared, and published once the nonce is gone. */
  hmac(nonce: Uint8Array): string {
    return hmac(nonce, this.#bytes)
  }

  /** A copy of the bytes. For helpers only: specs, evidence and reports never call it. */
  reveal(): Buffer {
    return Buffer.from(this.#bytes)
  }

  toString(): string {
    return `[secret ${this.name}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
