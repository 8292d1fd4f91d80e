import type { Machine } from "./machine.ts"
import { type PathInfo, parsePathInfo } from "./nix-path-info.ts"

/** The closure of the running system as the host's own Nix database tells it; only read, nothing is fetched. */
export async function hostClosure(host: Machine, programs: string): Promise<Map<string, PathInfo>> {
  const features = ["--extra-experimental-features", "nix-command"]
  const argv = [`${programs}/nix`, ...features, "path-info", "--recursive", "--json", "/run/current-system"]
  const { stdout } = await host.run([...argv, "--option", "substituters", ""], { maxBytes: 512 * 2 ** 20 })
  return parsePathInfo(stdout.toString())
}
