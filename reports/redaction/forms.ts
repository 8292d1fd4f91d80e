// What encoders make of a leaf: texts to look for, of which each character knows what of the leaf it shows. Escapes are
// not here: the squeezed view reads them.

import type { Leaf } from "./leaves.ts"

export interface Form {
  text: string
  /** For each UTF-16 unit of the text: which unit of the leaf (which byte, if it is no text) it comes from. */
  source: ArrayLike<number>
  /** How many characters in a row show that eight of the leaf are there. */
  least: number
  /** Is it looked for as if each character stood alone, so that none of them begins an escape? */
  apart?: true
}

export type Encoder = (leaf: Leaf) => Form[]

const ofText =
  (write: (text: string) => Omit<Form, "least"> | undefined): Encoder =>
  ({ text }) => {
    const form = text === undefined ? undefined : write(text)
    return form === undefined ? [] : [{ ...form, least: 8 }]
  }

function numbers(length: number, at: (index: number) => number): Int32Array {
  const all = new Int32Array(length)
  for (let index = 0; index < length; index++) all[index] = at(index)
  return all
}

const inOrder = (length: number) => numbers(length, (index) => index)

/** What separates or escapes each character escapes those that begin an escape, too. */
export const raw: Encoder = ({ text }) => {
  if (text === undefined) return []
  const form: Form = { text, source: inOrder(text.length), least: 8 }
  return /[%&\\]/.test(text) ? [form, { ...form, apart: true }] : [form]
}

/** As forms of the web write it: other escapes are the same in every URL. */
export const plusForSpace = ofText((text) =>
  text.includes(" ") ? { text: text.replaceAll(" ", "+"), source: inOrder(text.length) } : undefined,
)

export const reversed = ofText((text) => ({
  text: [...text].reverse().join(""),
  source: inOrder(text.length).reverse(),
}))

export const rot13 = ofText((text) => ({
  text: text.replace(/[a-z]/gi, (letter) => {
    const code = letter.charCodeAt(0)
    return String.fromCharCode((code & 31) <= 13 ? code + 13 : code - 13)
  }),
  source: inOrder(text.length),
}))

interface Sourced {
  bytes: Buffer
  source: ArrayLike<number>
}

function bytesOf({ bytes, text }: Leaf): Sourced {
  if (text === undefined || text.length === bytes.length) return { bytes, source: inOrder(bytes.length) }
  const source: number[] = []
  let unit = 0
  for (const character of text) {
    for (let byte = Buffer.byteLength(character); byte > 0; byte--) source.push(unit)
    unit += character.length
  }
  return { bytes, source }
}

/** For 0, 1 and 2 bytes before: the characters that do not depend on what stands before and behind. */
function base64Of({ bytes, source }: Sourced): Omit<Form, "least">[] {
  return [0, 1, 2].map((before) => {
    const from = Math.ceil((before * 8) / 6)
    const to = Math.floor(((before + bytes.length) * 8) / 6)
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .slice(from, to)
    const at = (index: number) => source[Math.max(0, Math.floor(((from + index) * 6) / 8) - before)] ?? 0
    return { text, source: numbers(text.length, at) }
  })
}

export const base64: Encoder = (leaf) => base64Of(bytesOf(leaf)).map((form) => ({ ...form, least: 10 }))

export const base64Twice: Encoder = (leaf) =>
  base64Of(bytesOf(leaf))
    .flatMap(({ text, source }) => base64Of({ bytes: Buffer.from(text), source }))
    .map((form) => ({ ...form, least: 12 }))

/** As PowerShell and Windows write text. */
export const base64OfUtf16: Encoder = ({ text }) => {
  if (text === undefined) return []
  const source = numbers(2 * text.length, (index) => index >> 1)
  return base64Of({ bytes: Buffer.from(text, "utf16le"), source }).map((form) => ({ ...form, least: 20 }))
}

function perByte(write: (byte: number) => string, separator: string, least: number): Encoder {
  const words = Array.from({ length: 256 }, (_, byte) => separator + write(byte))
  return (leaf) => {
    const { bytes, source } = bytesOf(leaf)
    const from: number[] = []
    let text = ""
    for (let at = 0; at < bytes.length; at++) {
      const word = words[bytes[at] ?? 0] ?? ""
      text += word
      for (let unit = 0; unit < word.length; unit++) from.push(source[at] ?? 0)
    }
    return [{ text: text.slice(separator.length), source: from.slice(separator.length), least }]
  }
}

const all =
  (...encoders: Encoder[]): Encoder =>
  (leaf) =>
    encoders.flatMap((encode) => encode(leaf))

const lower = (byte: number) => byte.toString(16).padStart(2, "0")
const upper = (byte: number) => lower(byte).toUpperCase()

export const hex = perByte(lower, "", 16)
export const upperHex = perByte(upper, "", 16)
export const hexBetween = all(
  ...[":", "-"].flatMap((separator) => [perByte(lower, separator, 23), perByte(upper, separator, 23)]),
  ...[lower, upper].map((write) => perByte((byte) => `0x${write(byte)}`, ",", 39)),
)

/** As JSON has a Buffer. */
export const decimal = perByte(String, ",", 15)
