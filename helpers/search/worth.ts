// How much of a secret is in some bytes: what decides whether they can be searched for by themselves.

const classes = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]
const classOf = (character: string) => classes.findIndex((pattern) => pattern.test(character))

/** Bits that one more character brings: after one of its own class, as in words and numbers, and after another. */
const within = [1.9, 1.9, 3.3, 2.5]
const across = [4.5, 4.5, 4, 3]

/**
 * An estimate, in bits, of how unlikely it is that these bytes are somewhere by chance. Letters that follow letters may
 * be words (but for the fourth consonant in a row) and digits that follow digits may be counted, so they bring less than their share; repetitions and sequences
 * bring next to nothing. Random base64 is taken for about 4 bits a character, English for about 2.
 */
export function worth(bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString("latin1")
  let bits = 0
  const seen = new Set<string>()
  let consonants = 0
  for (let at = 0; at < text.length; at++) {
    consonants = /[b-df-hj-np-tv-xz]/i.test(text[at] ?? "") ? consonants + 1 : 0
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1)
    const pair = text.slice(at - 1, at + 1)
    const kind = classOf(text[at] ?? "")
    const same = at > 0 && classOf(text[at - 1] ?? "") === kind
    if (Math.abs(step) <= 1 || (at > 0 && seen.has(pair))) bits += 0.5
    else bits += (same && consonants < 4 ? within : across)[kind] ?? 0
    if (at > 0) seen.add(pair)
  }
  return bits
}

/** What has this many bits is not met by chance in any amount of data that one searches. */
export const enough = { whole: 30, piece: 40, word: 25 }

/** In bytes and bits: what is searched for at least as a word of its own. */
export const asWord = { length: 6, bits: 17 }

/**
 * Could these bytes, an excerpt of a secret, stand in a file that has nothing to do with it? Addresses, dates, names and
 * paths could, however long they are: they are made of words. They are a secret only if one of their words is.
 */
export function isSecretByItself(bytes: Uint8Array): boolean {
  if (worth(bytes) < enough.piece) return false
  const text = Buffer.from(bytes).toString("latin1")
  if (!/^[\w.@:/?&=%, +-]*$/.test(text)) return true
  return text.split(/[^A-Za-z0-9]+/).some((word) => word.length >= 8 && worth(Buffer.from(word)) >= enough.word)
}
