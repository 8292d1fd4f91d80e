// Whether a sentence says something or denies it: "there is no SOCKS proxy" says of a proxy that there is none.

import { stemmer } from "stemmer"
import type { Match } from "./docs-phrases.ts"
import type { Word } from "./docs-words.ts"

const stems = (...words: string[]) => new Set(words.map(stemmer))

// How many words before the match such a word may stand.
const reaches: [Set<string>, number][] = [
  [new Set(["no", "without", "neither", "nor", "none", "nobody", "nothing", "never", "nowhere", "than", "instead"]), 6],
  [
    new Set(["not", "cannot", "cant", "isnt", "arent", "wasnt", "dont", "doesnt", "didnt", "wont", "mustnt", "unlike"]),
    3,
  ],
]
const removing = stems(
  "remove",
  "delete",
  "retire",
  "replace",
  "forbid",
  "refuse",
  "reject",
  "avoid",
  "abolish",
  "abandon",
)
for (const verb of stems("withdraw", "retract", "eliminate", "unset")) removing.add(verb)
const gone = new Set([
  ...removing,
  ...stems("gone", "obsolete", "unused", "unnecessary", "superfluous", "forbidden", "withdrawn"),
])
const negations = new Set(["not", "never", "neither", "nowhere", "isnt", "arent", "wasnt", "werent"])
// `not optional` and `not only` deny nothing, and what is `not in git` is there nevertheless.
const emphatic = new Set(["in", "optional", "only", "just", "merely", "negotiable", "yet"])
const turns = new Set(["but", "however", "yet", "although", "though", "because", "since"])

/** Whether the sentence takes back what the match says. `text` is the passage the words are of. */
export function denied(text: string, words: Word[], match: Match): boolean {
  if (match.within.some((index) => negations.has(words[index]?.word ?? "") || words[index]?.word === "no")) return true
  return deniedBefore(text, words, match) || deniedAfter(text, words, match)
}

function deniedBefore(text: string, words: Word[], { from }: Match): boolean {
  const before = clauseBefore(text, words, from)
  const negators = before.filter(({ word, distance }) =>
    reaches.some(([set, reach]) => set.has(word) && distance <= reach),
  )
  const nearest = negators[0]
  if (nearest !== undefined) {
    // `never … without a proxy` asks for one, and so does `not only`.
    const twice = before.some(({ word, distance }) => distance > nearest.distance && negating(word))
    const between = before.find(({ distance }) => distance === nearest.distance - 1)?.word ?? words[from]?.word ?? ""
    return !(nearest.word === "without" && twice) && !(nearest.word === "not" && emphatic.has(between))
  }
  return before.some(({ stem, distance }) => distance <= 4 && removing.has(stem))
}

const negating = (word: string) => word !== "without" && reaches.some(([set]) => set.has(word))

/** The words of the clause before the match, the nearest first. A comma ends it, but in a list that `or` closes. */
function clauseBefore(text: string, words: Word[], from: number): (Word & { distance: number })[] {
  const first = words[from]
  const clause: (Word & { distance: number })[] = []
  const listed = words.slice(Math.max(0, from - 8), from + 8).some(({ word }) => word === "or" || word === "nor")
  for (let index = from - 1; index >= 0; index--) {
    const [word, next] = [words[index], words[index + 1]]
    if (word === undefined || next === undefined || word.sentence !== first?.sentence || turns.has(word.word)) break
    const between = text.slice(word.end, next.start)
    if (/[;—–|]| - /.test(between) || (between.includes(",") && !listed)) break
    clause.push({ ...word, distance: from - index })
  }
  return clause
}

function deniedAfter(text: string, words: Word[], { to }: Match): boolean {
  const last = words[to - 1]
  for (let index = to; index < Math.min(words.length, to + 6); index++) {
    const [before, word, next] = [words[index - 1], words[index], words[index + 1]]
    if (word === undefined || before === undefined || word.sentence !== last?.sentence || turns.has(word.word))
      return false
    if (/[;—–,]| - /.test(text.slice(before.end, word.start))) return false
    if (gone.has(word.stem)) return !negations.has(before.word)
    if (word.word === "no" && next?.word === "longer") return true
    if (negations.has(word.word) && index < to + 3) {
      return !emphatic.has(next?.word ?? "") && !gone.has(next?.stem ?? "")
    }
  }
  return false
}
