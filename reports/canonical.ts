// One way to write a record down, so that its digest means its content: sorted keys, NFC strings, whole numbers.

/** JSON without freedom (RFC 8785 in spirit). Floats, dates, maps and the like are refused, with the place they stand at. */
export function canonical(value: unknown): string {
  try {
    return written(value)
  } catch (cause) {
    if (cause instanceof Refused) throw new Error(`cannot record $${cause.place}: ${cause.message}`)
    throw cause
  }
}

// A ledger of years is written anew to be checked: the place is only put together for who needs it, on the way out.
class Refused extends Error {
  place = ""
}

function written(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.normalize("NFC"))
  if (value === null || typeof value === "boolean") return String(value)
  if (typeof value === "number") return integer(value)
  if (Array.isArray(value)) return `[${value.map((item, index) => member(item, index)).join(",")}]`
  if (isPlain(value)) return object(value)
  throw new Refused(`${named(value)} is not plain data; record strings, whole numbers, lists, objects`)
}

function member(value: unknown, step: string | number): string {
  try {
    return written(value)
  } catch (cause) {
    if (cause instanceof Refused) cause.place = `${typeof step === "number" ? `[${step}]` : `.${step}`}${cause.place}`
    throw cause
  }
}

function integer(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  throw new Refused(`${value} is not a safe whole number; record it as a string or in smaller units`)
}

function object(value: Record<string, unknown>): string {
  const members = new Map<string, string>()
  for (const key of Object.keys(value)) {
    const one = value[key]
    if (one === undefined) continue
    const name = key.normalize("NFC")
    if (members.has(name)) throw new Refused(`two keys are the same text as "${name}"`)
    members.set(name, member(one, name))
  }
  const keys = [...members.keys()].sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${members.get(key)}`).join(",")}}`
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function named(value: unknown): string {
  return typeof value === "object" && value !== null ? `a ${value.constructor.name}` : `a ${typeof value}`
}
