// Which programs a piece of shell runs: the first word of each simple command, also within `$(…)`.

/** A simple command: its program, and its other words as far as they are plain. */
export interface ShellCommand {
  words: string[]
  /** Line within the script, from 1. */
  line: number
}

const keywords = new Set(
  "if then else elif fi for while until do done case esac in function select time ! { } [[ ]] coproc".split(" "),
)
const builtins = new Set(
  ". : [ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout popd printf pushd pwd read readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait".split(
    " ",
  ),
)
// What runs the program named after it, once its own options are over.
const wrappers = new Set(["sudo", "env", "exec", "command", "nohup", "time", "xargs", "doas"])

/** The programs of a script that somebody must have installed, with the line each is run at. */
export function programsIn(script: string): { program: string; line: number }[] {
  return commandsIn(script).flatMap(({ words, line }) => {
    const rest = words.filter((word) => word !== "")
    // What follows are names and values, until the next command.
    if (/^(?:for|select|case|function)$/.test(rest[0] ?? "")) return []
    let at = 0
    while (at < rest.length && (keywords.has(rest[at] ?? "") || /^[A-Za-z_]\w*\+?=/.test(rest[at] ?? ""))) at++
    const found: { program: string; line: number }[] = []
    while (wrappers.has(rest[at] ?? "")) {
      if (!builtins.has(rest[at] ?? "")) found.push({ program: rest[at] ?? "", line })
      at++
      while (/^-|^[A-Za-z_]\w*=/.test(rest[at] ?? "")) at++
    }
    const program = rest[at] ?? ""
    const plain = /^[A-Za-z0-9_./+-]+$/.test(program) && !builtins.has(program) && !keywords.has(program)
    return plain && !/^\d+$/.test(program) ? [...found, { program, line }] : found
  })
}

/** Splits a script into simple commands, as far as quotes, comments, here-documents and substitutions allow. */
export function commandsIn(script: string): ShellCommand[] {
  const lexer = new Lexer(script)
  lexer.run()
  return lexer.commands
}

class Lexer {
  readonly commands: ShellCommand[] = []
  readonly #text: string
  #at = 0
  #line = 1
  #words: string[] = []
  #word: string | undefined
  #begun = 1
  #heredocs: string[] = []

  constructor(text: string) {
    this.#text = text
  }

  run(): void {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at] ?? "")
    this.#endCommand()
  }

  #step(letter: string): void {
    const next = this.#text[this.#at + 1] ?? ""
    if (letter === "\\") this.#escape(next)
    else if (letter === "'" || letter === '"') this.#quoted(letter)
    else if (letter === "`") this.#nested("`")
    else if (letter === "$" && next === "(") this.#nested(")")
    else if (letter === "#" && this.#word === undefined) this.#skipTo("\n")
    else if (letter === "<" && next === "<") this.#heredoc()
    else if (letter === ">" || letter === "<") this.#redirect()
    else if (letter === "\n") this.#newline()
    else {
      if (";|&()".includes(letter)) this.#endCommand()
      else if (/\s/.test(letter)) this.#endWord()
      else this.#push(letter)
      this.#at++
    }
  }

  #push(text: string): void {
    if (this.#word === undefined && this.#words.length === 0) this.#begun = this.#line
    this.#word = (this.#word ?? "") + text
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word)
    this.#word = undefined
  }

  #endCommand(): void {
    this.#endWord()
    if (this.#words.length > 0) this.commands.push({ words: this.#words, line: this.#begun })
    this.#words = []
  }

  #escape(next: string): void {
    if (next === "\n") this.#line++
    else this.#push(next)
    this.#at += 2
  }

  #newline(): void {
    this.#endCommand()
    this.#at++
    this.#line++
    for (const end of this.#heredocs.splice(0)) {
      const lines = this.#text.slice(this.#at).split("\n")
      const last = lines.findIndex((line) => line.trim() === end)
      const body = last === -1 ? lines : lines.slice(0, last + 1)
      this.#at += body.join("\n").length + 1
      this.#line += body.length
    }
  }

  #heredoc(): void {
    const [whole = "<<", word = ""] = /^<<-?\s*["'\\]?([\w.-]+)["']?/.exec(this.#text.slice(this.#at)) ?? []
    // `<<<` is a string, and no document.
    if (word !== "" && this.#text[this.#at + 2] !== "<") this.#heredocs.push(word)
    this.#endWord()
    this.#at += word === "" ? 3 : whole.length
  }

  /** A redirection's file is no word of the command. */
  #redirect(): void {
    if (/^\d*$/.test(this.#word ?? "")) this.#word = undefined
    this.#endWord()
    const [whole = ">"] = /^[<>]+&?\s*(?:"[^"]*"|'[^']*'|[^\s;|&()<>]*)/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += Math.max(1, whole.length)
  }

  #quoted(mark: string): void {
    this.#push("")
    let end = this.#at + 1
    while (end < this.#text.length && this.#text[end] !== mark) end += mark === '"' && this.#text[end] === "\\" ? 2 : 1
    const inside = this.#text.slice(this.#at + 1, end)
    if (mark === '"') this.#substitutions(inside)
    this.#push(inside)
    this.#line += inside.split("\n").length - 1
    this.#at = end + 1
  }

  #substitutions(text: string): void {
    for (let at = text.indexOf("$("); at !== -1; at = text.indexOf("$(", at + 2)) {
      this.#inner(text.slice(at + 2, closing(text, at + 2)))
    }
  }

  #nested(mark: string): void {
    const from = this.#at + (mark === ")" ? 2 : 1)
    const end = mark === ")" ? closing(this.#text, from) : this.#text.indexOf("`", from)
    const inside = this.#text.slice(from, end === -1 ? undefined : end)
    this.#inner(inside)
    this.#push("$")
    this.#at = from + inside.length + 1
    this.#line += inside.split("\n").length - 1
  }

  #inner(script: string): void {
    for (const { words, line } of commandsIn(script)) this.commands.push({ words, line: line + this.#line - 1 })
  }

  #skipTo(mark: string): void {
    const end = this.#text.indexOf(mark, this.#at)
    this.#at = end === -1 ? this.#text.length : end
  }
}

/** Where the parenthesis that was opened before `from` closes; quotes may hold others. */
function closing(text: string, from: number): number {
  let depth = 1
  let quote = ""
  for (let at = from; at < text.length; at++) {
    const letter = text[at] ?? ""
    if (letter === "\\") at++
    else if (quote !== "") quote = letter === quote ? "" : quote
    else if (letter === "'" || letter === '"') quote = letter
    else if (letter === "(") depth++
    else if (letter === ")" && --depth === 0) return at
  }
  return text.length
}
