// The pieces of the secrets that are looked for: each is enough to say that a secret stands there.

import { isPhrase, type Part, partsOf, phrasePiece, randomPiece } from "./parts.ts"
import { publicTexts } from "./public-texts.ts"
import { readings } from "./readings.ts"
import { squeezed } from "./squeezed.ts"
import type { View } from "./views.ts"
import { Windows, width } from "./windows.ts"

export interface Secret {
  name: string
  bytes: Uint8Array
}

interface Named extends Part {
  secret: string
}

/** What is looked for, by the names of the secrets; and the names of those of which nothing is. */
export interface Pieces {
  windows: Windows<string>
  missing: string[]
}

/** `allowed` are texts that anybody may read: what of a secret stands in one is none. */
export function piecesOf(secrets: Secret[], allowed: Uint8Array[], views: readonly View[]): Pieces {
  const parts = secrets.flatMap(({ name, bytes }) =>
    partsOf(bytes).flatMap((part) => spellings(part).map((spelled) => ({ ...spelled, secret: name }))),
  )
  const open = textOf([...publicTexts, ...allowed])
  const random = withoutPublic(parts, open, views).flatMap(({ secret, bytes }) =>
    piecesFrom(secret, bytes, randomPiece),
  )
  const phrases = parts
    .filter(({ bytes, phrase }) => phrase && isPhrase(bytes) && piecesFrom("", bytes, randomPiece).length === 0)
    .flatMap(({ secret, bytes }) => piecesFrom(secret, bytes, phrasePiece))
  const known = new Set<Buffer>()
  const windows = new Windows(phrases.map(({ bytes }) => ({ bytes, value: bytes })))
  if (phrases.length > 0) readings(open, views, (read) => windows.search(read, (bytes) => known.add(bytes)), ignored)
  const pieces = [...random, ...phrases.filter(({ bytes }) => !known.has(bytes))]
  const found = new Set(pieces.map(({ value }) => value))
  return { windows: new Windows(pieces), missing: secrets.map(({ name }) => name).filter((name) => !found.has(name)) }
}

const ignored = () => {}

/** One text of all, with something between them that is part of none. */
const textOf = (texts: Uint8Array[]) => Buffer.concat(texts.flatMap((text) => [text, Buffer.from([0xff, 0xff])]))

function piecesFrom(secret: string, bytes: Buffer, pieceAt: typeof phrasePiece): { bytes: Buffer; value: string }[] {
  const pieces: { bytes: Buffer; value: string }[] = []
  for (let from = 0; from + width <= bytes.length; from++) {
    const to = pieceAt(bytes, from)
    if (to !== undefined) pieces.push({ bytes: bytes.subarray(from, to), value: secret })
  }
  return pieces
}

/** The same characters, as other programs write them. */
function spellings({ bytes, phrase }: Part): Part[] {
  const text = bytes.toString()
  const isText = Buffer.from(text).equals(bytes)
  const others = isText ? [text.normalize("NFC"), text.normalize("NFD")].map((other) => Buffer.from(other)) : []
  const latin1 = isText && /^[\0-\xff]*$/.test(text) ? [Buffer.from(text, "latin1")] : []
  const all = [bytes, ...others, ...latin1].flatMap((spelled) => [spelled, squeezed(spelled)])
  const different = new Map(all.map((spelled) => [spelled.toString("latin1"), spelled]))
  return [...different.values()].map((spelled) => ({ bytes: spelled, phrase }))
}

/** What is left of parts when what stands in public texts is cut out of them. */
function withoutPublic(parts: Named[], text: Buffer, views: readonly View[]): Named[] {
  const open = parts.map(({ bytes }) => new Uint8Array(bytes.length))
  const every = parts.flatMap(({ bytes }, part) =>
    Array.from({ length: Math.max(0, bytes.length - width + 1) }, (_, at) => ({
      bytes: bytes.subarray(at, at + width),
      value: { part, at },
    })),
  )
  const windows = new Windows(every)
  const mark = (read: Buffer) => windows.search(read, ({ part, at }) => open[part]?.fill(1, at, at + width))
  readings(text, views, mark, ignored)
  return parts.flatMap((part, index) => closedStretches(part, open[index] ?? new Uint8Array()))
}

function closedStretches(part: Named, open: Uint8Array): Named[] {
  const stretches: Named[] = []
  for (let from = open.indexOf(0); from >= 0; ) {
    const next = open.indexOf(1, from)
    const to = next < 0 ? open.length : next
    stretches.push({ ...part, bytes: part.bytes.subarray(from, to) })
    from = open.indexOf(0, to)
  }
  return stretches
}
