// How much one would have to guess to write some bytes down without knowing them, in bits. A secret is looked for by
// pieces that nobody writes by chance, nor because they are words.

// What a letter costs after another, in thirds of a bit, base 36: a row for each letter before and one for a word's
// beginning. Counted over 21 MB of English documentation and source, each word by the root of how often it occurs.
const pairs =
  "qfcdqkfufwj9darew9b8hkllhq9lgp9rkpadn7opbnzdekaxtxcraqin9qv9fzbdot7mzdj9etvzmzbjge5iln8omfgjciwecielnpkwdlbahgjokqpfe9jgk79coileixanklaars6wtelh8jwcgfdvvygwemiq5hhdavsdhcdmubdeenormp6nkn5mvpaxokgm9mwdhchsrulxgjddegezrxnde6agugbasfzlzhdqpp4uzsftppznblqp5pbzguttelhf3ikoarqghfghriaiipnunzajle6lop8znanpakyleddjrzdp6eoj6qqs9qojfmaazodngqutlzcpbbag9pdtjkngdjyma8giszkukfebmgkriokec6gbz8eedifoqt8qll8prhexnbnrafy8f9douvlznnpzqtzzjzzirqropdlz1tnontalfh6kiqazijggakzeccghpwfyendn7kqdbzkjllcepla6colsfxbnfl7lpb8zpikmbhzacfgqlqdyfdfibghxdzuac8pdz9b9nuzrxw6wss3rpt9zspmterwpkprtxuwz8lkm8unb8wokobalzacjnqjuuwdkbiaitlbrnjkme7vjg6pprkfofefjfhkmermfe9d6viaakokzrodtls6wsodzukop3rvnjopwpvghceaddeggcmkfdffcpcacgigoph"
const beginning = 26
const costs = Float64Array.from(pairs, (digit) => Number.parseInt(digit, 36) / 3)

type Class = "lower" | "upper" | "digit" | "common" | "mark" | "byte"
const classes = Array.from({ length: 256 }, (_, byte): Class => {
  const character = String.fromCharCode(byte)
  if (/[a-z]/.test(character)) return "lower"
  if (/[A-Z]/.test(character)) return "upper"
  if (/\d/.test(character)) return "digit"
  if (/[\s\-_./:,=\0]/.test(character) && byte < 128) return "common"
  return byte > 32 && byte < 127 ? "mark" : "byte"
})
const classOf = (byte: number): Class => classes[byte] ?? "byte"
const isLetter = (kind: Class) => kind === "lower" || kind === "upper"

/** What one byte costs a writer of ordinary text after another byte, or at the beginning. */
function cost(byte: number, before: number | undefined): number {
  const kind = classOf(byte)
  const previous = before === undefined ? undefined : classOf(before)
  // Repetitions and sequences.
  if (before !== undefined && Math.abs(byte - before) <= 1) return 1
  if (isLetter(kind)) {
    const letter = (byte | 32) - 97
    const goesOn = before !== undefined && previous !== undefined && (previous === kind || previous === "upper")
    if (goesOn && isLetter(previous)) return costs[((before | 32) - 97) * 26 + letter] ?? 0
    return (costs[beginning * 26 + letter] ?? 0) + (previous === "lower" ? 4 : previous === "digit" ? 3 : 0.5)
  }
  if (kind === "digit") return previous === "digit" ? 3.3 : 6.3
  return kind === "common" ? 3.5 : kind === "mark" ? 6 : 7
}

// Pairs of bytes that cost next to nothing when they come again.
const remembered = 64

/** Grows byte by byte; `bits` is an estimate from below. */
export class Surprise {
  #written = 0
  #before: number | undefined
  readonly #pairs: number[] = []
  readonly #marks: number[] = []
  readonly #counts = { letters: 0, marks: 0, bytes: 0 }
  readonly #kinds = { hex: false, lower: false, upper: false, digit: false }

  /** Letters that may be words, with what stands between words. */
  words = true

  add(byte: number): void {
    const pair = (this.#before ?? 256) * 256 + byte
    const previous = this.#before === undefined ? undefined : classOf(this.#before)
    this.#written += this.#pairs.includes(pair) ? 1 : cost(byte, this.#before)
    if (this.#pairs.length < remembered) this.#pairs.push(pair)
    this.#before = byte
    const kind = classOf(byte)
    if (kind === "digit" || kind === "mark" || kind === "byte") this.words = false
    if (kind === "upper" && previous === "lower") this.words = false
    if (isLetter(kind) || kind === "digit") {
      this.#counts.letters++
      if (kind === "digit") this.#kinds.digit = true
      else if ((byte | 32) <= 102) this.#kinds.hex = true
      else if (kind === "lower") this.#kinds.lower = true
      if (kind === "upper") this.#kinds.upper = true
    } else if (kind === "byte") this.#counts.bytes++
    else {
      this.#counts.marks++
      if (!this.#marks.includes(byte)) this.#marks.push(byte)
    }
  }

  get bits(): number {
    const { letters, marks, bytes } = this.#counts
    const { hex, lower, upper, digit } = this.#kinds
    const alphabet = (digit ? 10 : 0) + (lower ? 26 : hex ? 6 : 0) + (upper ? 26 : 0)
    const drawn =
      letters * Math.log2(Math.max(alphabet, 2)) + marks * (this.#marks.length > 1 ? 4.5 : 1.5) + bytes * 6.5
    return Math.min(drawn, this.#written)
  }
}

/** In bits, for all of some bytes. */
export function surpriseOf(bytes: Uint8Array): number {
  const surprise = new Surprise()
  for (const byte of bytes) surprise.add(byte)
  return surprise.bits
}
