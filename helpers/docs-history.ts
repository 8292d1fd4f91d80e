// What tells of the past: "the Pi was retired" is history, and so is a section that is marked as such.

const months = "january|february|march|april|may|june|july|august|september|october|november|december"

const historic = /\b(?:histor(?:y|ical)|archived?|superseded|obsolete|deprecated|retired|changelog|former(?:ly)?)\b/i
const pastColumn = /^(?:old|before|formerly|previous(?:ly)?|removed|retired|was|then)\b/i
const aboutItself =
  /^(?:note:?\s+)?(?:this|the (?:following|whole))\s+(?:section|document|page|file|plan|entry|part)?\s*(?:is|was|are)\b.*\b(?:histor(?:y|ic|ical)|superseded|obsolete|archived|out of date|for the record|no longer (?:current|valid|applies))\b/i
const begins = /^(?:status:.*\b)?(?:historical|superseded|archived|obsolete|deprecated)\b/i

/** A heading, or the title of a column, over what was so once. */
export const isHistoricHeading = (text: string): boolean => historic.test(text) || pastColumn.test(text.trim())

/** A note under a heading that says of the whole section that it is history. It is short; an essay marks nothing. */
export const isHistoricNote = (text: string): boolean =>
  text.split(/\s+/).length <= 40 && (aboutItself.test(text.trim()) || begins.test(text.trim()))

/** A line of front matter that says so of the whole document. */
export const isHistoricStatus = (line: string): boolean =>
  /^\s*(?:status|state|historical|archived|superseded[\w-]*)\s*[:=]\s*["']?(?:true|yes|historical|superseded|archived|obsolete|retired|\S+\.md)\b/i.test(
    line,
  )

const plainly = new RegExp(
  String.raw`\b(?:used to|no longer|formerly|previously|in the past|historical(?:ly)?|retired|decommissioned|superseded|abandoned|back then|at the time|originally|once (?:was|were|had)|prior to|until (?:then|recently|\d{4}|phase|${months})|(?:before|until) (?:the )?(?:migration|move|phase|refactor|split)\b)`,
  "i",
)
const past = /\b(?:was|were|had|did|became|ran|went|held)\b/i
// `a VM that was created blank`: what is said of the VM is not past.
const relative = /\b(?:that|which|who|as)\s+(?:\w+\s+){0,2}?(?:was|were|had|did)\b/gi
const present =
  /\b(?:is|are|am|must|should|shall|will|needs?|has|have|can|may|does?|remains?|still|today|now|currently?|always|every)\b/i
const conditional = /^\W*(?:if|when|once|after|before|unless|until|as soon as)\b/i

/** Whether a clause tells only of what was: by a word that says so, or by being in the past and in nothing else. */
export function tellsOfThePast(clause: string): boolean {
  if (/\b(?:still|again)\b/i.test(clause)) return false
  if (plainly.test(clause)) return true
  const main = clause.replaceAll(relative, "")
  return past.test(main) && !present.test(main) && !conditional.test(clause)
}
