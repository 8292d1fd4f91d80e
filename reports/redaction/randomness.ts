// Which characters of a text nobody would write by chance. Words, numbers, paths, names and dates stand in evidence for
// reasons of their own: what they share with a secret must not hide them.

/** Bits that a character brings after one of its own kind, as in words and numbers, and after one of another. */
const within = { letter: 1.9, digit: 3.2, other: 3 }
const across = 4.3

/** Per character and in all: what words and numbers do not reach. */
const enough = { each: 2.6, all: 24 }

/** What a passage that is hidden by itself has, at least, of characters that are random. */
export const randomEnough = 5

const [lower, upper, digit, other, start] = [0, 1, 2, 3, 4]
const bitsWithin = [within.letter, within.letter, within.digit, within.other]

const ofAscii = (says: (character: string) => number) =>
  Uint8Array.from({ length: 128 }, (_, code) => says(String.fromCharCode(code)))
const kinds = ofAscii((character) =>
  /[a-z]/.test(character) ? lower : /[A-Z]/.test(character) ? upper : /[0-9]/.test(character) ? digit : other,
)
const consonant = ofAscii((character) => (/[b-df-hj-np-tv-xz]/i.test(character) ? 1 : 0))

function bitsOf(segment: string): number {
  let bits = 0
  let consonants = 0
  let before = start
  let last = Number.NaN
  for (let at = 0; at < segment.length; at++) {
    const code = segment.charCodeAt(at)
    const kind = kinds[code] ?? other
    consonants = consonant[code] === 1 ? consonants + 1 : 0
    const capitalised = at === 1 && before === upper && kind === lower
    if (Math.abs(code - last) <= 1) bits += 0.5
    else if ((kind !== before && !capitalised) || consonants > 3) bits += across
    else bits += bitsWithin[kind] ?? 0
    before = kind
    last = code
  }
  return bits
}

/** UUIDs and keys in hex: their digits and letters may stand as in words and numbers, for there are few of them. */
const hexadecimal =
  /(?<![\w-])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*[0-9])(?=[0-9]*[a-f])(?:[0-9a-f]{24,}|[0-9A-F]{24,}))(?![\w-])/g

/**
 * One byte per UTF-16 unit: 1 where it is random. Parts between separators are random if they are too mixed for a word,
 * and, with their neighbours, too long for an abbreviation or a version.
 */
export function randomness(text: string): Uint8Array {
  const random = new Uint8Array(text.length)
  let group: { from: number; to: number }[] = []
  let bits = 0
  const settle = () => {
    if (bits >= enough.all) for (const { from, to } of group) random.fill(1, from, to)
    group = []
    bits = 0
  }
  for (const { 0: segment, index } of text.matchAll(/[^\s_./:@=,?%-]+/g)) {
    const own = bitsOf(segment)
    // A number is a year, a port or part of a date, unless it is long; among random neighbours it is passed over.
    if (/^[0-9]{1,6}$/.test(segment)) continue
    if (own / segment.length < enough.each) settle()
    else {
      group.push({ from: index, to: index + segment.length })
      bits += own
    }
  }
  settle()
  for (const { 0: run, index } of text.matchAll(hexadecimal)) random.fill(1, index, index + run.length)
  for (let at = 1; at < text.length; at++) if (text[at] === text[at - 1]) random[at] = 0
  return random
}

/** How many of these are random. */
export const countRandom = (random: Uint8Array, from = 0, to = random.length) => {
  let count = 0
  for (let at = from; at < to; at++) count += random[at] ?? 0
  return count
}

export const looksRandom = (text: string) => countRandom(randomness(text)) >= randomEnough

const common = [
  /^[a-z]+[0-9]{0,4}$/i, // a word, perhaps numbered
  /^[\d\s.,:/TZ+-]+$/, // a number, a date, an address
  /^(?:~|\.{0,2})\/[\w./@+-]*$/, // a path
  /^[\w.-]+(?:\/[\w.-]+)+$/, // a path, an image, a repo
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?\.?$/i, // a host
  /^[\w.+-]+@[\w.-]+$/, // a mail address
  /^[a-z][a-z0-9+.-]*:\/\/[^\s@]*$/i, // a URL without a password
  /^(?:mon|tue|wed|thu|fri|sat|sun)\w*,? [\w :,+-]+$/i, // a date in words
]

/** Can this stand anywhere for no reason that has to do with a secret? */
export const isCommon = (text: string) => text.length < 1000 && common.some((pattern) => pattern.test(text.trim()))
