// The second look at what a run wrote, before anything of it is published. It knows nothing of how the first one took
// secrets out, and reads instead of searching: whatever text can be read as is undone, and a secret's pieces are looked
// for in what comes out. It fails where reading fails, which is elsewhere.

import { blocksOf } from "./blocks.ts"
import { type Pieces, piecesOf, type Secret } from "./pieces.ts"
import { readings } from "./readings.ts"
import { views as everyView, type View } from "./views.ts"

/** Where a secret stands in what a run wrote: by name, and in which form; never its bytes or an excerpt. */
export interface Leak {
  /** Its name, or `notLookedAt`. */
  secret: string
  /** As it was given; "name of file 3" if it is the third one's name that holds a secret. */
  where: string
  /** "raw", "base64", "packed in base64", …: the shortest way in which it was met; or `notDecoded`. */
  form: string
  /** Why something was not decoded. */
  why?: string
}

/** Stands for a secret where something could not be read to its end: that is no clean text. */
export const notLookedAt = "(not looked at)"
export const notDecoded = "not fully decoded"

/**
 * Each secret that stands in a file or in its name, once for each of them. A secret is met by eight bytes of it, or by
 * as many more as it takes to be no chance and no word. What stands in an `allowed` text is not secret: public keys,
 * certificates, host names. Files are read one by one as they are asked for; of a large one a few MiB at a time.
 */
export function leaksIn(
  files: Iterable<[where: string, bytes: Uint8Array]>,
  secrets: Secret[],
  allowed: Uint8Array[] = [],
  views: readonly View[] = everyView,
): Leak[] {
  const pieces = piecesOf(secrets, allowed, views)
  const leaks: Leak[] = []
  let count = 0
  for (const [name, bytes] of files) {
    count++
    const named = `name of file ${count}`
    const inName = inText(Buffer.from(name), named, pieces, views)
    leaks.push(...inName)
    // A name that holds a secret is not said.
    leaks.push(...inText(bytes, inName.length === 0 ? name : named.replace("name of ", ""), pieces, views))
  }
  return leaks
}

/** The names of the secrets that are not looked for: too short, words, or public. Nothing found says nothing of them. */
export const notLookedFor = (secrets: Secret[], allowed: Uint8Array[] = []): string[] =>
  piecesOf(secrets, allowed, everyView).missing

const layersIn = (form: string) => form.split(" in ").length

function inText(bytes: Uint8Array, where: string, { windows }: Pieces, views: readonly View[]): Leak[] {
  const found = new Map<string, string>()
  const reasons = new Set<string>()
  const look = (read: Buffer, form: string) =>
    windows.search(read, (secret) => {
      const before = found.get(secret)
      if (before === undefined || layersIn(form) < layersIn(before)) found.set(secret, form)
    })
  for (const block of blocksOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))
    readings(block, views, look, (why) => reasons.add(why))
  return [
    ...[...found].map(([secret, form]) => ({ secret, where, form })),
    ...[...reasons].map((why) => ({ secret: notLookedAt, where, form: notDecoded, why })),
  ]
}
