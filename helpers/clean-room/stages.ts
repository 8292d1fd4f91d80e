// What a run saw, stage by stage. A stage that was not reached, or could not be looked at, throws whoever asks for it.

export class Stages<Parts extends object> {
  readonly #seen = new Map<keyof Parts, unknown>()
  readonly #failed = new Map<keyof Parts, Error>()
  #ended: string | undefined

  /** Keeps what a look saw, or why it could see nothing; the second throws on. */
  async reach<Name extends keyof Parts>(
    name: Name,
    look: () => Promise<Parts[Name]> | Parts[Name],
  ): Promise<Parts[Name]> {
    try {
      const seen = await look()
      this.#seen.set(name, seen)
      return seen
    } catch (cause) {
      this.#failed.set(name, cause as Error)
      throw cause
    }
  }

  /** Why nothing later is reached; the first reason counts. */
  end(why: string): void {
    this.#ended ??= why
  }

  has(name: keyof Parts): boolean {
    return this.#seen.has(name)
  }

  /** What was seen. Throws what kept it from being looked at. */
  seen<Name extends keyof Parts>(name: Name): Parts[Name] {
    const failed = this.#failed.get(name)
    if (failed !== undefined) throw failed
    if (!this.#seen.has(name))
      throw new Error(`the clean room did not come to this: ${this.#ended ?? "it is still under way"}`)
    return this.#seen.get(name) as Parts[Name]
  }
}
