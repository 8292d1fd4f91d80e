// What may leave a run. Everything passes the redactor; then a second look, by other means, must find nothing it missed.

import { Writable } from "node:stream"
import { type Leak, leaksIn } from "./leaks/leaks.ts"
import { proven } from "./leaks/proven.ts"
import { Redactor } from "./redaction/redactor.ts"
import type { Terminal } from "./terminal.ts"

export interface Secret {
  name: string
  bytes: Uint8Array
}

/** Something that is to be published: where it will stand, and its text. */
export type Sheet = readonly [where: string, text: string]

export class Publication {
  readonly #redactor = new Redactor()
  /** By their bytes: the same secret is announced each time that somebody opens it. */
  readonly #secrets = new Map<string, Secret>()
  readonly #isOpen: (name: string) => boolean
  /** What a person was shown. */
  #shown = ""
  #take = () => {}

  /** `open` are the leaves of secrets that are no secrets, by their names in git, such as the certificate. */
  constructor(open: string[] = []) {
    this.#isOpen = (name) => open.some((leaf) => name.endsWith(` ${leaf}`) || name.startsWith(`${leaf} of `))
  }

  /** From now on it is hidden. */
  hide(secret: Secret): void {
    const key = Buffer.from(secret.bytes).toString("latin1")
    if (this.#isOpen(secret.name) || this.#secrets.has(key)) return
    this.#redactor.add(secret)
    this.#secrets.set(key, secret)
  }

  /** Called before anything is redacted: takes the secrets that were announced since. */
  before(take: () => void): void {
    this.#take = take
  }

  /** Whole texts only: half a secret at the end of a piece is none that anybody would know. */
  text(text: string): string {
    this.#take()
    return this.#redactor.text(text)
  }

  /** As {@link text}, of what a person is shown at once and cannot be taken back. */
  line(text: string): string {
    const redacted = this.text(text)
    this.#shown += `${redacted}\n`
    return redacted
  }

  /** Plain data, strings and keys redacted. */
  value<T>(value: T): T {
    this.#take()
    return this.#redactor.value(value)
  }

  /** How many replacements there were. */
  get hidden(): number {
    return this.#redactor.hidden
  }

  /** The secrets that stand in what is to be published all the same. Throws when the look itself cannot be trusted. */
  async leaks(sheets: Sheet[]): Promise<Leak[]> {
    this.#take()
    await proven(leaksIn)
    const all: Sheet[] = [...sheets, ["what was printed", this.#shown]]
    return leaksIn(
      all.map(([where, text]) => [where, Buffer.from(text)] as const),
      [...this.#secrets.values()],
    )
  }
}

/** The terminal, with everything on it redacted. */
export function redacting(terminal: Terminal, publication: Publication): Terminal {
  return {
    ...terminal,
    print: (line = "") => terminal.print(publication.line(line)),
    status: (line) => terminal.status(publication.text(line)),
  }
}

/** For what others print, by whole lines: a line is the least that is a whole text. */
export function redactedStream(stream: NodeJS.WritableStream, publication: Publication): Writable {
  let rest = ""
  const put = (text: string) =>
    stream.write(publication.line(text.replace(/\n$/, "")) + (text.endsWith("\n") ? "\n" : ""))
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _, done) => {
      const text = rest + chunk.toString()
      const end = text.lastIndexOf("\n") + 1
      rest = text.slice(end)
      if (end > 0) put(text.slice(0, end))
      done()
    },
    final: (done) => {
      if (rest !== "") put(rest)
      done()
    },
  })
}
