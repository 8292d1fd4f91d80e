// JSON of Nix, read so that it means one thing only: two readers must not see two different values in the same bytes.

/** Parses JSON; bytes that are not UTF-8, a repeated key and the key `__proto__` throw, naming `what`. */
export function parseNixJson(json: string | Uint8Array, what: string): unknown {
  let text: string
  let value: unknown
  try {
    text = typeof json === "string" ? json : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json)
    value = JSON.parse(text)
  } catch {
    // Without the cause: it quotes the text, which may hold a secret.
    throw new Error(`${what} is no JSON`)
  }
  refuseAmbiguousKeys(text, what)
  return value
}

/** JSON.parse keeps the last of two equal keys, and others the first. The text is known to be JSON. */
function refuseAmbiguousKeys(text: string, what: string): void {
  const open: (Set<string> | undefined)[] = []
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(?:\s*(:))?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set())
    else if (token === "[") open.push(undefined)
    else if (token === "}" || token === "]") open.pop()
    else if (colon !== undefined && string !== undefined) {
      const keys = open.at(-1)
      const key: string = string.includes("\\") ? JSON.parse(string) : string.slice(1, -1)
      if (key === "__proto__") throw new Error(`${what} has a key __proto__`)
      if (keys?.has(key)) throw new Error(`${what} has a key twice in one object: ${key}`)
      keys?.add(key)
    }
  }
}
