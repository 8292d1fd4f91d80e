// What else could give the proxy a certificate: ACME, another certificate file, a key that is not the sops one.

import { resolve } from "node:path"
import type { Ssh } from "./ssh.ts"
import type { Container, Docker, RunningService, RunningTask } from "./swarm.ts"

/** A piece of configuration: where it stands, and its text, which may hold secrets and is never shown. */
export interface Text {
  where: string
  text: string
}

export interface Sources {
  /** Where configuration was searched. */
  searched: string[]
  /** `WHERE names FILE` for each certificate or key file that configuration names. */
  named: { where: string; file: string }[]
  /** `WHERE speaks of ACME`. */
  acme: string[]
  /** Files in the proxy's containers that hold a private key or are a key store; its swarm secrets too. */
  keyFiles: { file: string; container: string }[]
  /** How many files of the proxy's containers were searched for keys. */
  filesSearched: number
}

// nginx, Traefik's file provider and flags, HAProxy and Caddy (`tls CERTIFICATE KEY`) name their certificates so.
const naming = [
  /\bssl_(?:trusted_)?certificate(?:_key)?\s+(?:"([^"]*)"|'([^']*)'|([^\s;"']+))/g,
  /(?<![a-z0-9])(?:certFile|keyFile)\b["']?\s*[:=]\s*(?:"([^"]*)"|'([^']*)'|([^\s,;"'}]+))/gi,
  /(?<![\w./-])crt(?:-list)?\s+(?:"([^"]*)"|'([^']*)'|([^\s;"']+))/g,
  /^[ \t]*tls[ \t]+([^\s{]+)[ \t]+([^\s{]+)/gm,
]
// A line that is a comment in every one of these languages names nothing.
const comment = /^[ \t]*#.*$/gm

/** Whether a text speaks of ACME, one of its clients' resolvers or challenges, or a well-known authority that uses it. */
export const speaksOfAcme = (text: string): boolean =>
  /(?<![a-z0-9])acme(?![a-z0-9])|cert(?:ificates?)?[-_]?resolvers?|let'?s[-_ ]?encrypt|zerossl|(?:dns|http|tls(?:[-_]?alpn)?)(?:[-_]?01)?[-_]?challenge/i.test(
    text,
  )

/** Searches the proxy's arguments, environment, labels, swarm configs and files, and every service's labels. */
export async function certificateSources(
  ssh: Ssh,
  programs: string,
  docker: Docker,
  proxy: RunningService,
): Promise<Sources> {
  const spec = proxy.service.Spec.TaskTemplate.ContainerSpec
  const configs = await docker.configs((spec.Configs ?? []).map(({ ConfigID }) => ConfigID))
  const services = await docker.services()
  const files = await Promise.all(proxy.running.map((running) => searchContainer(ssh, programs, running)))
  const texts: Text[] = [
    ...strings("argument", [...(spec.Command ?? []), ...(spec.Args ?? [])]),
    ...strings("environment", spec.Env ?? []),
    ...services.flatMap(({ Spec }) =>
      Object.entries(Spec.Labels ?? {}).map(([key, value]) => ({
        where: `label ${key} of the service ${Spec.Name}`,
        text: `${key}=${value}`,
      })),
    ),
    ...configs.map(({ Spec }) => ({ where: `config ${Spec.Name}`, text: Buffer.from(Spec.Data, "base64").toString() })),
    ...proxy.running.flatMap(({ container }) => ofContainer(container)),
    ...files.flatMap(({ configuration }) => configuration),
  ]
  return {
    searched: texts.map(({ where }) => where),
    named: texts.flatMap(({ where, text }) => namedIn(text).map((file) => ({ where, file }))),
    acme: texts.filter(({ text }) => speaksOfAcme(text)).map(({ where }) => `${where} speaks of ACME`),
    keyFiles: files.flatMap(({ keys }) => keys),
    filesSearched: files.reduce((sum, { count }) => sum + count, 0),
  }
}

