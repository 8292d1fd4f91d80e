// Everything the redactor knows, by name: each entry is one way in which a secret is written, cut or recognised.

import { backslash, entity, percent, terminal } from "./escapes.ts"
import {
  base64,
  base64OfUtf16,
  base64Twice,
  decimal,
  type Encoder,
  hex,
  hexBetween,
  plusForSpace,
  raw,
  reversed,
  rot13,
  upperHex,
} from "./forms.ts"
import { assignment, encoded, json, lines, type Opener, pem, url } from "./leaves.ts"
import { packed } from "./packed.ts"
import {
  ageKey,
  assignments,
  authorization,
  cookies,
  jwt,
  type Pattern,
  privateKey,
  userinfo,
  vendorTokens,
} from "./patterns.ts"
import type { Reading } from "./squeezed.ts"

export interface Variant {
  name: string
  /** Takes what was registered apart. */
  opener?: Opener
  /** Writes a part of it as somebody may print it. */
  encoder?: Encoder
  /** Reads what is printed as if it were not escaped. */
  reading?: Reading
  /** Finds what nobody registered. */
  pattern?: Pattern
  /** Lets pieces of a secret count. */
  pieces?: true
  /** Reads escapes that are cut by the end of a line. */
  unwraps?: true
}

export const variants: Variant[] = [
  { name: "keys in PEM", opener: pem },
  { name: "strings in JSON", opener: json },
  { name: "lines", opener: lines },
  { name: "values of keys", opener: assignment },
  { name: "parts of URLs", opener: url },
  { name: "what base64 holds", opener: encoded },

  { name: "raw", encoder: raw },
  { name: "plus for space", encoder: plusForSpace },
  { name: "base64", encoder: base64 },
  { name: "base64 of UTF-16", encoder: base64OfUtf16 },
  { name: "base64 of base64", encoder: base64Twice },
  { name: "hex", encoder: hex },
  { name: "upper case hex", encoder: upperHex },
  { name: "hex with separators", encoder: hexBetween },
  { name: "decimal bytes", encoder: decimal },
  { name: "reversed", encoder: reversed },
  { name: "ROT13", encoder: rot13 },
  { name: "pieces", pieces: true },

  { name: "white space", reading: { without: charactersOf(/\s/) } },
  {
    name: "invisible characters",
    reading: { without: charactersOf(/(?!\s)(?:\p{Cc}|\p{Cf}|\u034f|[\ufe00-\ufe0f])/u) },
  },
  { name: "quotes", reading: { without: "\"'" } },
  { name: "base64url", reading: { same: ["-+", "_/"].map(([from = "", to = ""]) => [from, to]) } },
  { name: "terminal sequences", reading: { lead: "\x1b", escape: terminal } },
  { name: "backslash escapes", reading: { lead: "\\", escape: backslash } },
  { name: "percent escapes", reading: { lead: "%", escape: percent } },
  { name: "HTML entities", reading: { lead: "&", escape: entity } },
  { name: "escapes over two lines", unwraps: true },

  { name: "authorization", pattern: authorization },
  { name: "cookie", pattern: cookies },
  { name: "userinfo", pattern: userinfo },
  { name: "JWT", pattern: jwt },
  { name: "private key", pattern: privateKey },
  { name: "age key", pattern: ageKey },
  { name: "vendor token", pattern: vendorTokens },
  { name: "assigned secret", pattern: assignments },
  { name: "packed data", pattern: packed },
]

function charactersOf(pattern: RegExp): string {
  let all = ""
  for (let code = 0; code < 0x10000; code++) {
    const character = String.fromCharCode(code)
    if (pattern.test(character)) all += character
  }
  return all
}
