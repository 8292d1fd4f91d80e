// What a `.drv` says: the recipe of a store path, as Nix writes it down (nix, src/libstore/derivations.cc, unparse).

export interface Output {
  /** Empty where it is known only once it is built. */
  path: string
  /** `sha256`, `r:sha256`, … of an output that is fixed beforehand; else empty, as is `hash`. */
  method: string
  /** Hex. */
  hash: string
}

/**
 * Its strings have one character per byte (latin1), whatever encoding their author had in mind: two that differ stay
 * different. Arguments and values of variables may be secrets.
 */
export interface Derivation {
  outputs: Map<string, Output>
  /** The outputs taken of each derivation, by its path. */
  inputs: Map<string, string[]>
  /** Store paths. */
  sources: string[]
  system: string
  builder: string
  args: string[]
  environment: Map<string, string>
}

const storePath = /^\/nix\/store\/[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+._?=-]{1,211}$/
const escaped: Record<string, string> = { '"': '"', "\\": "\\", n: "\n", r: "\r", t: "\t" }

/**
 * Reads the bytes of a `.drv`. Whatever Nix would not have written just so throws: another order, an escape it never uses,
 * a name twice, anything behind the end. No message repeats an argument or a value.
 */
export function parseDerivation(bytes: Uint8Array): Derivation {
  const term = new Term(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"))
  term.word("Derive(")
  const outputs = term.list(() => term.tuple(4))
  term.word(",")
  const inputs = term.list(() => {
    term.word("(")
    const path = term.path()
    term.word(",")
    const names = term.list(() => term.string())
    term.word(")")
    return [path, names] as const
  })
  term.word(",")
  const sources = term.list(() => term.path())
  term.word(",")
  const system = term.string()
  term.word(",")
  const builder = term.string()
  term.word(",")
  const args = term.list(() => term.string())
  term.word(",")
  const environment = term.list(() => term.tuple(2))
  term.word(")")
  term.end()
  for (const [, names] of inputs) sorted("outputs of an input", names)
  return {
    outputs: new Map(
      byName("outputs", outputs).map(([name = "", path = "", method = "", hash = ""]) => {
        if (path !== "" && !storePath.test(path)) throw new Error("derivation: an output is no store path")
        return [name, { path, method, hash }]
      }),
    ),
    inputs: new Map(byName("inputs", inputs)),
    sources: sorted("sources", sources),
    system,
    builder,
    args,
    environment: new Map(byName("variables", environment).map(([name = "", value = ""]) => [name, value])),
  }
}

function byName<T extends readonly [string, ...unknown[]] | string[]>(what: string, entries: T[]): T[] {
  sorted(
    what,
    entries.map(([name]) => String(name)),
  )
  return entries
}

function sorted(what: string, names: string[]): string[] {
  const wrong = names.findIndex((name, index) => index > 0 && name <= (names[index - 1] ?? ""))
  if (wrong > 0) throw new Error(`derivation: ${what} are not sorted, or one stands there twice (number ${wrong + 1})`)
  return names
}

/** The ATerm notation, as far as Nix uses it. */
class Term {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.#fail(`no ${word}`)
    this.#at += word.length
  }

  end(): void {
    if (this.#at !== this.#text.length) this.#fail("more than one term")
  }

  list<T>(item: () => T): T[] {
    const items: T[] = []
    this.word("[")
    while (this.#text[this.#at] !== "]") {
      if (items.length > 0) this.word(",")
      items.push(item())
    }
    this.#at++
    return items
  }

  tuple(size: number): string[] {
    const strings = Array.from({ length: size }, (_, index) => {
      this.word(index === 0 ? "(" : ",")
      return this.string()
    })
    this.word(")")
    return strings
  }

  path(): string {
    const text = this.string()
    return storePath.test(text) ? text : this.#fail("no store path before this")
  }

  string(): string {
    this.word('"')
    const pieces: string[] = []
    const plain = /[^"\\\0\n\r\t]*/y
    for (;;) {
      plain.lastIndex = this.#at
      pieces.push(plain.exec(this.#text)?.[0] ?? "")
      this.#at = plain.lastIndex
      const mark = this.#text[this.#at++]
      if (mark === '"') return pieces.join("")
      const meant = mark === "\\" ? escaped[this.#text[this.#at++] ?? ""] : undefined
      pieces.push(meant ?? this.#fail("a string that Nix would not write so"))
    }
  }

  #fail(why: string): never {
    throw new Error(`derivation: ${why}, at byte ${this.#at} of ${this.#text.length}`)
  }
}