/** The files that configuration names as a certificate or key. */
export const namedIn = (text: string): string[] => [
  ...new Set(
    naming.flatMap((pattern) =>
      [...text.replace(comment, "").matchAll(pattern)].flatMap(([, ...files]) => files.filter((file) => file)),
    ),
  ),
]

const strings = (kind: string, values: string[]): Text[] =>
  values.map((text, index) => ({ where: `${kind} ${index} of the service`, text }))

function ofContainer({ Id, Config }: Container): Text[] {
  const id = `container ${Id.slice(0, 12)}`
  return [
    ...[...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])].map((text) => ({ where: `command of ${id}`, text })),
    ...(Config.Env ?? []).map((text) => ({ where: `environment ${text.split("=")[0]} of ${id}`, text })),
  ]
}

// Everything the proxy can open: its own file system and what is mounted into it, but for the secrets and what the kernel
// makes up. A key file is one that says so, or has a key store's name; configuration is what a proxy reads by name.
const script = `
pid=$1
shift
root=/proc/$pid/root
[ -d "$root/" ] || { echo "no process $pid" >&2; exit 3; }
list=
for at; do list="$list
$root$at"; done
IFS='
'
set -f
look() { PROGRAMS/find $list -xdev -type f "$@" || { echo "not every file could be looked at" >&2; exit 3; }; }
files=$(look -printf x) || exit 3
stores=$(look '(' -name 'acme*.json' -o -name '*.p12' -o -name '*.pfx' -o -name '*.jks' ')' -printf 'store %p\\n') || exit 3
keys=$(look -size -2048k -exec PROGRAMS/sh -c 'PROGRAMS/grep -lE -e "-----BEGIN ([A-Z]+ )*PRIVATE KEY-----" -- "$@"; [ $? -le 1 ]' sh {} +) || exit 3
confs=$(look -size -1024k '(' -name '*.yml' -o -name '*.yaml' -o -name '*.toml' -o -name '*.conf' -o -name '*.cfg' -o -name Caddyfile ')' -printf 'conf %p\\n') || exit 3
echo "count \${#files}"
printf '%s\\n%s\\n' "$stores" "$confs"
for key in $keys; do printf 'key %s\\n' "$key"; done
`.trim()

async function searchContainer(ssh: Ssh, programs: string, { container, task }: RunningTask) {
  const { Id, State, Mounts } = container
  const shell = [`${programs}/sh`, "-c", script.replaceAll("PROGRAMS", programs), "sh", `${State.Pid}`]
  // A mount is a file system of its own, which -xdev does not enter from outside.
  const secrets = (task.Spec.ContainerSpec.Secrets ?? []).map(({ File }) => resolve("/run/secrets", File.Name))
  const mounted = [...Mounts.map(({ Destination }) => Destination), ...secrets]
  const { stdout } = await ssh.run([...shell, "/", ...mounted])
  const lines = stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "")
  const root = `/proc/${State.Pid}/root`
  const inside = (file: string) => (file.startsWith(root) ? file.slice(root.length).replace(/^\/+/, "/") : file)
  const listed = (kind: string) =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1))
  const id = `container ${Id.slice(0, 12)}`
  const count = Number(listed("count")[0] ?? Number.NaN)
  if (!Number.isInteger(count)) throw new Error(`${ssh.where}: no count of the files of ${id}`)
  const configuration: Text[] = []
  for (const file of [...new Set(listed("conf"))]) {
    const { stdout } = await ssh.run([`${programs}/cat`, file], { maxBytes: 2 * 1024 * 1024 })
    configuration.push({ where: `${inside(file)} in ${id}`, text: stdout.toString() })
  }
  const keys = [...new Set([...listed("store"), ...listed("key")])].sort()
  return { count, keys: keys.map((file) => ({ file: inside(file), container: Id.slice(0, 12) })), configuration }
}
