// What a running machine says of itself: units, processes, the journal and Docker's view, searched as it comes.

import type { Machine } from "../machine.ts"
import type { SearchPlan } from "./engine.ts"
import { causeOf } from "./host-disks.ts"
import { newMark, searchMarked } from "./marked.ts"
import type { Report } from "./report.ts"

// Only what cannot be read for a reason that says nothing (the process has ended) is passed over.
const script = `
export LC_ALL=C
bin=$1 mark=$2
say() { printf '\\n%s %s\\n' "$mark" "$*"; }
docker() { "$bin/docker" "$@" </dev/null; }
# What ends between the list and the look is asked for no second time.
each() {
  what=$1 name=$2
  shift 2
  format="{{printf \\"\\\\n%s docker %s %s\\\\n\\" \\"$mark\\" \\"$what\\" .$name}}{{json .}}"
  case $what in
    config | secret | node | network | volume | service) inspect() { docker $what inspect --format "$format" "$@"; } ;;
    *) inspect() { docker inspect --type $what --format "$format" "$@"; } ;;
  esac
  ids=$("$@")
  [ -z "$ids" ] || inspect $ids 2>/dev/null || { ids=$("$@"); [ -z "$ids" ] || inspect $ids; }
}
say "units the properties of every unit"
"$bin/systemctl" show --all --no-pager '*'
say "manager environment"
"$bin/systemctl" show-environment
say "kernel command line"
"$bin/cat" /proc/cmdline
for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
  say "process $file"
  "$bin/cat" "$file" 2>/dev/null || [ ! -e "$file" ] || { echo "cannot read $file" >&2; exit 3; }
done
say "docker info"
docker info --format '{{json .}}'
each service ID docker service ls -q
services=$(docker service ls -q)
[ -z "$services" ] || each task ID docker service ps -q --no-trunc $services
each container Id docker ps -aq --no-trunc
each image Id docker image ls -aq --no-trunc
each config ID docker config ls -q
each secret ID docker secret ls -q
each network Id docker network ls -q
each volume Name docker volume ls -q
each node ID docker node ls -q
for image in $(docker image ls -q --no-trunc); do
  say "docker history $image"
  docker image history --no-trunc --format '{{json .}}' "$image"
done
say "journal every entry, also of rotated files"
"$bin/journalctl" --no-pager --quiet --all --merge '--namespace=*' --output=export
say end
`.trim()

/** Searches all of it, in one command; returns how many answers there were of each kind (`process`, `docker`, …). */
export async function searchState(
  machine: Machine,
  programs: string,
  plan: SearchPlan,
  report: Report,
): Promise<Map<string, number>> {
  const mark = newMark()
  let kinds = new Map<string, number>()
  const argv = [`${programs}/sh`, "-euc", script, "sh", programs, mark]
  try {
    const { stderr } = await machine.run(argv, {
      timeoutMs: 4 * 3_600_000,
      consume: async (stdout) => {
        kinds = await searchMarked(plan, report, mark, stdout)
      },
    })
    // A journal file that is damaged is passed over by journalctl, which says so and ends well.
    const complaints = stderr.split("\n").filter((line) => line.trim() !== "").length
    if (complaints > 0) {
      const reason = `the programs that were asked complained in ${complaints} lines, so not all may have been told`
      report.addNotScanned({ where: "the state of the host", reason, kind: "unreadable" })
    }
  } catch (cause) {
    throw new Error(`${machine.where}: asking for the state of the machine: ${causeOf(cause as Error)}`)
  }
  return kinds
}
