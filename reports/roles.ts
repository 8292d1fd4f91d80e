// Who writes evidence. A role is a key, a namespace that its signatures are made for, and a ledger of its own.

export type Role = "builder" | "adversary" | "ci"

export const roles: readonly Role[] = ["builder", "adversary", "ci"]

/** What a role signs for. ssh-keygen puts it into the signed bytes, so that no signature serves two purposes. */
export const namespaceOf: Record<Role, string> = {
  builder: "dod-evidence@cc-ci-verifier",
  adversary: "dod-verdict@cc-ci-verifier",
  ci: "dod-nightly@cc-ci-verifier",
}

/** As ssh-keygen is told. */
export function purposeOf(role: Role): { principal: string; namespace: string } {
  return { principal: role, namespace: namespaceOf[role] }
}
