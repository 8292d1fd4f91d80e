import type { Machine } from "./machine.ts"
import { type PathInfo, parsePathInfo } from "./nix-path-info.ts"

/** The closure of the running system as the host's own Nix database tells it; only read, nothing is fetched. */
export const hostClosure = (host: Machine, programs: string): Promise<Map<string, PathInfo>> =>
  pathInfo(host, programs, "--recursive", "/run/current-system")

/** Every valid path of the host's store, as its own Nix database tells it. */
export const hostStore = (host: Machine, programs: string): Promise<Map<string, PathInfo>> =>
  pathInfo(host, programs, "--all")

async function pathInfo(host: Machine, programs: string, ...which: string[]): Promise<Map<string, PathInfo>> {
  const features = ["--extra-experimental-features", "nix-command"]
  const argv = [`${programs}/nix`, ...features, "path-info", "--json", ...which]
  const { stdout } = await host.run([...argv, "--option", "substituters", ""], { maxBytes: 512 * 2 ** 20 })
  return parsePathInfo(stdout.toString())
}
