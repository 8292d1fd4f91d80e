// What a text may be when it is read in another way, and those readings in turn.

import { base64 } from "./base64.ts"
import { decimals, hex, hexWords } from "./digits.ts"
import { html, joined, json, percent, shell } from "./escapes.ts"
import { unpacked } from "./packed.ts"
import { squeezed } from "./squeezed.ts"
import { reversed, rot13 } from "./turned.ts"
import { utf16 } from "./utf16.ts"

/** One way to read: what it gives is looked at, and read again in other ways. */
export interface View {
  name: string
  /** What it reads: bytes as they are, the text in them, or that text without what is not seen. */
  reads: "bytes" | "text" | "squeezed"
  /** A text gives a text in which most stays as it is; or turns as a whole; or bytes are decoded, which may be anything. */
  gives: "text" | "turned" | "bytes"
  read(input: Buffer, notDecoded: NotDecoded): Buffer[]
}

export type NotDecoded = (why: string) => void

/** `squeezed` is what the views that say so read. */
export const views: readonly View[] = [
  { name: "squeezed", reads: "text", gives: "text", read: (text) => [squeezed(text)] },
  { name: "joined", reads: "text", gives: "text", read: (text, no) => joined(text, () => no("quoted too often")) },
  { name: "json", reads: "squeezed", gives: "text", read: (text, no) => json(text, () => no("escaped too often")) },
  { name: "shell", reads: "squeezed", gives: "text", read: (text, no) => shell(text, () => no("quoted too often")) },
  {
    name: "percent",
    reads: "squeezed",
    gives: "text",
    read: (text, no) => percent(text, () => no("escaped too often")),
  },
  { name: "html", reads: "squeezed", gives: "text", read: (text, no) => html(text, () => no("escaped too often")) },
  { name: "hex", reads: "squeezed", gives: "bytes", read: hex },
  { name: "hex words", reads: "squeezed", gives: "bytes", read: hexWords },
  { name: "decimals", reads: "text", gives: "bytes", read: decimals },
  { name: "base64", reads: "squeezed", gives: "bytes", read: base64 },
  { name: "utf-16", reads: "bytes", gives: "bytes", read: utf16 },
  { name: "packed", reads: "bytes", gives: "bytes", read: unpacked },
  { name: "reversed", reads: "squeezed", gives: "turned", read: reversed },
  { name: "rot13", reads: "squeezed", gives: "turned", read: rot13 },
]
