// What the evidence of D8 says: the closure and the machine that it names, and whether it names both halves.

import type { Parsed, Passage } from "./docs.ts"
import { halves } from "./docs-defaults.ts"
import { ownWords, saidIn, told } from "./docs-statements.ts"

export interface D8Evidence {
  /** Lines of the sections with that heading. */
  sections: number[]
  /** Sentences that speak of the static half, and of the dynamic one. */
  static: string[]
  dynamic: string[]
  /** System paths of the Nix store that it names, each once. */
  systems: string[]
  /** Ids (uuid) that it names, each once. */
  uuids: string[]
}

/** Reads the section; what it says of the past, and what it quotes, it does not say. Code counts, for paths stand there. */
export function d8EvidenceIn(document: Parsed, heading: string): D8Evidence {
  const same = (text: string) => text.trim().toLowerCase() === heading.trim().toLowerCase()
  const sections = document.headings.filter(({ text }) => same(text)).map(({ line }) => line)
  const own = document.passages.filter(
    ({ under, history, quoted }) => history === undefined && !quoted && under.some(({ text }) => same(text)),
  )
  const saying = (says: string, any: string[]) =>
    saidIn({ path: document.path, passages: ownWords(own) }, [{ says, any }]).said.map(told)
  return {
    sections,
    static: saying("static half", halves.static),
    dynamic: saying("dynamic half", halves.dynamic),
    systems: namesIn(own, /\/nix\/store\/[0-9a-z]{32}-[0-9A-Za-z+._?=-]*[0-9A-Za-z+_?=-]/g),
    uuids: namesIn(own, /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi).map((id) =>
      id.toLowerCase(),
    ),
  }
}

const namesIn = (passages: Passage[], pattern: RegExp) => [
  ...new Set(passages.flatMap(({ text }) => text.match(pattern) ?? [])),
]
