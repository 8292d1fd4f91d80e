// Stretches of a text that have only some kinds of characters.

export const charactersOf = (characters: string): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (characters.includes(String.fromCharCode(byte)) ? 1 : 0))

/** Those of at least `shortest` characters. */
export function* runsOf(text: Buffer, characters: Uint8Array, shortest: number): Generator<string> {
  let done = 0
  // A run that is long enough covers one of these places.
  for (let at = shortest - 1; at < text.length; at += shortest) {
    if (characters[text[at] as number] === 0) continue
    let from = at
    while (from > done && characters[text[from - 1] as number] === 1) from--
    let to = at + 1
    while (to < text.length && characters[text[to] as number] === 1) to++
    if (to - from >= shortest) yield text.toString("latin1", from, to)
    done = to
    at = Math.max(at, to - (to % shortest) - 1)
  }
}
