// How what stands in JSON, in a URL or in quotes is spelled there: what packs or escapes the whole does it letter by
// letter, backslashes and percent signs included.

/** A text in which another is spelled, and where each unit of the other begins there; behind them, where the last ends. */
export interface Spelling {
  text: string
  at: number[]
}

export interface Spelled {
  text: string
  at: ArrayLike<number>
}

/** The text as it is spelled in each of these, where that is not the same. */
export const spelledIn = (spellings: Spelling[]): string[] =>
  spellings.map(({ text, at }) => text.slice(at[0], at.at(-1)))

/** Of what stands there as it is. */
export const inOrder = (text: string, from: number) =>
  Int32Array.from({ length: text.length + 1 }, (_, at) => from + at)

/** Of a text, one token after another, what each says and where it begins. */
function read(text: string, from: number, tokens: RegExp, says: (token: string) => string): Spelled {
  const at: number[] = []
  let said = ""
  for (const { 0: token, index } of text.matchAll(tokens)) {
    const meaning = says(token)
    said += meaning
    for (let unit = 0; unit < meaning.length; unit++) at.push(from + index)
  }
  return { text: said, at: [...at, from + text.length] }
}

/** What stands between the quotes of a string of JSON, which begins at `from`. */
export const jsonSpelling = (text: string, from: number): Spelled =>
  read(text, from, /\\u[0-9a-fA-F]{4}|\\.|[^\\]/g, (token) => JSON.parse(`"${token}"`))

/** A part of a URL, as it is and as it is meant. */
export function urlSpelling(text: string, from: number): Spelled[] {
  const spelled = { text, at: inOrder(text, from) }
  if (!text.includes("%")) return [spelled]
  try {
    const meant = read(text, from, /(?:%[0-7].|%[c-d].%..|%e.(?:%..){2}|%f.(?:%..){3}|[^%])/gi, decodeURIComponent)
    return meant.text === decodeURIComponent(text) ? [spelled, meant] : [spelled]
  } catch {
    return [spelled]
  }
}

/** A value without its quotes, as it is and as a shell, JSON or YAML means it. */
export function unquoted(text: string, from: number): Spelled[] {
  const [, quote, inside = text] = /^(["'])(.*)\1[,;]?$/.exec(text) ?? []
  const start = from + (quote === undefined ? 0 : 1)
  const spelled = { text: inside, at: inOrder(inside, start) }
  const escapes = quote === '"' ? /\\["\\$`/]|[\s\S]/g : /'\\''|'"'"'|''|[\s\S]/g
  if (quote === undefined) return [spelled]
  const meant = read(inside, start, escapes, (token) =>
    token.length === 1 ? token : quote === '"' ? token.slice(1) : "'",
  )
  return meant.text === inside ? [spelled] : [spelled, meant]
}
