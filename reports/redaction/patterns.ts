// Secrets that nobody registered, known by how they look or by what stands before them.

import { isCommon, looksRandom } from "./randomness.ts"

/** Where in a text something is to be hidden. */
export interface Passage {
  from: number
  to: number
  /** What is shown instead, if it is not a number of the kind. */
  shown?: string
}

export interface Pattern {
  /** What it begins with. Four characters of each count. */
  anchors: string[]
  /** What is to be hidden if the pattern, and not only its anchor, is here. */
  at(text: string, index: number): Passage[]
}

const placeholder =
  /^(?:\$|<|\{|\(|\[|%|\*{3}|x{6}|ENC\[|REDACTED|\.{3}|(?:pass(?:word)?|secret|token|changeme|null|none|undefined|true|false)$)/i

/** The match of a sticky pattern, or its last group if it has one and it is no placeholder. */
function matching(pattern: RegExp, counts: (secret: string) => boolean = () => true): Pattern["at"] {
  return (text, index) => {
    pattern.lastIndex = index
    const match = pattern.exec(text)
    const secret = match?.at(-1) ?? ""
    if (match === null || placeholder.test(secret) || !counts(secret)) return []
    const to = index + match[0].length
    return [{ from: to - secret.length, to }]
  }
}

const letters = "abcdefghijklmnopqrstuvwxyz"
const alphanumeric = [...letters, ...letters.toUpperCase(), ..."0123456789"]
/** As it is written in names, in headers and in the environment. */
const cases = (words: string) =>
  words.split(" ").flatMap((word) => [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)])

const quotes = String.raw`["'\\]{0,8}`
const between = String.raw`${quotes}\s{0,4}[:=]\s{0,4}${quotes}`

const headers = [
  matching(
    new RegExp(
      String.raw`authorization${between}(?:basic|bearer|token|negotiate|apikey)\s+["']?([^\s"'\\,;<>]{6,})`,
      "iy",
    ),
    (secret) => !/^[a-z]{1,12}$/.test(secret),
  ),
  matching(new RegExp(String.raw`authorization${between}digest\s+([^\r\n]{8,600})`, "iy")),
  matching(new RegExp(String.raw`authorization${between}([^\s"'\\,;<>(){}]{8,})`, "iy"), looksRandom),
  matching(/(?<!\w)bearer\s+([\w.~+/=-]{8,})/iy, looksRandom),
  matching(
    new RegExp(
      String.raw`x-(?:api-key|auth-token|access-token|gitea-token|vault-token)${between}([^\s"'\\,;<>]{8,})`,
      "iy",
    ),
  ),
]

export const authorization: Pattern = {
  anchors: cases("auth bearer x-api x-auth x-access x-gitea x-vault X-Api X-Auth X-Access X-Gitea X-Vault"),
  at: (text, index) => headers.flatMap((at) => at(text, index)),
}

const cookieAttributes = /^(?:path|expires|max-age|domain|samesite|version|priority)$/i

const cookieHeader = /cookie["'\\]{0,8}\s{0,4}:\s{0,4}["'\\]{0,8}([^\r\n"'\\]+)/iy

export const cookies: Pattern = {
  anchors: cases("cookie"),
  at: (text, index) => {
    cookieHeader.lastIndex = index
    const [header = "", pairs = ""] = cookieHeader.exec(text) ?? []
    const start = index + header.length - pairs.length
    return [...pairs.matchAll(/([^=;,\s]+)=([^;,\s]{8,})/g)].flatMap(
      ({ 0: pair, 1: name = "", 2: value = "", index: at }) => {
        if (cookieAttributes.test(name) || placeholder.test(value)) return []
        return [{ from: start + at + pair.length - value.length, to: start + at + pair.length }]
      },
    )
  },
}

export const userinfo: Pattern = {
  anchors: alphanumeric.map((letter) => `${letter}://`),
  at: matching(/[a-z0-9]:\/\/[^\s/@:"'<>\\]{0,200}:([^\s/"'<>]{1,400})(?=@)/iy),
}

export const jwt: Pattern = {
  anchors: alphanumeric.map((letter) => `eyJ${letter}`),
  at: matching(/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]+)*/y),
}

const armour = /(?<=-----)BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/y
// What may stand around a key's lines: white space, escaped line ends, quotes, and the marks of diffs and quotations.
const inArmour =
  /^(?:(?:\s|\\+[nr]|["',|>+#]|-(?!----)|\[REDACTED:[^\]]*\]|[A-Z][\w-]*: [^\n\\]*)*([A-Za-z0-9+/=]{16,}))(?:\s|\\+[nr]|["',|>+#]|-(?!----)|[A-Za-z0-9+/=](?![a-z]{1,20} ))*/

/** The body of a key, whether or not its end was kept. */
export const privateKey: Pattern = {
  anchors: ["BEGIN"],
  at: (text, index) => {
    armour.lastIndex = index
    const [begin] = armour.exec(text) ?? []
    if (begin === undefined) return []
    const from = index + begin.length
    const body = text.slice(from, from + 20_000)
    const [run = "", first = ""] = inArmour.exec(body) ?? []
    // It may be a word on such keys, and the path of one.
    if (!/[A-Z]/.test(first) || !/[a-z]/.test(first) || first.startsWith("/")) return []
    const end = body.search(/-----(?:END|BEGIN)/)
    const inside = end >= 0 && /^[^{}]*$/.test(body.slice(0, end)) ? body.slice(0, end) : run
    const shown = inside.replace(/^(?:\s|\\+[nr]|["',|>+-])+/, "")
    const start = from + inside.length - shown.length
    const to = start + shown.replace(/(?:\s|\\+[nr]|["',|>+-])+$/, "").length
    return shown.startsWith("[REDACTED:") ? [] : [{ from: start, to }]
  },
}

export const ageKey: Pattern = {
  anchors: ["AGE-SECRET-KEY-"],
  at: matching(/AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{8,}/y),
}

const vendors = [
  /gh[pousr]_[A-Za-z0-9]{16,}/,
  /github_pat_\w{16,}/,
  /gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{16,}/,
  /xox[abeoprs]-[\w-]{10,}/,
  /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
  /SG\.[\w-]{16,}\.[\w-]{16,}/,
  /[srp]k_(?:live|test)_\w{16,}/,
  /npm_[A-Za-z0-9]{30,}/,
  /AIza[\w-]{35}/,
  /dckr_(?:pat|oat)_[\w-]{16,}/,
  /hv[sb]\.[\w-]{20,}/,
  /pypi-[\w-]{30,}/,
  /sk-(?:ant|proj)-[\w-]{20,}/,
  /do[opr]_v1_[a-f0-9]{32,}/,
]

export const vendorTokens: Pattern = {
  anchors: [
    ..."ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent-".split(" "),
    ..."xoxa xoxb xoxe xoxo xoxp xoxr xoxs AKIA ASIA sk_live rk_live pk_live sk_test rk_test pk_test".split(" "),
    ..."npm_ AIza dckr_ hvs. hvb. pypi- sk-ant- sk-proj- doo_v1 dop_v1 dor_v1".split(" "),
    ...[...alphanumeric, "-", "_"].map((letter) => `SG.${letter}`),
  ],
  at: matching(new RegExp(`(?<![A-Za-z0-9])(?:${vendors.map(({ source }) => source).join("|")})`, "y")),
}

const telling = /secret|passw(?:or)?d|passphrase|passwd|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|pwd/
  .source
// What a name ends in if it says something about a secret, and not the secret.
const about =
  /(?:^s|ids?|names?|paths?|files?|dirs?|urls?|uris?|types?|revs?|revision|commit|hash(?:es)?|digests?|sha\d*|fingerprint|version|ref|store|recipients?|count|size|mode|owner|expires?|ttl|at|by|on|helpers?|length|source|target)$/i
const assigned = new RegExp(String.raw`(?:${telling})([\w.-]{0,40})["'\\]{0,8}\s{0,4}(?::=|=>|[:=>])\s{0,4}`, "iy")
const asOption = new RegExp(String.raw`(?<=--[\w-]{0,40})(?:${telling})([\w-]{0,40}) +`, "iy")
const values = [
  /"((?:[^"\\\n]|\\.){1,4000})"/y,
  /\\{1,16}["'](.{1,4000}?)(?=\\+["'])/y,
  /'([^'\n]{1,4000})'/y,
  /([^\s"',;&<>\\]{1,4000})/y,
]

function valueAt(text: string, at: number): [from: number, to: number] | undefined {
  for (const pattern of values) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    const value = match?.at(-1)
    if (match === null || value === undefined) continue
    const from = at + match[0].indexOf(value)
    return [from, from + value.length]
  }
  return undefined
}

const publicValue = /^(?:ssh-|ecdsa-|sk-|age1|sha\d+[-:]|ENC\[|\/nix\/store\/|-----BEGIN)/i

// A call, a template, the name of a variable or of a type: code tells where a secret comes from.
const code = /^[\w$.?!]*[({[`]|\$[{(]|=\$/
const inNames = /[A-Z]?[a-z]{2,}|[A-Z]{2,5}|[0-9]{1,2}|[.?),]/g
const isCode = (value: string) => code.test(value) || value.replace(inNames, "") === ""

/** Is this what a name that tells of a secret is given, and not how it is called or where it is? */
const isSecretValue = (value: string) =>
  value.length >= 8 &&
  !placeholder.test(value) &&
  !publicValue.test(value) &&
  !value.includes("[REDACTED:") &&
  !isCode(value) &&
  !isCommon(value) &&
  looksRandom(value)

const tellingName = new RegExp(`(?:${telling})|authorization|cookie`, "i")

/** Does a key of this name say what its value is? */
export const isTelling = (name: string) => tellingName.test(name)

export const assignments: Pattern = {
  anchors: [
    ...cases("secret pass token cred api- api_ apik access- access_ accesskey private- private_ privatekey"),
    ...["apiK", "ApiK"],
    ...[..."=:>\"'\\ "].flatMap((after) => ["pwd", "PWD", "Pwd"].map((name) => name + after)),
  ],
  at: (text, index) =>
    [assigned, asOption].flatMap((pattern) => {
      pattern.lastIndex = index
      const [name, rest = ""] = pattern.exec(text) ?? []
      if (name === undefined || about.test(rest)) return []
      const [from, to] = valueAt(text, index + name.length) ?? [0, 0]
      return isSecretValue(text.slice(from, to)) ? [{ from, to }] : []
    }),
}
