// Base64 and base64url undone wherever they may be. Where an encoding begins is not known, so that each run of their
// characters is read from each of its first four on.

const gap = 0xff
const values = new Int8Array(256).fill(-1)
for (const [value, character] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].entries())
  values[character.charCodeAt(0)] = value
values["-".charCodeAt(0)] = 62
values["_".charCodeAt(0)] = 63

// Eight bytes take eleven characters.
const shortest = 11
// Most of a text is words, where capitals are far apart; two of five characters of base64 are capitals, whatever it
// stands for. Runs are read around capitals that are this close, and as far on either side; short ones as a whole.
const close = 16
const around = 32
const short = 24

const kinds = Uint8Array.from(values, (value) => (value < 0 ? 0 : value < 26 ? 2 : 1))

/** What the runs of a text stand for: a buffer for each of the four beginnings. */
export function base64(text: Buffer): Buffer[] {
  const segments = segmentsOf(text)
  if (segments.length === 0) return []
  let length = 0
  for (let each = 0; each < segments.length; each += 2)
    length += (segments[each + 1] as number) - (segments[each] as number) + 8
  return [0, 1, 2, 3].map((skipped) => decoded(text, segments, skipped, Buffer.allocUnsafe(length)))
}

/** From and to, in turn. */
function segmentsOf(text: Buffer): number[] {
  const segments: number[] = []
  const { length } = text
  let start = 0
  let capital = -around
  let [from, to] = [0, 0]
  const add = (run: number) => {
    const end = Math.min(to, run)
    if (end - from >= shortest) segments.push(from, end)
    to = 0
  }
  for (let at = 0; at < length; at++) {
    const kind = kinds[text[at] as number] as number
    if (kind === 1) continue
    if (kind === 0) {
      if (at - start >= shortest) {
        if (at - start <= short && capital >= start) [from, to] = [start, at]
        if (to > 0) add(at)
      }
      start = at + 1
      to = 0
    } else {
      if (at - capital <= close && capital >= start) {
        if (to === 0) from = Math.max(start, capital - around)
        else if (capital - around > to) {
          add(to)
          from = capital - around
        }
        to = at + around
      }
      capital = at
    }
  }
  if (length - start >= shortest) {
    if (length - start <= short && capital >= start) [from, to] = [start, length]
    if (to > 0) add(length)
  }
  return segments
}

function decoded(text: Buffer, segments: number[], skipped: number, out: Buffer): Buffer {
  let length = 0
  for (let each = 0; each < segments.length; each += 2) {
    const to = segments[each + 1] as number
    let at = (segments[each] as number) + skipped
    for (; at + 4 <= to; at += 4) {
      const group =
        ((values[text[at] as number] as number) << 18) |
        ((values[text[at + 1] as number] as number) << 12) |
        ((values[text[at + 2] as number] as number) << 6) |
        (values[text[at + 3] as number] as number)
      out[length] = group >> 16
      out[length + 1] = group >> 8
      out[length + 2] = group
      length += 3
    }
    // Two characters more are one byte, three are two.
    if (to - at >= 2) {
      const second = values[text[at + 1] as number] as number
      out[length++] = ((values[text[at] as number] as number) << 2) | (second >> 4)
      if (to - at === 3) out[length++] = (second << 4) | ((values[text[at + 2] as number] as number) >> 2)
    }
    out[length++] = gap
  }
  return out.subarray(0, length)
}
