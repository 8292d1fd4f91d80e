// Statements, and the sentences that make them: what a document says now, told apart from history, denials and quotes.

import type { Parsed, Passage } from "./docs.ts"
import { denied } from "./docs-denials.ts"
import { tellsOfThePast } from "./docs-history.ts"
import { type Match, matchesOf, type Phrase, phraseOf } from "./docs-phrases.ts"
import { type Sentence, sentencesOf, type Word, wordsOf } from "./docs-words.ts"

/** As the target file has it. */
export interface Statement {
  /** What it says, in short: it names the statement in findings. */
  says: string
  /** Phrases, each of which says it. */
  any: string[]
  /** Phrases that, in the same sentence, make it say something else. */
  unless?: string[] | undefined
}

export interface Found {
  path: string
  /** Where the words begin, from 1. */
  line: number
  says: string
  /** The whole sentence, shortened, and without what looks like a key or token. */
  sentence: string
}

export interface Searched {
  /** Sentences that say it. */
  said: Found[]
  /** Sentences that have its words and do not say it, and why. */
  excused: (Found & { because: string })[]
}

/** Every sentence of a document with the words of a statement. Each sentence counts once for each statement. */
export function saidIn({ path, passages }: Pick<Parsed, "path" | "passages">, statements: Statement[]): Searched {
  const searched: Searched = { said: [], excused: [] }
  const phrases = statements.map(({ says, any, unless = [] }) => {
    return { says, any: any.map(phraseOf), unless: unless.map(phraseOf) }
  })
  for (const passage of passages) {
    const sentences = sentencesOf(passage.text)
    const words = wordsOf(passage, sentences)
    for (const { says, any, unless } of phrases) {
      const seen = new Set<number>()
      for (const match of any.flatMap((phrase) => matchesOf(phrase, words))) {
        const first = words[match.from]
        if (first === undefined) continue
        const found = {
          path,
          line: passage.lines[first.start] ?? 0,
          says,
          sentence: shown(passage, words, match, sentences),
        }
        const because = excuse(passage, words, match, sentences, unless)
        if (because !== undefined) searched.excused.push({ ...found, because })
        else if (!seen.has(first.sentence)) searched.said.push(found)
        if (because === undefined) seen.add(first.sentence)
      }
    }
  }
  return searched
}

/** Passages in which a document speaks for itself: no quotes, no code. What it must say, it must say there. */
export const ownWords = (passages: Passage[]): Passage[] =>
  passages.filter(({ kind, quoted }) => !quoted && kind !== "code" && kind !== "front matter")

/** `PATH:LINE says WHAT: SENTENCE`, as it stands in evidence. */
export const told = ({ path, line, says, sentence }: Found): string => `${path}:${line}: ${says}: ${sentence}`

function excuse(
  passage: Passage,
  words: Word[],
  match: Match,
  sentences: Sentence[],
  unless: Phrase[],
): string | undefined {
  if (passage.history !== undefined) return `history: ${passage.history}`
  const clause = clauseOf(passage.text, words, match, sentences)
  if (passage.kind !== "code" && tellsOfThePast(clause)) return "history: it tells of the past"
  if (denied(passage.text, words, match)) return "it denies it"
  const own = words.filter(({ sentence }) => sentence === words[match.from]?.sentence)
  const other = unless.find((phrase) => matchesOf(phrase, own).length > 0)
  return other === undefined ? undefined : `it says "${other.source}"`
}

/** The part of the sentence around the match, between what turns a sentence round. */
function clauseOf(text: string, words: Word[], match: Match, sentences: Sentence[]): string {
  const { start, end } = extent(words, match)
  const { from, to } = whole(sentences, words, match)
  const turn = /[;—–|]| - |\b(?:but|however|yet|although|though)\b/gi
  const turns = [...text.slice(from, to).matchAll(turn)].map(({ index, 0: mark }) => [
    from + index,
    from + index + mark.length,
  ])
  const begin = turns.filter(([, after = 0]) => after <= start).at(-1)?.[1] ?? from
  const stop = turns.find(([before = 0]) => before >= end)?.[0] ?? to
  return text.slice(begin, stop)
}

const extent = (words: Word[], { from, to }: Match) => ({
  start: words[from]?.start ?? 0,
  end: words[to - 1]?.end ?? 0,
})

const whole = (sentences: Sentence[], words: Word[], { from, to }: Match) => ({
  from: sentences[words[from]?.sentence ?? 0]?.start ?? 0,
  to: sentences[words[to - 1]?.sentence ?? 0]?.end ?? 0,
})

function shown({ text }: Passage, words: Word[], match: Match, sentences: Sentence[]): string {
  const { from, to } = whole(sentences, words, match)
  const [begin, end] = [Math.max(from, extent(words, match).start - 120), Math.min(to, extent(words, match).end + 120)]
  const cut = `${begin > from ? "…" : ""}${text.slice(begin, end).trim()}${end < to ? "…" : ""}`
  // A document may hold what it should not; a path or a link is no secret.
  return cut.replaceAll(/[A-Za-z0-9+_=-]{24,}/g, (run) => (/\d/.test(run) ? `[${run.length} characters]` : run))
}
