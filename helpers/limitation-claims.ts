// Where documents claim a limitation: that something about reproducing the machine cannot be had.

import { type Parsed, parseDocument } from "./docs.ts"
import { saidIn, told } from "./docs-statements.ts"

export interface LimitationClaims {
  /** Sentences that claim one. */
  claimed: string[]
  /** Those of them that give a reason which the plan rules out. */
  blaming: string[]
}

// Not `limited`, which has the same stem and is said of memory.
const limitation = "=limitation|=limitations"
const reproducing = "d8|rebuild|reproduce|reproducibility|clean-room|throwaway"

const claim = [
  {
    says: "a limitation",
    any: [
      `accepted|signed|sign-off|narrow|scoped|adversary ... ${limitation}`,
      `${limitation} ... ${reproducing}`,
      `${reproducing} ... ${limitation}`,
      `${limitation} c1|c2|c3|c4|c5|c6|c7`,
      "not|cannot|can't be reproduced|rebuilt ... because|since|due",
    ],
  },
]
const reasons = [
  {
    says: "the host key",
    any: ["host key|keys", "host-key binding", "ssh host|key", "sops ... binding|bound", "bound to host"],
  },
  { says: "DNS or the certificate", any: ["dns", "certificate|cert", "gandi", "acme|letsencrypt"] },
]

/** Every sentence of the documents that claims a limitation now. */
export function limitationClaims(documents: Parsed[]): LimitationClaims {
  const claims: LimitationClaims = { claimed: [], blaming: [] }
  for (const document of documents) {
    for (const found of saidIn(document, claim).said) {
      claims.claimed.push(told(found))
      // The reason may stand in the sentence after; why it is given does not matter, nor whether it is denied.
      const around = document.passages.filter(({ lines }) => lines.includes(found.line))
      const { said, excused } = saidIn({ path: document.path, passages: around }, reasons)
      for (const { says } of [...said, ...excused].slice(0, 1)) claims.blaming.push(`${told(found)} [${says}]`)
    }
  }
  return claims
}

/** Which of the reasons that the plan rules out stand in a limitation's own words, denied or not. */
export function ruledOutIn(reason: string): string[] {
  const { said, excused } = saidIn(parseDocument(reason, "the reason"), reasons)
  return [...new Set([...said, ...excused].map(({ says }) => says))]
}
