// A unit as its file declares it, and as systemd of this machine has it: whom it runs as, and what it depends on.

import { run } from "./run.ts"

export interface UnitFacts {
  user: string
  group: string
  /** Units that it is ordered after, needs or wants, by the setting that says so: `After=a.service`. */
  dependsOn: string[]
  /** Settings that name a proxy, without their values. */
  proxies: string[]
}

const dependencies = ["After", "Requires", "Requisite", "Wants", "BindsTo", "PartOf", "Upholds", "JoinsNamespaceOf"]
const proxy = /\b(?:(?:all|https?|socks5?)_proxy|socks5h?:|proxycommand|proxyjump)/i

/** Reads a unit file as systemd does: an empty value takes back what stood before, the last `User=` counts. */
export function unitFacts(text: string): UnitFacts {
  const facts: UnitFacts = { user: "", group: "", dependsOn: [], proxies: [] }
  let section = ""
  for (const line of text.replaceAll(/\\\n(?:[#;].*\n)*\s*/g, " ").split("\n")) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue
    section = /^\[(.*)\]\s*$/.exec(line)?.[1] ?? section
    const [, key = "", value = ""] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (section === "Service" && key === "User") facts.user = value
    if (section === "Service" && key === "Group") facts.group = value
    if (section === "Service" && proxy.test(value)) facts.proxies.push(key)
    if (section !== "Unit" || !dependencies.includes(key)) continue
    if (value === "") facts.dependsOn = facts.dependsOn.filter((one) => !one.startsWith(`${key}=`))
    facts.dependsOn.push(...value.split(/\s+/).flatMap((unit) => (unit === "" ? [] : [`${key}=${unit}`])))
  }
  return facts
}

/** The unit as it is loaded here; nothing when systemd does not know it. */
export async function installedUnit(name: string): Promise<UnitFacts | undefined> {
  const wanted = ["LoadState", "User", "Group", "Environment", ...dependencies].map((one) => `--property=${one}`)
  const { stdout } = await run("systemctl", ["show", "--no-pager", ...wanted, "--", name])
  const values = new Map(
    stdout.split("\n").map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]),
  )
  if (values.get("LoadState") !== "loaded") return undefined
  const list = (key: string) => (values.get(key) ?? "").split(/\s+/).filter((unit) => unit !== "")
  return {
    user: values.get("User") ?? "",
    group: values.get("Group") ?? "",
    dependsOn: dependencies.flatMap((key) => list(key).map((unit) => `${key}=${unit}`)),
    proxies: proxy.test(values.get("Environment") ?? "") ? ["Environment"] : [],
  }
}

/** Those of a unit's dependencies that are a proxy, by their names. */
export const proxyDependencies = ({ dependsOn }: UnitFacts): string[] =>
  dependsOn.filter((one) => /proxy|socks|tailscaled(?!\.service$)|(?<==)(?:[\w-]+-)tailscaled/i.test(one))

/** The unit of this machine, by its name; or why the target file says that there is none. */
export async function installedFacts(declared: string | { notApplicable: string }): Promise<{
  facts: (UnitFacts & { where: string })[]
  missing: string[]
  notApplicable: string[]
}> {
  if (typeof declared !== "string") return { facts: [], missing: [], notApplicable: [declared.notApplicable] }
  const unit = await installedUnit(declared)
  if (unit === undefined) return { facts: [], missing: [declared], notApplicable: [] }
  return { facts: [{ where: `${declared} here`, ...unit }], missing: [], notApplicable: [] }
}
