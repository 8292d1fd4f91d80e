// Phrases as people write them in a target file, and where a passage has one.

import { plain, stemOf, type Word } from "./docs-words.ts"

/** What one place of a phrase takes: any of these words or short runs of words, by their stems. */
type Place = string[][]

export interface Phrase {
  source: string
  /** `gap` is up to {@link widest} words of the same sentence. */
  places: (Place | "gap")[]
}

/** A match, as numbers of words: the first, and the one after the last. */
export interface Match {
  from: number
  to: number
  /** Words that stand in its gaps, by number. */
  within: number[]
}

const widest = 12
const articles = new Set(["a", "an", "the", "its", "their", "our", "this", "that", "these", "those", "own", "very"])

/**
 * Words are matched by their stems, so that inflection, case, punctuation, hyphens and line breaks do not matter. `a|b` is
 * either, `a-b` a run, `=a` that very word, `...` up to twelve words. Articles between words count for nothing. Throws on a
 * phrase without a word.
 */
export function phraseOf(source: string): Phrase {
  const places = source
    .trim()
    .split(/\s+/)
    .map((part) => (/^(?:\.\.\.|…)$/.test(part) ? "gap" : part.split("|").map(stemsOf)))
  const broken = places.some((place) => place !== "gap" && place.some((stems) => stems.length === 0))
  if (broken || places[0] === "gap" || places.at(-1) === "gap") {
    throw new Error(`"${source}" is no phrase: words, a|b for either, ... between words for up to ${widest} others`)
  }
  return { source, places }
}

function stemsOf(text: string): string[] {
  const words = text.match(/=?[\p{L}\p{N}\p{M}'’ʼ]+/gu) ?? []
  return words.flatMap((word) => {
    const exact = word.startsWith("=")
    const letters = plain(word.replace("=", ""))
    return letters === "" ? [] : [exact ? `=${letters}` : stemOf(letters)]
  })
}

/** Every place in these words where the phrase begins; of several ends, the nearest. */
export function matchesOf({ places }: Phrase, words: Word[]): Match[] {
  const [first] = places
  // Most words begin no phrase, and to see that takes no more than the first place.
  return words.flatMap((word, from) => {
    if (first === undefined || first === "gap" || !begins(first, word)) return []
    const ended = matchFrom(places, words, from, [])
    return ended === undefined ? [] : [{ from, ...ended }]
  })
}

const begins = (place: Place, word: Word) => place.some(([stem]) => stem !== undefined && stands(stem, word))

const stands = (stem: string, word: Word) =>
  stem === word.stem || stem === word.joined || (stem.startsWith("=") && stem.slice(1) === word.word)

type Ended = Pick<Match, "to" | "within">

function matchFrom(places: (Place | "gap")[], words: Word[], at: number, within: number[]): Ended | undefined {
  const [place, ...rest] = places
  if (place === undefined) return { to: at, within }
  if (place === "gap") {
    const sentence = words[at - 1]?.sentence
    for (let skipped = 0; skipped <= widest; skipped++) {
      if (skipped > 0 && words[at + skipped - 1]?.sentence !== sentence) return undefined
      if (words[at + skipped]?.sentence !== sentence) return undefined
      const numbers = Array.from({ length: skipped }, (_, index) => at + index)
      const ended = matchFrom(rest, words, at + skipped, [...within, ...numbers])
      if (ended !== undefined) return ended
    }
    return undefined
  }
  for (const next of placedAt(place, words, at)) {
    const after = articlesAfter(words, next, rest)
    const ended = matchFrom(rest, words, after, within)
    if (ended !== undefined) return ended
  }
  return undefined
}

/** Where each of the runs that stand at a word ends. */
function placedAt(place: Place, words: Word[], at: number): number[] {
  return place.flatMap((stems) => endsOf(stems, words, at))
}

function endsOf([stem, ...rest]: string[], words: Word[], at: number): number[] {
  if (stem === undefined) return [at]
  const word = words[at]
  if (word === undefined) return []
  const alone = word.stem === stem || `=${word.word}` === stem
  const nexts = [...(alone ? [at + 1] : []), ...(word.joined === stem ? [at + 2] : [])]
  return nexts.flatMap((next) => endsOf(rest, words, next))
}

function articlesAfter(words: Word[], at: number, rest: (Place | "gap")[]): number {
  if (rest[0] === undefined || rest[0] === "gap") return at
  const isNext = placedAt(rest[0], words, at).length > 0
  return !isNext && articles.has(words[at]?.word ?? "") ? at + 1 : at
}
