// One way to write a record down, so that its digest means its content: sorted keys, NFC strings, whole numbers.

/** JSON without freedom (RFC 8785 in spirit). Floats, dates, maps and the like are refused, with the place they stand at. */
export function canonical(value: unknown, place = "$"): string {
  if (value === null || typeof value === "boolean") return String(value)
  if (typeof value === "string") return JSON.stringify(value.normalize("NFC"))
  if (typeof value === "number") return integer(value, place)
  if (Array.isArray(value)) return `[${value.map((item, index) => canonical(item, `${place}[${index}]`)).join(",")}]`
  if (isPlain(value)) return object(value, place)
  throw new Error(
    `cannot record ${place}: ${named(value)} is not plain data; record strings, whole numbers, lists, objects`,
  )
}

function integer(value: number, place: string): string {
  if (Number.isSafeInteger(value)) return String(value)
  throw new Error(
    `cannot record ${place}: ${value} is not a safe whole number; record it as a string or in smaller units`,
  )
}

function object(value: Record<string, unknown>, place: string): string {
  const members = new Map<string, string>()
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    const name = key.normalize("NFC")
    if (members.has(name)) throw new Error(`cannot record ${place}: two keys are the same text as "${name}"`)
    members.set(name, canonical(member, `${place}.${name}`))
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
