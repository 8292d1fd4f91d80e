import type { Subject } from "./ledger.ts"

/** What one run was about, from what each of its checks saw. Fields that two checks saw differently are left out. */
export function mergeSubjects(seen: { id: string; subject: Subject }[]): { subject: Subject; changed: string[] } {
  const first = new Map<string, { id: string; value: string }>()
  const changed = new Map<string, string>()
  for (const { id, subject } of seen) {
    for (const [field, value] of Object.entries(subject)) {
      const before = first.get(field)
      if (value === undefined) continue
      if (before === undefined) first.set(field, { id, value })
      else if (before.value !== value && !changed.has(field)) {
        changed.set(
          field,
          `the target changed mid-run: ${field} was ${before.value} for ${before.id}, ${value} for ${id}`,
        )
      }
    }
  }
  const agreed = [...first].filter(([field]) => !changed.has(field)).map(([field, { value }]) => [field, value])
  return { subject: Object.fromEntries(agreed) as Subject, changed: [...changed.values()] }
}
