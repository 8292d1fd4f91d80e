// The words of a passage, so that a phrase is found however it is broken, cased, hyphenated or inflected.

import { stemmer } from "stemmer"
import type { Passage } from "./docs.ts"

export interface Word {
  /** Lower case, without accents and invisible characters. */
  word: string
  /** What its inflections share: `drop` of `dropped`, `infeas` of `infeasibility`. */
  stem: string
  /** The stem of this word and the next as one, where only a hyphen stands between them: `infeas-` `ible`. */
  joined?: string
  /** Offsets in the passage. */
  start: number
  end: number
  /** Number of its sentence in the passage. */
  sentence: number
}

export interface Sentence {
  start: number
  end: number
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" })
const abbreviated = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|incl|resp|no|st)\.\s*$/i

/** Where the sentences of a passage begin and end; a dot in a name or an abbreviation ends none. */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = []
  for (const { segment, index } of segmenter.segment(text)) {
    const last = sentences.at(-1)
    if (last !== undefined && abbreviated.test(text.slice(last.start, last.end))) last.end = index + segment.length
    else sentences.push({ start: index, end: index + segment.length })
  }
  return sentences
}

const wordPattern = /[\p{L}\p{N}\p{M}\u00AD\u200B-\u200D\u2060\uFEFF'’ʼ]+/gu
const invisible = /[\p{M}\u00AD\u200B-\u200D\u2060\uFEFF'’ʼ]/gu

/** A word as it is compared; empty for what has no letter or digit. */
export const plain = (word: string) => word.normalize("NFKD").replaceAll(invisible, "").toLowerCase()

const stems = new Map<string, string>()

/** What a word's inflections share. */
export function stemOf(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  const stem = stemmer(word)
  stems.set(word, stem)
  return stem
}

/** Every word of a passage, in order. */
export function wordsOf({ text }: Pick<Passage, "text">, sentences = sentencesOf(text)): Word[] {
  const words: Word[] = []
  let sentence = 0
  for (const { 0: found, index } of text.matchAll(wordPattern)) {
    const word = plain(found)
    if (word === "") continue
    while (index >= (sentences[sentence]?.end ?? Number.POSITIVE_INFINITY)) sentence++
    const before = words.at(-1)
    if (before !== undefined && /^[-‐‑]\s?$/.test(text.slice(before.end, index))) {
      before.joined = stemOf(before.word + word)
    }
    words.push({ word, stem: stemOf(word), start: index, end: index + found.length, sentence })
  }
  return words
}
