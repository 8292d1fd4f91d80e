// A text read in every way, and what that gives again, as deep as people nest things, and within bounds.

import { readable } from "./readable.ts"
import type { NotDecoded, View } from "./views.ts"

// How often bytes are decoded that came out of decoding, and how many different escapes are undone in a row.
const mostLayers = 3
const mostEscapes = 2
// Below the last layer, this many bytes of text say that something is encoded still, and is no noise.
const telling = 32

/** How many bytes all readings of one text together may have. */
const mostWork = (bytes: number) => 64 * 1024 * 1024 + 64 * bytes

export type Look = (bytes: Buffer, form: string) => void

/** `look` gets every reading, `notDecoded` a reason for each thing that is left as it is. */
export function readings(bytes: Buffer, views: readonly View[], look: Look, notDecoded: NotDecoded): void {
  new Readings(bytes.length, views, look, notDecoded).read({
    bytes,
    form: [],
    layers: 0,
    escapes: [],
    turned: false,
    last: false,
  })
}

interface Reading {
  bytes: Buffer
  /** The names of the views that led here. */
  form: string[]
  layers: number
  /** Those undone since bytes were decoded last. */
  escapes: string[]
  turned: boolean
  /** Not read any further: what is decoded out of a turned text. */
  last: boolean
}

class Readings {
  readonly #views: readonly View[]
  readonly #look: Look
  readonly #notDecoded: NotDecoded
  #left: number

  constructor(bytes: number, views: readonly View[], look: Look, notDecoded: NotDecoded) {
    this.#views = views.filter(({ name }) => name !== "squeezed")
    this.#squeeze = views.find(({ name }) => name === "squeezed")
    this.#look = look
    this.#notDecoded = notDecoded
    this.#left = mostWork(bytes)
  }

  readonly #squeeze: View | undefined

  read(reading: Reading): void {
    const { bytes, form, layers, escapes } = reading
    this.#left -= bytes.length
    if (this.#left < 0) {
      this.#notDecoded("there is too much to decode")
      return
    }
    this.#look(bytes, formOf(form))
    if (reading.last) return
    const isText = form.length === 0 || reading.turned || escapes.length > 0
    const text = isText ? bytes : readable(bytes)
    const squeezed = this.#squeeze?.read(text, this.#notDecoded)[0] ?? text
    if (squeezed.length < text.length) this.#look(squeezed, formOf([...form, "squeezed"]))
    for (const view of this.#views) {
      if (!fits(view, reading)) continue
      const last = view.gives === "bytes" && layers === mostLayers
      const input = view.reads === "bytes" ? bytes : view.reads === "text" ? text : squeezed
      if (input.length === 0) continue
      for (const out of view.read(input, this.#notDecoded)) {
        if (out.length === 0) continue
        if (!last) this.read(next(reading, view, out))
        else if (view.name === "packed" || longestText(out) >= telling) this.#notDecoded("it is encoded too often")
      }
    }
  }
}

const formOf = (form: string[]) => (form.length === 0 ? "raw" : form.toReversed().join(" in "))

function fits(view: View, { escapes, turned, form }: Reading): boolean {
  if (turned) return view.name === "base64" || view.name === "hex"
  if (view.gives === "bytes") return true
  if (view.gives === "turned" && escapes.length > 0) return false
  return view.gives === "turned" || (escapes.length < mostEscapes && !escapes.includes(view.name)) || form.length === 0
}

const next = ({ form, layers, escapes, turned }: Reading, { name, gives }: View, bytes: Buffer): Reading => ({
  bytes,
  form: [...form, name],
  layers: layers + (gives === "bytes" ? 1 : 0),
  escapes: gives === "text" ? [...escapes, name] : [],
  turned: gives === "turned",
  last: turned,
})

function longestText(bytes: Buffer): number {
  const text = readable(bytes)
  let longest = 0
  for (let from = 0; from < text.length; ) {
    const gap = text.indexOf(0xff, from)
    const to = gap < 0 ? text.length : gap
    longest = Math.max(longest, to - from)
    from = to + 1
  }
  return longest
}
