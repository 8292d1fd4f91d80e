// For tests: files that testdata/sops/sops-seal.py sealed, which shares no code with ours, and how one is altered.

import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { type AgeIdentity, identitiesIn } from "./age.ts"
import { Secret } from "./secret.ts"
import { parseSops } from "./sops.ts"
import { openSops } from "./sops-open.ts"

export const read = (name: string) => readFileSync(new URL(`testdata/sops/${name}`, import.meta.url), "utf8")
export const identity = (name: string): AgeIdentity =>
  identitiesIn(new Secret(name, Buffer.from(read(`${name}.agekey`))))[0] as AgeIdentity
export const parsed = (text: string, name = "sealed.yaml") => parseSops(Buffer.from(text), name)
export const opened = (text: string, name = "sealed.yaml", by = "recovery") =>
  openSops(parsed(text, name), identity(by))
export const problemsOf = (text: string, name?: string) =>
  parsed(text, name).problems.map(({ kind, path }) => (path === "" ? kind : `${kind}: ${path}`))

export const sealed = read("sealed.yaml")
const plain = parse(read("plain.yaml"))
export const values: Record<string, string> = {
  "tls/wildcard_key": plain.tls.wildcard_key,
  "tls/hosts/0": "alpha.example",
  "tls/hosts/1": "beta.example",
  "drone/token": "made-up-token",
  "drone/port": "8443",
  "drone/ratio": "0.000000125",
  "drone/enabled": "True",
  "drone/off": "False",
  nothing: "",
  banner_unencrypted: "Everybody may read this",
  retries_unencrypted: "3",
}
// What no error, problem or printed fact may hold; `hunter2` is what alterations leave in the clear.
export const leaks = (shown: string) =>
  [...Object.values(values), ...plain.tls.wildcard_key.split("\n"), "hunter2", "sealed with the values"].filter(
    (value) => value.length > 3 && !["True", "False"].includes(value) && shown.includes(value),
  )

/** Replaces what is there once; a mutation that changes nothing would prove nothing. */
export const swap = (from: string | RegExp, to: string) => (text: string) => {
  const changed = text.replace(from, () => to)
  if (changed === text) throw new Error(`nothing to replace: ${from}`)
  return changed
}
export const append = (line: string) => swap("\nsops:\n", `\n${line}\nsops:\n`)
