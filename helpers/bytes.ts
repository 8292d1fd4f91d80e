/** A size as Incus writes it: a whole number and a unit. */
export const sizePattern = /^([0-9]+)(B|kB|MB|GB|TB|PB|EB|KiB|MiB|GiB|TiB|PiB|EiB)?$/

/**
 * Bytes of a size as Incus reads it (shared/units/units.go): `GB` is 10^9, `GiB` is 2^30, no unit is bytes.
 * Anything else (also a percentage, which only the server can resolve) throws.
 */
export function bytesOf(size: string): number {
  const match = sizePattern.exec(size)
  if (match === null) throw new Error(`no size in bytes: ${JSON.stringify(size)}`)
  const [, digits, unit = "B"] = match
  const power = " KMGTPE".indexOf(unit === "B" ? " " : unit.charAt(0).toUpperCase())
  const bytes = Number(digits) * (unit.endsWith("iB") ? 1024 : 1000) ** power
  if (!Number.isSafeInteger(bytes)) throw new Error(`too large a size: ${size}`)
  return bytes
}
