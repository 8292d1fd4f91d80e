// Which values of a sops file are sealed, by the one rule written in it.

export const rules = ["unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex"] as const

export interface Selection {
  rule: (typeof rules)[number]
  pattern: string
}

/** What sops does when the file names no rule. */
export const defaultSelection: Selection = { rule: "unencrypted_suffix", pattern: "_unencrypted" }

/** Whether sops seals the value under these map keys; one key that fits the rule, anywhere on the way, decides. */
export function isSelected({ rule, pattern }: Selection, keys: string[]): boolean {
  const regex = rule.endsWith("regex") ? regexOf(pattern) : undefined
  const fits = keys.some((key) => (rule.endsWith("regex") ? regex?.test(key) : key.endsWith(pattern)))
  return rule.startsWith("encrypted") === fits
}

/** Whether {@link isSelected} reads the rule as sops does: Go's RE2 and JavaScript agree on plain patterns only. */
export const isUnderstood = ({ rule, pattern }: Selection) => !rule.endsWith("regex") || regexOf(pattern) !== undefined

function regexOf(pattern: string): RegExp | undefined {
  const [, ignoreCase, source = ""] = /^(\(\?i\))?(.*)$/.exec(pattern) ?? []
  if (/\(\?(?!:)|\\[^.\-/\\^$*+?()[\]{}|dwDWbB]|\[\[:/.test(source)) return undefined
  try {
    return new RegExp(source, ignoreCase ? "i" : "")
  } catch {
    return undefined
  }
}
